import Audio
import Call
import Simulation
import Testing

/// A simulated provider on a virtual clock, with what it has sent.
struct Line {
    var side: SimulatedProvider
    var now = Moment.zero
    /// Everything the provider sent, with the moment.
    var sent: [(text: String, bytes: [UInt8], kind: MessageKind, at: Moment)] = []
    var isClosed = false
    private var buffer = MessageBuffer()

    init(
        _ provider: PlayedProvider, parameters: [String: String] = [:], options: SimulationOptions? = nil,
        change: (inout SimulationOptions) -> Void = { _ in }
    ) throws {
        var options = options ?? SimulationOptions(for: provider)
        change(&options)
        side = try SimulatedProvider(provider, .made(for: provider, parameters), options)
    }

    /// Drives the provider up to a time and stops there.
    ///
    /// - Parameter answer: what the far end does about each message, at once.
    mutating func run(
        toMilliseconds end: Int,
        answering answer: (inout SimulatedProvider, [UInt8], MessageKind, Moment) -> Void = { _, _, _, _ in }
    ) {
        let end = Moment.zero + .milliseconds(end)
        while true {
            switch side.poll(at: now, into: &buffer) {
            case .send(let kind):
                #expect(kind == buffer.kind)
                sent.append((buffer.text, buffer.message, kind, now))
                answer(&side, buffer.message, kind, now)
            case .close: isClosed = true
            case .idle(let wake):
                if now == end { return }
                now = min(max(now, wake ?? end), end)
            }
        }
    }

    mutating func receive(_ text: String) { side.receive(Array(text.utf8).span, .text, at: now) }

    /// Texts that were sent, without caller audio.
    var texts: [String] { sent.map { $0.text }.filter { !$0.contains(#""event":"media""#) } }
    var media: [String] { sent.map { $0.text }.filter { $0.contains(#""event":"media""#) } }
    /// Parts of what the provider complained about.
    var complaints: [String] { side.complaints.entries.map { $0.complaint.description } }
}

extension CallIdentity {
    static func made(for provider: PlayedProvider, _ parameters: [String: String] = [:]) -> CallIdentity {
        let ids =
            switch provider {
            case .twilio: ("MZ0001", "CA0001", "AC0001")
            case .telnyx: ("6f1c0d2e-0000-4000-8000-000000000001", "v3:made-up_ID", "0d0c0b0a-0000-4000-8000-000000000002")
            case .plivo: ("2222-02", "1111-01", "MAMADEUP")
            case .exotel: ("strm-made-up-1", "call-made-up-1", "acme1")
            case .vonage: ("none", "none", "none")
            }
        return CallIdentity(
            streamID: ids.0, callID: ids.1, accountID: ids.2, from: PhoneNumber("+15005550006"), to: PhoneNumber("+15005550010"),
            parameters: parameters, epochMilliseconds: 1_893_553_445_000)
    }
}

/// What the server of the tests sends.
enum Server {
    static let silence20 = String(repeating: "/", count: 213) + "w=="

    static func twilioMedia(_ payload: String, sid: String = "MZ0001") -> String {
        #"{"event":"media","streamSid":"\#(sid)","media":{"payload":"\#(payload)"}}"#
    }

    /// Base64 of mu-law, made of one byte.
    static func muLaw(_ byte: UInt8, milliseconds: Int) -> String { base64(Array(repeating: byte, count: milliseconds * 8)) }

    /// Written here so that the room's own base64 has a judge.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 { text.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : "=") }
        }
        return text
    }
}

extension String {
    /// What stands behind the first text and before the next occurrence of the second.
    func text(between first: String, and second: String) -> String {
        guard let start = firstRange(of: first)?.upperBound, let end = self[start...].firstRange(of: second)?.lowerBound else {
            return ""
        }
        return String(self[start..<end])
    }
}
