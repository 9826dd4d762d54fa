import Call
import Wire

/// Source: Plivo, *Stream XML*.
extension PlivoDialect {
    /// `<Stream>` with the address as its text. `keepCallAlive`, or the call would end with the document; `contentType`, because Plivo's
    /// own pages do not agree on the default. The numbers travel in `extraHeaders` (``ExtraHeaders``): `start` does not name them.
    public func answer(_ request: AnswerRequest) -> AnswerDocument {
        var attributes: [XMLWriter.Attribute] = [
            ("bidirectional", "true"), ("keepCallAlive", "true"), ("contentType", "audio/x-mulaw;rate=8000"),
        ]
        let from = request.from?.exposed ?? request.fields["From"]
        let to = request.to?.exposed ?? request.fields["To"]
        if let text = ExtraHeaders.text(from: from, to: to) { attributes.append(("extraHeaders", text)) }
        var xml = XMLWriter()
        xml.begin("Response")
        xml.element("Stream", attributes, text: request.streamURL)
        xml.end()
        return AnswerDocument(contentType: "application/xml", text: xml.document)
    }
}
