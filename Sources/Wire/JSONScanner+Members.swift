/// Members and values of the message that was scanned last. Every call takes the same span that ``scan(_:)`` took.
extension JSONScanner {
    /// The member of an object by its name, also when the name is spelt with escapes. Of several, the last.
    ///
    /// - Returns: `nil` when there is none, or the node is no object.
    public func member(_ name: String, of object: Node, in message: Span<UInt8>) -> Node? {
        guard object.kind == .object else { return nil }
        var found = -1
        var index = object.index + 1
        let end = Int(entries[object.index].next)
        while index < end {
            let entry = entries[index]
            if keyEquals(entry, name, message) { found = index }
            index = Int(entry.next)
        }
        return found < 0 ? nil : Node(index: found, kind: entries[found].kind)
    }

    /// The name of a member without its escapes; empty for an element of an array.
    public func name(of member: Node, in message: Span<UInt8>) -> String {
        let entry = entries[member.index]
        return Self.text(message, Int(entry.keyStart)..<Int(entry.keyEnd), isEscaped: entry.keyIsEscaped)
    }

    /// Where the name of a member stands, without its quotes; empty for an element of an array. Units: bytes.
    public func nameRange(of member: Node) -> Range<Int> {
        Int(entries[member.index].keyStart)..<Int(entries[member.index].keyEnd)
    }

    /// The members or elements of a node, in the order of the message.
    public func children(of node: Node) -> [Node] {
        guard node.kind == .object || node.kind == .array else { return [] }
        var nodes: [Node] = []
        var index = node.index + 1
        while index < Int(entries[node.index].next) {
            nodes.append(Node(index: index, kind: entries[index].kind))
            index = Int(entries[index].next)
        }
        return nodes
    }

    /// A member that must be an object.
    ///
    /// - Throws: ``WireError`` at the path: `missing`, or `wrongType` (also for `null`).
    public func object(
        _ name: String, of object: Node, in message: Span<UInt8>, at path: String
    ) throws(WireError) -> Node {
        guard let node = member(name, of: object, in: message) else { throw WireError(.missing, at: path) }
        guard node.kind == .object else { throw WireError(.wrongType, at: path, offset: Int(entries[node.index].start)) }
        return node
    }

    /// A member that must be a string.
    ///
    /// - Throws: ``WireError`` at the path: `missing`, or `wrongType` (also for `null`).
    public func string(
        _ name: String, of object: Node, in message: Span<UInt8>, at path: String
    ) throws(WireError) -> Node {
        guard let node = member(name, of: object, in: message) else { throw WireError(.missing, at: path) }
        guard node.kind == .string else { throw WireError(.wrongType, at: path, offset: Int(entries[node.index].start)) }
        return node
    }

    /// A member's text: a string without its escapes, or a number as it is spelt.
    ///
    /// - Throws: ``WireError`` at the path: `missing`, or `wrongType` (also for `null`).
    public func text(
        _ name: String, of object: Node, in message: Span<UInt8>, at path: String
    ) throws(WireError) -> String {
        guard let node = member(name, of: object, in: message) else { throw WireError(.missing, at: path) }
        guard let text = text(node, in: message) else {
            throw WireError(.wrongType, at: path, offset: Int(entries[node.index].start))
        }
        return text
    }

    /// A member's text, or `nil` when it is missing or neither string nor number.
    public func text(_ name: String, of object: Node, in message: Span<UInt8>) -> String? {
        member(name, of: object, in: message).flatMap { text($0, in: message) }
    }

    /// A member's whole number, or `nil` when it is missing or none.
    public func integer(_ name: String, of object: Node, in message: Span<UInt8>) -> Int? {
        guard let node = member(name, of: object, in: message) else { return nil }
        return integer(node, in: message)
    }

    /// Where a value stands in the message: a string without its quotes. Units: bytes.
    public func range(_ node: Node) -> Range<Int> {
        let entry = entries[node.index]
        return Int(entry.start)..<Int(entry.end)
    }

    /// Whether a string holds escapes, so that its bytes in the message are not yet its text.
    public func isEscaped(_ node: Node) -> Bool { entries[node.index].isEscaped }

    /// Whether a node is the string given. Costs no allocation when it holds no escapes.
    @inline(__always)
    public func equals(_ node: Node, _ text: String, in message: Span<UInt8>) -> Bool {
        guard node.kind == .string else { return false }
        let entry = entries[node.index]
        guard entry.isEscaped else { return Self.equal(message, Int(entry.start)..<Int(entry.end), text) }
        return Self.unescaped(message, Int(entry.start)..<Int(entry.end)) == text
    }

    /// A string without its escapes, or a number as it is spelt; `nil` for all else.
    public func text(_ node: Node, in message: Span<UInt8>) -> String? {
        guard node.kind == .string || node.kind == .number else { return nil }
        let entry = entries[node.index]
        return Self.text(message, Int(entry.start)..<Int(entry.end), isEscaped: entry.isEscaped)
    }

    /// A whole number, spelt as a number or inside a string.
    ///
    /// - Returns: `nil` when it is none or does not fit.
    public func integer(_ node: Node, in message: Span<UInt8>) -> Int? {
        guard node.kind == .string || node.kind == .number else { return nil }
        let range = range(node)
        guard !range.isEmpty, !entries[node.index].isEscaped else { return text(node, in: message).flatMap { Int($0) } }
        var value = 0
        var cursor = range.lowerBound
        let isNegative = message[cursor] == .minus
        if isNegative { cursor += 1 }
        guard cursor < range.upperBound else { return nil }
        while cursor < range.upperBound {
            guard Self.isDigit(message[cursor]) else {
                return node.kind == .number ? text(node, in: message).flatMap { Double($0) }.flatMap { Int(exactly: $0) } : nil
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int(message[cursor] & 0x0F)
            let (sum, sumOverflow) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow, !sumOverflow else { return nil }
            value = sum
            cursor += 1
        }
        return value
    }

    /// `true` and `false`, also inside a string.
    public func bool(_ node: Node, in message: Span<UInt8>) -> Bool? {
        if node.kind == .yes || equals(node, "true", in: message) { return true }
        if node.kind == .no || equals(node, "false", in: message) { return false }
        return nil
    }

    /// The members of an object whose values are strings, numbers or truth values, as text. `null`, arrays and objects are left out.
    ///
    /// - Returns: an empty dictionary when the node is no object.
    /// - Throws: ``WireError`` `tooLarge` at the path past ``maximumMembers``.
    public func strings(_ object: Node, in message: Span<UInt8>, at path: String) throws(WireError) -> [String: String] {
        guard object.kind == .object else { return [:] }
        var strings: [String: String] = [:]
        var index = object.index + 1
        while index < Int(entries[object.index].next) {
            let entry = entries[index]
            index = Int(entry.next)
            if entry.kind == .object || entry.kind == .array || entry.kind == .null { continue }
            guard strings.count < Self.maximumMembers else { throw WireError(.tooLarge, at: path, offset: Int(entry.start)) }
            let key = Self.text(message, Int(entry.keyStart)..<Int(entry.keyEnd), isEscaped: entry.keyIsEscaped)
            strings[key] = Self.text(message, Int(entry.start)..<Int(entry.end), isEscaped: entry.isEscaped)
        }
        return strings
    }

    /// Decodes a string of base64 (strict, padded) and appends the bytes. A `\/` inside it is understood.
    ///
    /// - Throws: ``WireError`` `wrongType` when the node is no string, `invalidBase64`; both at the path.
    public func base64(
        _ node: Node, in message: Span<UInt8>, at path: String, into bytes: inout [UInt8]
    ) throws(WireError) {
        let range = range(node)
        guard node.kind == .string else { throw WireError(.wrongType, at: path, offset: range.lowerBound) }
        let isValid =
            if entries[node.index].isEscaped {
                Base64.decode(Self.unescapedBytes(message, range).span, into: &bytes)
            } else {
                Base64.decode(message.extracting(range), into: &bytes)
            }
        guard isValid else { throw WireError(.invalidBase64, at: path, offset: range.lowerBound) }
    }

    @inline(__always)
    private func keyEquals(_ entry: Entry, _ name: String, _ message: Span<UInt8>) -> Bool {
        let range = Int(entry.keyStart)..<Int(entry.keyEnd)
        guard entry.keyIsEscaped else { return Self.equal(message, range, name) }
        return Self.unescaped(message, range) == name
    }
}
