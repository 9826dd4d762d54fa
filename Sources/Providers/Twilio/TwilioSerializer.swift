import Audio
import Call
import Wire

/// Twilio's dialect on one media stream.
struct TwilioSerializer: StreamSerializer {
    private enum State {
        case waiting
        case streaming(TwilioStream)
    }

    private var state = State.waiting
    private var scanner = JSONScanner()
    private var payload = MediaPayload()

    let playout = PlayoutProfile.frames(at: .hz8000)

    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        guard kind == .text else { throw WireError(.unexpectedBinary, at: "message") }
        let root = try scanner.scanObject(message)
        let event = try scanner.string("event", of: root, in: message, at: "event")
        if scanner.equals(event, "media", in: message) {
            try requireStart("media")
            if let audio = try audio(root, message) { events.append(.audio(audio)) }
        } else if scanner.equals(event, "start", in: message) {
            guard case .waiting = state else { throw WireError(.secondStart, at: "start") }
            let start = try TwilioMessage.start(root, scanner, message)
            state = .streaming(TwilioStream(id: start.streamID ?? ""))
            events.append(.started(start))
        } else if scanner.equals(event, "dtmf", in: message) {
            try requireStart("dtmf")
            events.append(.key(try scanner.key(of: root, in: message)))
        } else if scanner.equals(event, "mark", in: message) {
            try requireStart("mark")
            events.append(.markReturned(try scanner.markName(of: root, in: message)))
        } else if scanner.equals(event, "stop", in: message) {
            events.append(.stopped(reason: nil))
        }
    }

    /// - Throws: ``WireError`` `beforeStart` at the event.
    private func requireStart(_ event: String) throws(WireError) {
        guard case .streaming = state else { throw WireError(.beforeStart, at: event) }
    }

    /// - Returns: `nil` for an empty payload, and for a track that is not the caller's.
    private mutating func audio(_ root: JSONScanner.Node, _ message: Span<UInt8>) throws(WireError) -> PCM16? {
        let media = try scanner.object("media", of: root, in: message, at: "media")
        guard !scanner.isOutbound(media, in: message) else { return nil }
        return try payload.decode(media, scanner, message, as: .muLaw8000)
    }

    /// Writes `media`; before `start`, when the stream has no id yet, an empty message.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.text)
        guard case .streaming(let stream) = state else { return }
        payload.encode(samples, as: .muLaw, between: stream.audioPrefix, and: TwilioStream.audioSuffix, into: &message)
    }

    /// `false` before `start`, when the stream has no id yet.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        guard case .streaming(let stream) = state else { return false }
        return TwilioMessage.encode(command, streamID: stream.id, into: &message)
    }
}
