@main
enum Trunkline {
    static func main() {}
}
