import Wire

/// The members of a request for a call, each checked when it is taken out. A member that is `null` counts as not sent.
struct StartMembers {
    private typealias Problem = StartRequest.Problem

    static let known = [
        "phone_number", "provider", "from", "bot", "body", "timeout_secs", "max_duration_secs", "machine_detection", "metadata",
        "priority", "queue_secs", "wait_secs",
    ]

    private let members: [String: JSONValue]
    /// Of the members that are there, sorted.
    var names: [String] { members.keys.sorted() }

    /// - Throws: `bad_json` for a text that is no JSON object or says a member twice; `too_long`.
    init(_ text: [UInt8]) throws(StartRequest.Problem) {
        let limit = StartRequest.longestText
        guard text.count <= limit else {
            throw Problem(
                "too_long", "the request has \(text.count) bytes; at most \(limit) are read",
                members: ["limit": .number(Double(limit)), "bytes": .number(Double(text.count))])
        }
        let example = "send an object such as {\"phone_number\":\"+…\"}"
        let value: JSONValue
        let repeated: String?
        do throws(WireError) {
            var scanner = JSONScanner()
            let root = try scanner.scan(text.span)
            repeated = Self.repeated(in: root, scanner, text.span)
            value = try JSONValue(parsing: text)
        } catch {
            let place = error.offset.map { " at byte \($0)" } ?? ""
            throw error.problem == .tooLarge
                ? Problem("bad_json", "the request nests too deep or has too many values\(place); \(example)")
                : Problem("bad_json", "the request is not JSON\(place); \(example)")
        }
        guard case .object(let members) = value else { throw Problem("bad_json", "the request is JSON but no object; \(example)") }
        if let repeated {
            throw Problem("bad_json", "\(Self.printable(repeated)) stands twice in one object; send it once")
        }
        self.members = members.filter { $0.value != .null }
    }

    /// The name of a member that stands twice in its object, at any depth.
    private static func repeated(in node: JSONScanner.Node, _ scanner: borrowing JSONScanner, _ text: Span<UInt8>) -> String? {
        var names: Set<String> = []
        for child in scanner.children(of: node) {
            if node.kind == .object {
                let name = scanner.name(of: child, in: text)
                guard names.insert(name).inserted else { return name }
            }
            if let name = repeated(in: child, scanner, text) { return name }
        }
        return nil
    }

    /// A name as it may be repeated to its sender: not what could be a number, and not what is long.
    private static func printable(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "`") }
        let digits = name.utf8.count { (0x30...0x39).contains($0) }
        return isPlain && digits < 5 && (1...40).contains(name.utf8.count) ? "`\(name)`" : "a member"
    }

    subscript(_ name: String) -> JSONValue? { members[name] }

    /// - Throws: `bad_request` that names the members which nobody reads.
    func refuseUnknown() throws(StartRequest.Problem) {
        let unknown = names.filter { !Self.known.contains($0) }
        guard !unknown.isEmpty else { return }
        let shown = unknown.prefix(5).map(Self.printable).joined(separator: ", ") + (unknown.count > 5 ? ", …" : "")
        throw Problem(
            "bad_request",
            "\(shown) \(unknown.count == 1 ? "is" : "are") not known here; known are \(Self.known.joined(separator: ", "))")
    }

    func text(_ name: String) throws(StartRequest.Problem) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw Problem("bad_request", "`\(name)` is not a string; put it in quotes") }
        return text
    }

    /// A name of one word.
    func word(_ name: String) throws(StartRequest.Problem) -> String? {
        guard let text = try text(name) else { return nil }
        guard (1...StartRequest.longestWord).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(
                "bad_request", "`\(name)` is not a name; send 1 to \(StartRequest.longestWord) ASCII characters without spaces")
        }
        return text
    }

    func integer(_ name: String, _ range: ClosedRange<Int>, _ unit: String = "") throws(StartRequest.Problem) -> Int? {
        guard let value = members[name] else { return nil }
        let expected = "send \(range.lowerBound) to \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
        guard let number = value.number else {
            throw Problem("bad_request", "`\(name)` is not a number; \(expected), without quotes")
        }
        guard number == number.rounded() else { throw Problem("bad_request", "`\(name)` is not a whole number; \(expected)") }
        guard let whole = Int(exactly: number), range.contains(whole) else {
            throw Problem("out_of_range", "`\(name)` is out of range; \(expected)")
        }
        return whole
    }

    /// An object that travels with the call.
    func object(_ name: String) throws(StartRequest.Problem) -> JSONValue? {
        guard let value = members[name] else { return nil }
        guard case .object = value else { throw Problem("bad_request", "`\(name)` is not an object; send {…}") }
        guard Self.depth(of: value) <= StartRequest.deepest else {
            throw Problem("bad_request", "`\(name)` nests more than \(StartRequest.deepest) objects and arrays; send a flatter one")
        }
        let bytes = value.bytes.count
        let limit = StartRequest.mostBytes
        guard bytes <= limit else {
            throw Problem(
                "too_long",
                "`\(name)` has \(bytes) bytes as JSON without spaces; at most \(limit) go with a call. Send a key and keep the rest",
                members: ["limit": .number(Double(limit)), "bytes": .number(Double(bytes))])
        }
        return value
    }

    /// Objects and arrays inside each other; the scanner has bounded it.
    private static func depth(of value: JSONValue) -> Int {
        switch value {
        case .object(let members): 1 + (members.values.map(depth).max() ?? 0)
        case .array(let values): 1 + (values.map(depth).max() ?? 0)
        case .null, .bool, .number, .string: 0
        }
    }
}
