import Call
import Wire

/// Source: Twilio, *TwiML: `<Connect>`, `<Stream>`*.
extension TwilioDialect {
    /// Longest name and value of one `<Parameter>` together. Twilio: under 500 characters.
    static let maximumParameter = 499

    /// `<Connect><Stream>` and nothing behind it: the call ends when the stream ends.
    ///
    /// The numbers travel as parameters, since `start` does not name them. One that is too long is left out: half a number would
    /// be a wrong one.
    public func answer(_ request: AnswerRequest) -> AnswerDocument {
        let numbers = [
            ("from_number", request.from?.exposed ?? request.fields["From"]),
            ("to_number", request.to?.exposed ?? request.fields["To"]),
        ]
        let parameters = numbers.compactMap { name, value -> [XMLWriter.Attribute]? in
            guard let value, !value.isEmpty, name.count + value.unicodeScalars.count <= Self.maximumParameter else { return nil }
            return [("name", name), ("value", value)]
        }
        var xml = XMLWriter()
        xml.begin("Response")
        xml.begin("Connect")
        if parameters.isEmpty {
            xml.element("Stream", [("url", request.streamURL)])
        } else {
            xml.begin("Stream", [("url", request.streamURL)])
            for parameter in parameters { xml.empty("Parameter", parameter) }
            xml.end()
        }
        return AnswerDocument(contentType: "application/xml", text: xml.document)
    }
}
