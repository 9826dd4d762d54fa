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
    /// Mu-law bytes of one message; the memory is kept.
    private var scratch: [UInt8] = []

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
            let dtmf = try scanner.object("dtmf", of: root, in: message, at: "dtmf")
            let digit = try scanner.text("digit", of: dtmf, in: message, at: "dtmf.digit")
            guard let keys = KeypadEntry.keys(in: digit), keys.count == 1 else { throw WireError(.outOfRange, at: "dtmf.digit") }
            events.append(.key(keys[0]))
        } else if scanner.equals(event, "mark", in: message) {
            try requireStart("mark")
            let mark = try scanner.object("mark", of: root, in: message, at: "mark")
            events.append(.markReturned(try scanner.text("name", of: mark, in: message, at: "mark.name")))
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
        if let track = scanner.member("track", of: media, in: message), scanner.equals(track, "outbound", in: message) {
            return nil
        }
        let payload = try scanner.string("payload", of: media, in: message, at: "media.payload")
        scratch.removeAll(keepingCapacity: true)
        try scanner.base64(payload, in: message, at: "media.payload", into: &scratch)
        guard !scratch.isEmpty else { return nil }
        var samples: [Int16] = []
        MuLaw.decode(scratch.span, into: &samples)
        return PCM16(samples: samples, rate: .hz8000)
    }

    /// Writes `media`; before `start`, when the stream has no id yet, an empty message.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.text)
        guard case .streaming(let stream) = state else { return }
        scratch.removeAll(keepingCapacity: true)
        MuLaw.encode(samples, into: &scratch)
        message.storage.append(contentsOf: stream.audioPrefix)
        Base64.encode(scratch.span, into: &message.storage)
        message.storage.append(contentsOf: TwilioStream.audioSuffix)
    }

    /// `false` before `start`, when the stream has no id yet.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        guard case .streaming(let stream) = state else { return false }
        return TwilioMessage.encode(command, streamID: stream.id, into: &message)
    }
}
