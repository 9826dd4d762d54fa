import Audio
import Call
import Wire

/// Vonage's side of a Voice API websocket endpoint.
///
/// Source: Vonage, "WebSockets" guide and the Voice SDK's models. One text message opens the stream, with the headers of the NCCO
/// flattened into it; then binary frames of 20 ms, signed 16-bit little-endian. No ids, no numbers, no last message.
struct VonageDialect: SimulatedDialect {
    let identity: CallIdentity
    let inbound: MediaFormat
    let outbound: MediaFormat
    private let text = ServerText()

    init(_ identity: CallIdentity, _ options: SimulationOptions) {
        self.identity = identity
        inbound = options.inbound
        outbound = options.outbound
    }

    var clearStyle: ClearStyle { .confirms }
    /// 3,072 messages of 20 ms.
    var playoutLimit: Duration { .milliseconds(3_072 * 20) }

    /// Units: bytes.
    private var frameBytes: Int { outbound.rate.samples(inMilliseconds: 20) * 2 }

    func greeting(into message: inout [UInt8]) -> Bool { false }

    func start(_ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"websocket:connected","content-type":"#)
        message.string("audio/l16;rate=\(inbound.rate.hertz)")
        for (name, value) in identity.sortedParameters {
            message.raw(",")
            message.string(name)
            message.raw(":")
            message.string(value)
        }
        message.raw("}")
    }

    func media(_ payload: [UInt8], _ stamp: Stamp, into message: inout [UInt8]) -> MessageKind {
        message.append(contentsOf: payload)
        return .binary
    }

    func key(_ key: KeypadEntry, _ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"websocket:dtmf","digit":"#)
        message.string(key.rawValue)
        message.raw(#","duration":260}"#)
    }

    func markReturned(_ name: String, _ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"websocket:notify","payload":"#)
        JSONText.raw(name, into: &message)
        message.raw("}")
    }

    func cleared(_ stamp: Stamp, into message: inout [UInt8]) -> Bool {
        message.raw(#"{"event":"websocket:cleared"}"#)
        return true
    }

    func stop(_ stamp: Stamp, into message: inout [UInt8]) -> Bool { false }

    func read(
        _ message: Span<UInt8>, _ kind: MessageKind, with scanner: inout JSONScanner, audio: inout [UInt8],
        warnings: inout ComplaintList
    ) throws(Complaint) -> ServerMessage {
        if kind == .binary {
            guard message.count == frameBytes else {
                // The words with which Vonage's support quoted its log.
                throw Complaint("unexpected frame size \(message.count), when required \(frameBytes)")
            }
            audio.append(addingCapacity: message.count) { output in
                for index in message.indices { output.append(message[index]) }
            }
            return .audio
        }
        let root = try text.open(message, kind, &scanner)
        switch try text.text("action", of: root, message, scanner) {
        case "clear": return .clear
        case "notify":
            let payload = try text.object("payload", of: root, message, scanner)
            let range = scanner.range(payload)
            guard let spelt = try? UTF8Span(validating: message.extracting(range)) else { throw Complaint("payload is not UTF-8") }
            return .mark(String(copying: spelt))
        default: throw Complaint("action is none that Vonage knows")
        }
    }
}
