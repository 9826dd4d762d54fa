import Audio
import Bots
import Call
import Wire

@testable import Pipeline

/// A call on virtual time: a host that does what the engine asks and keeps a list of it.
///
/// What left, as lines: `audio 160`, `mark:…`, `clear`, `keys:…`, `admit`, `hangUp`, `log …`, `close 1000 …`, `finished …`.
final class CallRun {
    var engine: CallEngine
    var now = Moment.zero
    private(set) var lines: [String] = []
    private(set) var audio: [Int16] = []
    /// When each packet left.
    private(set) var departures: [Moment] = []
    /// What the last `idle` asked for.
    private(set) var wake: Moment?
    /// Whether the host answers `admit` itself.
    var admits = true
    private let bot: BotPipeline
    private var buffer = MessageBuffer()

    init(
        _ bot: BotPipeline = BotPipeline([Echo()]), dialect: FakeDialect = FakeDialect(), limits: CallLimits = CallLimits(),
        resamplers: FakeResamplers = FakeResamplers()
    ) {
        self.bot = bot
        engine = CallEngine(dialects: [dialect], limits: limits, resamplers: resamplers, at: .zero)
    }

    /// A call that has started.
    static func started(
        _ processors: [any Processor] = [Echo()], dialect: FakeDialect = FakeDialect(), limits: CallLimits = CallLimits()
    ) -> CallRun {
        let run = CallRun(BotPipeline(processors), dialect: dialect, limits: limits)
        run.receive("start")
        return run
    }

    func receive(_ message: String, _ kind: MessageKind = .text) {
        let bytes = Array(message.utf8)
        engine.receive(bytes.span, kind, at: now)
        poll()
    }

    func handle(_ input: consuming CallInput) {
        engine.handle(input, at: now)
        poll()
    }

    func push(_ content: Frame.Content) { handle(.push(Frame(content))) }

    /// Virtual time passes; whenever the engine wants to be woken it is.
    func advance(_ duration: Duration) {
        let end = now + duration
        while let wake, wake <= end {
            now = max(now, wake)
            handle(.tick)
        }
        now = end
        handle(.tick)
    }

    /// The marks by which playout asks what was heard.
    private(set) var asked: [String] = []
    /// What the call's event log would hold.
    private(set) var events: [ConversationEvent] = []

    func poll() {
        while true {
            switch engine.poll(at: now, into: &buffer) {
            case .send: keepMessage()
            case .admit(let start):
                lines.append("admit")
                if admits { engine.handle(.admitted(CallInfo(id: "1", stream: start), bot), at: now) }
            case .hangUp: lines.append("hangUp")
            case .event(let event): events.append(event)
            case .transfer(let order): lines.append("transfer, then \(order.resumeAt)")
            case .handOver(let bot): lines.append("hand over to \(bot)")
            case .record(let order): lines.append("record \(order.word)")
            case .sendKeys(let keys): lines.append("send keys \(keys.map(\.rawValue).joined())")
            case .log(let line): lines.append("log \(spelling(line))")
            case .close(let code, let reason): lines.append("close \(code) \(reason)")
            case .finished(let word): lines.append("finished \(word.rawValue)")
            case .idle(let wake):
                self.wake = wake
                return
            }
        }
    }

    private func keepMessage() {
        if buffer.kind == .text {
            let text = buffer.text
            let isAsking = text.hasPrefix("mark:\(Confirmations.prefix)") && !text.hasSuffix("end")
            return isAsking ? asked.append(text) : lines.append(text)
        }
        let bytes = buffer.message
        let samples = stride(from: 0, to: bytes.count, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]))
        }
        lines.append("audio \(samples.count)")
        audio += samples
        departures.append(now)
    }

    private func spelling(_ line: CallLog) -> String {
        switch line {
        case .brokenMessage(let error, let count): "broken \(count): \(error)"
        case .providerError(let code): "provider error \(code)"
        case .botError(let text): "bot: \(text)"
        case .playoutFull: "full"
        case .interrupted: "interrupted"
        }
    }

    /// Lines since the last look.
    func takeLines() -> [String] {
        defer { lines = [] }
        return lines
    }

    var ending: [String] { lines.filter { $0 == "hangUp" || $0.hasPrefix("close") || $0.hasPrefix("finished") } }
    var logs: [String] { lines.filter { $0.hasPrefix("log") } }
}
