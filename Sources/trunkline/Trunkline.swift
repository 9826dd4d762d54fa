import CLI

@main
enum Trunkline {
    static func main() { TrunklineCommand.main() }
}
