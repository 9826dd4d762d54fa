import Wire

/// What a strict provider asks of an object: these members and no others.
extension JSONScanner {
    /// - Returns: the name of a member that is not among the known ones (or repeats one); `nil` when there is none.
    func stranger(in object: Node, besides known: [String], _ message: Span<UInt8>) -> String? {
        let members = children(of: object)
        let expected = known.compactMap { member($0, of: object, in: message) }
        guard members.count > expected.count else { return nil }
        return members.first { !expected.contains($0) }.map { name(of: $0, message) }
    }

    /// The name in front of a value: the string that ends at the colon before it.
    private func name(of node: Node, _ message: Span<UInt8>) -> String {
        var end = range(node).lowerBound - 1
        while end > 0, message[end] != UInt8(ascii: ":") { end -= 1 }
        while end > 0, message[end] != UInt8(ascii: "\"") { end -= 1 }
        var start = end
        while start > 0, message[start - 1] != UInt8(ascii: "\"") { start -= 1 }
        var name: [UInt8] = []
        for index in start..<max(start, min(end, start + 64)) { name.append(message[index]) }
        return String(decoding: name, as: UTF8.self)
    }
}
