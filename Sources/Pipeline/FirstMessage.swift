import Call
import Wire

/// A message on a socket whose provider is not known yet, and which opens no provider's stream.
enum FirstMessage {
    /// A greeting (`connected`) or an event nobody knows is let pass; it carries nothing that could be lost.
    ///
    /// - Throws: ``WireError`` when the message is broken, or carries media before any `start`.
    static func check(_ message: Span<UInt8>, _ kind: MessageKind) throws(WireError) {
        guard kind == .text else { throw WireError(.beforeStart, at: "binary message") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.count)
        for index in message.indices { bytes.append(message[index]) }
        let value = try JSONValue(parsing: bytes, at: "message")
        guard case .object = value else { throw WireError(.notAnObject, at: "message") }
        guard let event = value["event"]?.string else { throw WireError(.missing, at: "event") }
        switch event {
        case "start": throw WireError(.missing, at: "start's stream and call ids")
        case "media", "dtmf", "mark", "playedStream": throw WireError(.beforeStart, at: event)
        default: break
        }
    }
}
