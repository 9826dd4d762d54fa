/// What was typed after a command, cut into flags and the rest.
struct Arguments {
    /// In order, so that a later one wins.
    private(set) var flags: [(name: String, value: String)] = []
    private(set) var rest: [String] = []

    /// Reads `--name value`, `--name=value`, `-s value` and lone switches.
    ///
    /// - Parameters:
    ///   - names: flags that take a value, by what may be typed (without dashes) to the flag's name.
    ///   - switches: flags that take none.
    init(_ words: some Sequence<String>, names: [String: String], switches: Set<String> = []) throws(UsageError) {
        var words = Array(words)[...]
        while let word = words.popFirst() {
            if word == "--" {
                rest += words
                return
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                rest.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let typed = String(parts[0].drop { $0 == "-" })
            if switches.contains(typed), parts.count == 1 {
                flags.append((typed, ""))
                continue
            }
            guard let name = names[typed] else { throw UsageError("\(parts[0]): no such flag; see --help") }
            if parts.count == 2 {
                flags.append((name, String(parts[1])))
            } else if let value = words.popFirst() {
                flags.append((name, value))
            } else {
                throw UsageError("\(word): a value is missing; see --help")
            }
        }
    }

    func value(_ name: String) -> String? { flags.last { $0.name == name }?.value }
    /// All values of a flag, with commas between them.
    func list(_ name: String) -> String? {
        let values = flags.filter { $0.name == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
    func has(_ name: String) -> Bool { flags.contains { $0.name == name } }
}
