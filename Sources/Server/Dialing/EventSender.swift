import Call
import Dialing
import Net
import Wire

/// Posts each change of an outbound call to the events webhook, at least once and in order for each call. Lives on the dial loop.
final class EventSender {
    /// A receiver that takes longer is tried again.
    static let timeout = Duration.seconds(10)
    /// Longest answer that is read. Units: bytes. Only its status counts.
    static let longestAnswer = 65_536

    private unowned let dial: DialLoop
    private let url: String?
    private let key: [UInt8]
    private var outbox: EventOutbox
    private var bodies: [UInt64: [UInt8]] = [:]
    private(set) var wake: Moment?
    /// Whether the last answer was a refusal, or none.
    private var isRefused = false

    private var shared: SharedState { dial.shared }

    init(_ dial: DialLoop) {
        self.dial = dial
        let settings = dial.shared.configuration.dial
        url = settings.eventsURL
        key = Array((settings.eventsSecret?.exposed ?? "").utf8)
        outbox = EventOutbox(seed: dial.shared.cryptography.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    var isWanted: Bool { url != nil }

    func add(_ call: DialedCall, _ event: UInt64) {
        guard isWanted else { return dial.tell(.delivered(event: event)) }
        let at = [call.endedAt, call.streamingAt, call.answeredAt, call.dialedAt].compactMap(\.self).first ?? call.createdAt
        bodies[event] =
            JSONValue.object([
                "event_id": .string("\(call.id)-\(event)"), "type": .string("call.state"), "at": .number(at),
                "call": .object(DialReport.members(call)),
            ]).bytes
        outbox.add(call: call.id, event: event, at: dial.loop.now)
    }

    func drive(at now: Moment) {
        while true {
            switch outbox.poll(at: now) {
            case .send(let call, let event): send(call, event)
            case .gaveUp(let call, let event):
                bodies[event] = nil
                shared.logger.log(.error, "an event was given up: nobody took it", call: call, ["event": "\(event)"])
                dial.tell(.delivered(event: event))
            case .idle(let wake):
                self.wake = wake
                return
            }
        }
    }

    private func send(_ call: String, _ event: UInt64) {
        guard let url, let body = bodies[event] else { return }
        let time = Int64(shared.unixTime)
        let request = HTTPRequest(
            .post, url,
            headers: [
                ("Content-Type", Secret("application/json")),
                ("Trunkline-Signature", Secret(Self.signature(body, key: key, unixTime: time, shared.cryptography))),
            ], body: body)
        dial.loop.rest.send(request, timeout: Self.timeout, limit: Self.longestAnswer) { [self] result in
            switch result {
            case .success(let answer) where (200..<300).contains(answer.status): taken(call, event)
            case .success(let answer): failed(call, "it answered \(answer.status)")
            // Tried again at the next start.
            case .failure(.stopped): break
            case .failure(let error): failed(call, "\(error)")
            }
        }
    }

    private func taken(_ call: String, _ event: UInt64) {
        if isRefused { shared.logger.log(.info, "the events webhook takes events again") }
        isRefused = false
        bodies[event] = nil
        _ = outbox.taken(call: call, at: dial.loop.now)
        dial.tell(.delivered(event: event))
    }

    private func failed(_ call: String, _ reason: String) {
        if !isRefused {
            shared.logger.log(
                .warning, "the events webhook does not take events: \(reason); each is tried again for a day",
                ["waiting": "\(outbox.count)"])
        }
        isRefused = true
        outbox.failed(call: call, at: dial.loop.now)
        dial.eventsMoved()
    }

    /// `t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hexadecimal>`.
    static func signature(_ body: [UInt8], key: [UInt8], unixTime: Int64, _ cryptography: any Cryptography) -> String {
        "t=\(unixTime),v1=\(Hex.text(cryptography.hmacSHA256(Array("\(unixTime).".utf8) + body, key: key)))"
    }
}
