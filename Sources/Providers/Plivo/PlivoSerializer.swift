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
    /// Encoded audio of one message; the memory is kept.
    private var scratch: [UInt8] = []

    var playout: PlayoutProfile {
        switch state {
        case .waiting: .frames(at: .hz8000)
        case .streaming(let stream): .frames(at: stream.format.rate)
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
            let dtmf = try scanner.object("dtmf", of: root, in: message, at: "dtmf")
            let digit = try scanner.text("digit", of: dtmf, in: message, at: "dtmf.digit")
            guard let keys = KeypadEntry.keys(in: digit), keys.count == 1 else { throw WireError(.outOfRange, at: "dtmf.digit") }
            events.append(.key(keys[0]))
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
        let payload = try scanner.string("payload", of: media, in: message, at: "media.payload")
        if let track = scanner.member("track", of: media, in: message), scanner.equals(track, "outbound", in: message) {
            return nil
        }
        scratch.removeAll(keepingCapacity: true)
        try scanner.base64(payload, in: message, at: "media.payload", into: &scratch)
        guard !scratch.isEmpty else { return nil }
        var samples: [Int16] = []
        if format.encoding == .muLaw {
            MuLaw.decode(scratch.span, into: &samples)
        } else if !LinearPCM.decode(scratch.span, .littleEndian, into: &samples) {
            throw WireError(.oddByteCount, at: "media.payload")
        }
        return PCM16(samples: samples, rate: format.rate)
    }

    /// Writes `playAudio`; before `start`, when the format is not known yet, an empty message.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.text)
        guard case .streaming(let stream) = state else { return }
        scratch.removeAll(keepingCapacity: true)
        if stream.format.encoding == .muLaw {
            MuLaw.encode(samples, into: &scratch)
        } else {
            LinearPCM.encode(samples, .littleEndian, into: &scratch)
        }
        message.storage.append(contentsOf: stream.audioPrefix)
        Base64.encode(scratch.span, into: &message.storage)
        message.storage.append(contentsOf: PlivoStream.audioSuffix)
    }

    /// `false` before `start`, when the stream has no id yet.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        guard case .streaming(let stream) = state else { return false }
        PlivoMessage.encode(command, of: stream, into: &message)
        return true
    }
}
