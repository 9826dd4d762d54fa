import Audio
import Call
import Wire

/// Vonage's dialect on one WebSocket: binary messages are 16-bit little-endian PCM at the rate of `content-type`, text is JSON.
struct VonageSerializer: StreamSerializer {
    private enum State {
        case waiting
        case streaming(SampleRate)
    }

    private var state = State.waiting
    private var scanner = JSONScanner()

    /// Frames of exactly 20 ms: Vonage closes the socket over any other size.
    var playout: PlayoutProfile {
        switch state {
        case .waiting: .frames(at: .hz16000)
        case .streaming(let rate): .frames(at: rate)
        }
    }

    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        switch kind {
        case .binary:
            guard case .streaming(let rate) = state else { throw WireError(.beforeStart, at: "message") }
            guard !message.isEmpty else { return }
            var samples: [Int16] = []
            guard LinearPCM.decode(message, .littleEndian, into: &samples) else { throw WireError(.oddByteCount, at: "message") }
            events.append(.audio(PCM16(samples: samples, rate: rate)))
        case .text:
            if let event = try event(in: message) { events.append(event) }
        }
    }

    private mutating func event(in message: Span<UInt8>) throws(WireError) -> CallEvent? {
        let root = try scanner.scanObject(message)
        let event = try scanner.string("event", of: root, in: message, at: "event")
        if scanner.equals(event, "websocket:connected", in: message) {
            guard case .waiting = state else { throw WireError(.secondStart, at: "websocket:connected") }
            let start = try VonageMessage.connected(root, scanner, message)
            state = .streaming(start.inbound.rate)
            return .started(start)
        }
        if scanner.equals(event, "websocket:dtmf", in: message) {
            try requireStream("websocket:dtmf")
            return .key(try key(root, message))
        }
        if scanner.equals(event, "websocket:notify", in: message) {
            try requireStream("websocket:notify")
            let payload = try scanner.object("payload", of: root, in: message, at: "payload")
            return scanner.text("id", of: payload, in: message).map { .markReturned($0) }
        }
        if scanner.equals(event, "websocket:cleared", in: message) {
            try requireStream("websocket:cleared")
            return .cleared
        }
        if scanner.equals(event, "websocket:hangup", in: message) {
            return .stopped(reason: scanner.text("reason", of: root, in: message))
        }
        return nil
    }

    /// - Throws: ``WireError`` `beforeStart` at the event.
    private func requireStream(_ event: String) throws(WireError) {
        guard case .streaming = state else { throw WireError(.beforeStart, at: event) }
    }

    /// `digit` at top level, or inside `dtmf` as some code has it.
    private func key(_ root: JSONScanner.Node, _ message: Span<UInt8>) throws(WireError) -> KeypadEntry {
        let isNested =
            scanner.member("digit", of: root, in: message) == nil && scanner.member("dtmf", of: root, in: message) != nil
        let path = isNested ? "dtmf.digit" : "digit"
        let holder = isNested ? try scanner.object("dtmf", of: root, in: message, at: "dtmf") : root
        let digit = try scanner.text("digit", of: holder, in: message, at: path)
        guard let keys = KeypadEntry.keys(in: digit), keys.count == 1 else { throw WireError(.outOfRange, at: path) }
        return keys[0]
    }

    /// Writes one binary frame.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.binary)
        LinearPCM.encode(samples, .littleEndian, into: &message.storage)
    }

    /// `false` for keys.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        VonageMessage.encode(command, into: &message)
    }
}
