extension JSONValue {
    /// Most paths that ``repeatedNames(in:)`` tells.
    public static let mostRepeats = 100

    /// Where an object has two members of the same name, of which ``init(parsing:at:)`` keeps the last: for files that people write.
    ///
    /// - Returns: the paths, in the order of the text; none for a text that cannot be read.
    public static func repeatedNames(in bytes: [UInt8]) -> [String] {
        var scanner = JSONScanner(maximumValues: maximumValues)
        guard let root = try? scanner.scan(bytes.span) else { return [] }
        var paths: [String] = []
        note(root, "", scanner, bytes.span, &paths)
        return paths
    }

    /// Nests as deep as ``JSONScanner/maximumDepth``, no deeper.
    private static func note(
        _ node: JSONScanner.Node, _ path: String, _ scanner: borrowing JSONScanner, _ bytes: Span<UInt8>, _ paths: inout [String]
    ) {
        var seen: Set<String> = []
        for (number, child) in scanner.children(of: node).enumerated() {
            guard paths.count < mostRepeats else { return }
            var place = "\(path)[\(number)]"
            if node.kind == .object {
                let name = scanner.name(of: child, in: bytes)
                place = path.isEmpty ? name : "\(path).\(name)"
                if !seen.insert(name).inserted { paths.append(place) }
            }
            note(child, place, scanner, bytes, &paths)
        }
    }
}
