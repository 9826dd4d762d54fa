import Call
import Wire

/// One text message of the server's, opened: what all JSON dialects ask of it, with each provider's complaint.
struct ServerText {
    /// The provider's code and title for a message that breaks its rules.
    let code: Int?
    let title: String?

    init(code: Int? = nil, title: String? = nil) {
        self.code = code
        self.title = title
    }

    func objection(_ words: String) -> Complaint { Complaint(code: code, title: title, words) }

    func open(_ message: Span<UInt8>, _ kind: MessageKind, _ scanner: inout JSONScanner) throws(Complaint) -> JSONScanner.Node {
        guard kind == .text else { throw objection("a binary message where JSON text is due") }
        do {
            return try scanner.scanObject(message)
        } catch {
            throw objection("\(error.path) \(error.problem.rawValue)")
        }
    }

    func object(
        _ name: String, of root: JSONScanner.Node, _ message: Span<UInt8>, _ scanner: JSONScanner
    ) throws(Complaint) -> JSONScanner.Node {
        guard let node = scanner.member(name, of: root, in: message) else { throw objection("\(name) is missing") }
        guard node.kind == .object else { throw objection("\(name) is not an object") }
        return node
    }

    /// A member that must be a string with something in it.
    func text(
        _ name: String, of root: JSONScanner.Node, _ message: Span<UInt8>, _ scanner: JSONScanner
    ) throws(Complaint) -> String {
        guard let node = scanner.member(name, of: root, in: message) else { throw objection("\(name) is missing") }
        guard node.kind == .string, let text = scanner.text(node, in: message), !text.isEmpty else {
            throw objection("\(name) is not a string with text")
        }
        return text
    }

    /// Decodes `payload` of a media object.
    func payload(
        of media: JSONScanner.Node, _ message: Span<UInt8>, _ scanner: JSONScanner, into audio: inout [UInt8]
    ) throws(Complaint) {
        guard let node = scanner.member("payload", of: media, in: message) else { throw objection("media.payload is missing") }
        do {
            try scanner.base64(node, in: message, at: "media.payload", into: &audio)
        } catch {
            throw objection("\(error.path) \(error.problem.rawValue)")
        }
    }

    /// An id that must be the stream's own.
    func own(
        _ name: String, _ id: String, of root: JSONScanner.Node, _ message: Span<UInt8>, _ scanner: JSONScanner
    ) throws(Complaint) {
        guard let node = scanner.member(name, of: root, in: message) else { throw objection("\(name) is missing") }
        guard scanner.equals(node, id, in: message) else { throw objection("\(name) is not this stream's") }
    }
}

/// Appends JSON that is spelt out in the source, and values between it.
extension [UInt8] {
    mutating func raw(_ text: String) { JSONText.raw(text, into: &self) }

    mutating func string(_ text: String) { JSONText.string(text, into: &self) }

    /// A whole number between quotes.
    mutating func quoted(_ number: Int) {
        append(UInt8(ascii: "\""))
        JSONText.integer(number, into: &self)
        append(UInt8(ascii: "\""))
    }

    /// An object of strings.
    mutating func object(_ members: [(key: String, value: String)]) {
        append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            string(member.key)
            append(UInt8(ascii: ":"))
            string(member.value)
        }
        append(UInt8(ascii: "}"))
    }
}
