import Audio
import Call
import Wire

/// Acme's stream: `ACME <call>` opens it, `KEY 5` is a key, `PLAYED <name>` a mark that came back, `BYE` the end.
struct AcmeSerializer: StreamSerializer {
    private var hasStarted = false

    var playout: PlayoutProfile { .frames(at: .hz16000) }

    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError) {
        switch kind {
        case .binary: events.append(.audio(try samples(message)))
        case .text:
            let words = AcmeLine(message).words
            let argument = words.count > 1 ? words[1] : nil
            switch words.first {
            case "ACME": events.append(.started(try start(argument)))
            case "KEY":
                guard let key = argument.flatMap({ KeypadEntry(rawValue: $0) }) else { throw WireError(.outOfRange, at: "KEY") }
                events.append(.key(key))
            case "PLAYED": events.append(.markReturned(argument ?? ""))
            case "BYE": events.append(.stopped(reason: argument))
            default: break
            }
        }
    }

    private mutating func start(_ call: String?) throws(WireError) -> StreamStart {
        guard !hasStarted else { throw WireError(.secondStart, at: "ACME") }
        hasStarted = true
        let format = MediaFormat(.linear16, .hz16000)
        return StreamStart(provider: ProviderName("acme"), callID: call, inbound: format, outbound: format)
    }

    private func samples(_ message: Span<UInt8>) throws(WireError) -> PCM16 {
        guard message.count.isMultiple(of: 2) else { throw WireError(.oddByteCount, at: "audio") }
        var samples: [Int16] = []
        for index in stride(from: 0, to: message.count, by: 2) {
            samples.append(Int16(bitPattern: UInt16(message[index]) | UInt16(message[index + 1]) << 8))
        }
        return PCM16(samples: samples, rate: .hz16000)
    }

    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.binary)
        for index in samples.indices {
            let bits = UInt16(bitPattern: samples[index])
            message.storage.append(UInt8(truncatingIfNeeded: bits))
            message.storage.append(UInt8(truncatingIfNeeded: bits >> 8))
        }
    }

    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        message.reset(.text)
        switch command {
        case .mark(let name): message.storage.append(contentsOf: Array("MARK \(name)".utf8))
        case .clear: message.storage.append(contentsOf: Array("STOP".utf8))
        case .keys: return false
        }
        return true
    }
}

/// A line of Acme's control messages, as words.
struct AcmeLine {
    let words: [String]

    init(_ message: Span<UInt8>) {
        var bytes: [UInt8] = []
        for index in message.indices { bytes.append(message[index]) }
        words = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
    }
}
