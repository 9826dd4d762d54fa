import Audio
import Call
import Wire

/// Exotel's dialect on one Voicebot stream: 16-bit little-endian PCM at the rate that `start` names, both ways.
struct ExotelSerializer: StreamSerializer {
    private enum State {
        case waiting
        case streaming(ExotelStream)
    }

    private var state = State.waiting
    private var scanner = JSONScanner()
    private var payload = MediaPayload()

    var playout: PlayoutProfile {
        switch state {
        case .waiting: ExotelStream.playout(at: .hz8000)
        case .streaming(let stream): ExotelStream.playout(at: stream.rate)
        }
    }

    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        guard kind == .text else { throw WireError(.unexpectedBinary, at: "message") }
        let root = try scanner.scanObject(message)
        let event = try scanner.string("event", of: root, in: message, at: "event")
        if scanner.equals(event, "media", in: message) {
            let rate = try stream("media").rate
            if let audio = try audio(root, message, rate) { events.append(.audio(audio)) }
        } else if scanner.equals(event, "start", in: message) {
            guard case .waiting = state else { throw WireError(.secondStart, at: "start") }
            let (start, stream) = try ExotelMessage.start(root, scanner, message)
            state = .streaming(stream)
            events.append(.started(start))
        } else if scanner.equals(event, "dtmf", in: message) {
            _ = try stream("dtmf")
            events.append(.key(try scanner.key(of: root, in: message)))
        } else if scanner.equals(event, "mark", in: message) {
            _ = try stream("mark")
            events.append(.markReturned(try scanner.markName(of: root, in: message)))
        } else if scanner.equals(event, "clear", in: message) {
            _ = try stream("clear")
            events.append(.cleared)
        } else if scanner.equals(event, "stop", in: message) {
            let details = scanner.member("stop", of: root, in: message)
            events.append(.stopped(reason: details.flatMap { scanner.text("reason", of: $0, in: message) }))
        }
    }

    /// - Throws: ``WireError`` `beforeStart` at the event.
    private func stream(_ event: String) throws(WireError) -> ExotelStream {
        guard case .streaming(let stream) = state else { throw WireError(.beforeStart, at: event) }
        return stream
    }

    /// - Returns: `nil` for an empty payload.
    private mutating func audio(
        _ root: JSONScanner.Node, _ message: Span<UInt8>, _ rate: SampleRate
    ) throws(WireError) -> PCM16? {
        let media = try scanner.object("media", of: root, in: message, at: "media")
        return try payload.decode(media, scanner, message, as: MediaFormat(.linear16, rate))
    }

    /// Writes `media`; before `start`, when the stream has no id yet, an empty message.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.text)
        guard case .streaming(let stream) = state else { return }
        payload.encode(samples, as: .linear16, between: stream.audioPrefix, and: ExotelStream.audioSuffix, into: &message)
    }

    /// `false` for keys, and before `start`, when the stream has no id yet.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        guard case .streaming(let stream) = state else { return false }
        return ExotelMessage.encode(command, of: stream, into: &message)
    }
}
