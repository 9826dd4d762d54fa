import Audio
import Call
import Wire

/// A provider made up for these tests. Text messages in: `start`, `audio:<first>,<count>` (a ramp of samples), `level:<value>`
/// (20 ms of that sample), `key:5`, `mark:<name>`, `error:<code>`, `stop`, `junk`, `slow` (media that waits for 40 ms).
struct FakeDialect: StreamDialect {
    let name = ProviderName("fake")
    var profile = PlayoutProfile.frames(at: .hz8000, keys: .message)
    var inbound = SampleRate.hz8000
    var outbound = SampleRate.hz8000
    var knowsKeys = true

    func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool { text(message).hasPrefix("start") }
    func makeSerializer() -> any StreamSerializer { FakeSerializer(dialect: self) }
}

struct FakeSerializer: StreamSerializer {
    let dialect: FakeDialect
    var wake: Moment?

    var playout: PlayoutProfile { dialect.profile }

    mutating func decode(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent])
        throws(WireError)
    {
        let parts = text(message).split(separator: ":", maxSplits: 1).map(String.init)
        let value = parts.count > 1 ? parts[1] : ""
        switch parts.first {
        case "start": events.append(.started(start))
        case "start+audio":
            events.append(.started(start))
            events.append(.audio(ramp(from: 1, count: 160)))
        case "audio":
            let numbers = value.split(separator: ",").compactMap { Int($0) }
            guard numbers.count == 2 else { throw WireError(.wrongType, at: "audio") }
            events.append(.audio(ramp(from: numbers[0], count: numbers[1])))
        case "level":
            let samples = dialect.inbound.samples(inMilliseconds: 20)
            events.append(.audio(PCM16(samples: Array(repeating: Int16(value) ?? 0, count: samples), rate: dialect.inbound)))
        case "key": if let key = KeypadEntry(rawValue: value) { events.append(.key(key)) }
        case "mark": events.append(.markReturned(value))
        case "error": events.append(.providerError(code: value))
        case "stop": events.append(.stopped(reason: nil))
        case "slow": wake = now + .milliseconds(40)
        default: throw WireError(.invalidJSON, at: "message")
        }
    }

    mutating func release(at now: Moment, into events: inout [CallEvent]) {
        wake = nil
        events.append(.audio(ramp(from: 1, count: 160)))
    }

    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer) {
        message.reset(.binary)
        for index in samples.indices {
            let bits = UInt16(bitPattern: samples[index])
            message.storage.append(UInt8(bits >> 8))
            message.storage.append(UInt8(bits & 255))
        }
    }

    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        let line: String
        switch command {
        case .mark(let name): line = "mark:\(name)"
        case .clear: line = "clear"
        case .keys(let keys):
            guard dialect.knowsKeys else { return false }
            line = "keys:" + keys.map(\.rawValue).joined()
        }
        message.reset(.text)
        message.storage.append(contentsOf: line.utf8)
        return true
    }

    private var start: StreamStart {
        StreamStart(
            provider: dialect.name, streamID: "s", callID: "c", inbound: MediaFormat(.linear16, dialect.inbound),
            outbound: MediaFormat(.linear16, dialect.outbound))
    }

    private func ramp(from first: Int, count: Int) -> PCM16 {
        PCM16(samples: Ramp.samples(from: first, count: count), rate: dialect.inbound)
    }
}

/// Samples that count up, so that a lost, doubled or displaced one shows.
enum Ramp {
    static func samples(from first: Int, count: Int) -> [Int16] { (first..<first + count).map { Int16($0 % 30_000 + 1) } }
}

private func text(_ message: Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    for index in message.indices { bytes.append(message[index]) }
    return String(decoding: bytes, as: UTF8.self)
}
