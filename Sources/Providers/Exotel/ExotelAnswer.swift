import Call
import Wire

/// Source: Exotel, *Voicebot applet*: dynamic URL.
extension ExotelDialect {
    /// The object that the Voicebot applet reads when its address is an https one: where to open the socket. Numbers and ids need no
    /// place in it, Exotel puts them into `start`.
    ///
    /// In the pipecat shape the members of Pipecat's runner come with it.
    public func answer(_ request: AnswerRequest) -> AnswerDocument {
        let url = Self.quoted(request.streamURL)
        let text =
            switch request.shape {
            case .native:
                """
                {
                  "url": \(url)
                }

                """
            case .pipecat:
                """
                {
                  "error": "Exotel does not fetch its answer from here: its App Bazaar flow holds the address",
                  "websocket_url": \(url),
                  "note": "Put websocket_url into the Voicebot applet of the flow, or this page's address, of which it reads url",
                  "url": \(url)
                }

                """
            }
        return AnswerDocument(contentType: "application/json", text: text)
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.string(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
