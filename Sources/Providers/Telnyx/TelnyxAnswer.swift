import Call
import Wire

/// Source: Telnyx, *TeXML: `<Stream>`*.
extension TelnyxDialect {
    /// `<Connect><Stream>` and nothing behind it. `bidirectionalMode="rtp"`, or Telnyx would expect MP3 files from us; the codec and
    /// the rate that we shall send. The numbers are in `start`, so no parameters carry them.
    public func answer(_ request: AnswerRequest) -> AnswerDocument {
        var attributes: [XMLWriter.Attribute] = [
            ("url", request.streamURL), ("bidirectionalMode", "rtp"), ("bidirectionalCodec", codec),
        ]
        if outbound.rate != .hz8000 { attributes.append(("bidirectionalSamplingRate", String(outbound.rate.hertz))) }
        var xml = XMLWriter()
        xml.begin("Response")
        xml.begin("Connect")
        xml.element("Stream", attributes)
        return AnswerDocument(contentType: "application/xml", text: xml.document)
    }

    /// What we send, in Telnyx's words.
    var codec: String {
        switch outbound.encoding {
        case .muLaw: "PCMU"
        case .aLaw: "PCMA"
        case .linear16, .linear16BigEndian: "L16"
        }
    }
}
