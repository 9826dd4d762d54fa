import Call
import Wire

/// Source: Vonage, *NCCO reference*: connect, websocket endpoint.
extension VonageDialect {
    /// The call control object that connects the call to our socket at 16 kHz.
    ///
    /// The socket itself carries no ids, so `headers` hand over the webhook's `uuid` (the id that the REST hang-up takes), the numbers
    /// and `conversation_uuid`; Vonage repeats them in `websocket:connected`. `from` is the dialled number, which is one of the
    /// application's own: Vonage's SDKs refuse a connect action without it.
    public func answer(_ request: AnswerRequest) -> AnswerDocument {
        let from = Self.number(request.to?.exposed ?? request.fields["to"]).map { "\n    \"from\": \(Self.quoted($0))," } ?? ""
        var text = """
            [
              {
                "action": "connect",\(from)
                "endpoint": [
                  {
                    "type": "websocket",
                    "uri": \(Self.quoted(request.streamURL)),
                    "content-type": "\(VonageMessage.contentType(.hz16000))"
            """
        let headers = Self.headers(of: request)
        if !headers.isEmpty {
            let lines = headers.map { "          \(Self.quoted($0)): \(Self.quoted($1))" }
            text += ",\n        \"headers\": {\n" + lines.joined(separator: ",\n") + "\n        }"
        }
        text += "\n      }\n    ]\n  }\n]\n"
        return AnswerDocument(contentType: "application/json", text: text)
    }

    /// A number as `from` takes it: 7 to 15 digits without `+`, the first not 0.
    private static func number(_ text: String?) -> String? {
        guard let text else { return nil }
        let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
        let isNumber =
            (7...15).contains(digits.utf8.count) && digits.first != "0"
            && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber ? String(digits) : nil
    }

    /// Most bytes of `headers`, spelt without white space.
    static let headersLimit = 512

    /// What is known, in the order of the document. Past ``headersLimit`` `conversation_uuid` goes first, which nothing of ours needs,
    /// then `to`, then `from`, and `uuid` last.
    static func headers(of request: AnswerRequest) -> [(String, String)] {
        let known = [
            ("uuid", request.fields["uuid"]), ("conversation_uuid", request.fields["conversation_uuid"]),
            ("from", request.from?.exposed ?? request.fields["from"]), ("to", request.to?.exposed ?? request.fields["to"]),
        ]
        var headers = known.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } }
        for name in ["conversation_uuid", "to", "from", "uuid"] where size(of: headers) > headersLimit {
            headers.removeAll { $0.0 == name }
        }
        return headers
    }

    /// Bytes of the object without white space: braces, and for each member its two strings, a colon and a comma (bar the last).
    private static func size(of headers: [(String, String)]) -> Int {
        headers.reduce(1) { $0 + quoted($1.0).utf8.count + quoted($1.1).utf8.count + 2 } + (headers.isEmpty ? 1 : 0)
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.string(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
