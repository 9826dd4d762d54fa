import Audio
import Call
import Wire

/// Telnyx's dialect on one media stream.
struct TelnyxSerializer: StreamSerializer {
    private enum State {
        case waiting
        /// The format of the caller's audio.
        case streaming(MediaFormat)
    }

    private let outbound: MediaFormat
    private let linear16: LinearPCM.ByteOrder
    private var state = State.waiting
    private var scanner = JSONScanner()
    /// Which number orders the media: decided by the first media message.
    private var numbering: Numbering?
    private var order = TelnyxOrder()
    private var payload = MediaPayload()

    private enum Numbering {
        /// `media.chunk` counts the media.
        case chunk
        /// `sequence_number` counts all messages, so those without audio take part.
        case sequence
        case none
    }

    init(outbound: MediaFormat, linear16: LinearPCM.ByteOrder) {
        self.outbound = outbound
        self.linear16 = linear16
    }

    var playout: PlayoutProfile { .frames(at: outbound.rate, keys: .request) }

    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        guard kind == .text else { throw WireError(.unexpectedBinary, at: "message") }
        let root = try scanner.scanObject(message)
        let event = try scanner.string("event", of: root, in: message, at: "event")
        if scanner.equals(event, "media", in: message) {
            try decodeMedia(root, message, at: now, into: &events)
            return
        }
        if scanner.equals(event, "start", in: message) {
            guard case .waiting = state else { throw WireError(.secondStart, at: "start") }
            let start = try TelnyxMessage.start(root, scanner, message, outbound: outbound, linear16: linear16)
            state = .streaming(start.inbound)
            events.append(.started(start))
            return
        }
        if numbering == .sequence, let number = scanner.integer("sequence_number", of: root, in: message) {
            order.insert(number, nil, at: now, into: &events)
        }
        if scanner.equals(event, "dtmf", in: message) {
            try requireStart("dtmf")
            events.append(.key(try scanner.key(of: root, in: message)))
        } else if scanner.equals(event, "mark", in: message) {
            try requireStart("mark")
            events.append(.markReturned(try scanner.markName(of: root, in: message)))
        } else if scanner.equals(event, "error", in: message) {
            let payload = try scanner.object("payload", of: root, in: message, at: "payload")
            events.append(.providerError(code: try scanner.text("code", of: payload, in: message, at: "payload.code")))
        } else if scanner.equals(event, "stop", in: message) {
            order.flush(into: &events)
            events.append(.stopped(reason: nil))
        }
    }

    var wake: Moment? { order.wake }

    mutating func release(at now: Moment, into events: inout [CallEvent]) { order.release(at: now, into: &events) }

    private func requireStart(_ event: String) throws(WireError) {
        guard case .streaming = state else { throw WireError(.beforeStart, at: event) }
    }

    /// Reads `media` and puts it in its place. A message whose audio is broken keeps its place, so that nothing waits for it.
    private mutating func decodeMedia(
        _ root: JSONScanner.Node, _ message: Span<UInt8>, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        guard case .streaming(let format) = state else { throw WireError(.beforeStart, at: "media") }
        let media = try scanner.object("media", of: root, in: message, at: "media")
        if scanner.isOutbound(media, in: message) {
            // The other track has its own chunks; it shares the sequence.
            if numbering == .sequence, let number = scanner.integer("sequence_number", of: root, in: message) {
                order.insert(number, nil, at: now, into: &events)
            }
            return
        }
        let number = number(of: media, root, message)
        // Telnyx counts chunks from one: when the first two are swapped, the second to come is not late.
        if numbering == .chunk, let number { order.begin(with: 1, before: number) }
        do {
            let audio = try payload.decode(media, scanner, message, as: format)
            if let number {
                order.insert(number, audio, at: now, into: &events)
            } else if let audio {
                events.append(.audio(audio))
            }
        } catch {
            if let number { order.insert(number, nil, at: now, into: &events) }
            throw error
        }
    }

    private mutating func number(of media: JSONScanner.Node, _ root: JSONScanner.Node, _ message: Span<UInt8>) -> Int? {
        switch numbering {
        case .chunk: return scanner.integer("chunk", of: media, in: message)
        case .sequence: return scanner.integer("sequence_number", of: root, in: message)
        case .some(.none): return nil
        case nil: break
        }
        if let number = scanner.integer("chunk", of: media, in: message) {
            numbering = .chunk
            return number
        }
        let number = scanner.integer("sequence_number", of: root, in: message)
        numbering = number == nil ? Numbering.none : .sequence
        return number
    }

    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.text)
        payload.encode(
            samples, as: outbound.encoding, between: TelnyxMessage.audioPrefix, and: TelnyxMessage.audioSuffix, into: &message)
    }

    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        TelnyxMessage.encode(command, into: &message)
    }
}
