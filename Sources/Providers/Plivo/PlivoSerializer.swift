import Audio
import Call
import Wire

/// Plivo's dialect on one audio stream. Both directions have the format that `start` names.
struct PlivoSerializer: StreamSerializer {
    private enum State {
        case waiting
        case streaming(PlivoStream)
    }

    private var state = State.waiting
    private var scanner = JSONScanner()
    private var payload = MediaPayload()

    var playout: PlayoutProfile {
        switch state {
        case .waiting: .frames(at: .hz8000, keys: .message)
        case .streaming(let stream): .frames(at: stream.format.rate, keys: .message)
        }
    }

    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        guard kind == .text else { throw WireError(.unexpectedBinary, at: "message") }
        let root = try scanner.scanObject(message)
        let event = try scanner.string("event", of: root, in: message, at: "event")
        if scanner.equals(event, "media", in: message) {
            let format = try stream("media").format
            if let audio = try audio(root, message, format) { events.append(.audio(audio)) }
        } else if scanner.equals(event, "start", in: message) {
            guard case .waiting = state else { throw WireError(.secondStart, at: "start") }
            let (start, stream) = try PlivoMessage.start(root, scanner, message)
            state = .streaming(stream)
            events.append(.started(start))
        } else if scanner.equals(event, "dtmf", in: message) {
            _ = try stream("dtmf")
            events.append(.key(try scanner.key(of: root, in: message)))
        } else if scanner.equals(event, "playedStream", in: message) || scanner.equals(event, "played", in: message) {
            _ = try stream("playedStream")
            events.append(.markReturned(try scanner.text("name", of: root, in: message, at: "name")))
        } else if scanner.equals(event, "clearedAudio", in: message) {
            _ = try stream("clearedAudio")
            events.append(.cleared)
        } else if scanner.equals(event, "stop", in: message) {
            let details = scanner.member("stop", of: root, in: message) ?? root
            events.append(.stopped(reason: scanner.text("reason", of: details, in: message)))
        }
    }

    /// - Throws: ``WireError`` `beforeStart` at the event.
    private func stream(_ event: String) throws(WireError) -> PlivoStream {
        guard case .streaming(let stream) = state else { throw WireError(.beforeStart, at: event) }
        return stream
    }

    /// - Returns: `nil` for an empty payload, and for a track that is not the caller's.
    private mutating func audio(
        _ root: JSONScanner.Node, _ message: Span<UInt8>, _ format: MediaFormat
    ) throws(WireError) -> PCM16? {
        let media = try scanner.object("media", of: root, in: message, at: "media")
        guard !scanner.isOutbound(media, in: message) else { return nil }
        return try payload.decode(media, scanner, message, as: format)
    }

    /// Writes `playAudio`; before `start`, when the format is not known yet, an empty message.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.text)
        guard case .streaming(let stream) = state else { return }
        payload.encode(
            samples, as: stream.format.encoding, between: stream.audioPrefix, and: PlivoStream.audioSuffix, into: &message)
    }

    /// `false` before `start`, when the stream has no id yet.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        guard case .streaming(let stream) = state else { return false }
        PlivoMessage.encode(command, of: stream, into: &message)
        return true
    }
}
