import Audio
import Call
import Wire

/// A call without a socket: the engine, on whatever clock its owner keeps. For replays, scenarios and tests of a bot.
///
/// After each thing it is told, ``poll(at:into:)`` until it says `nil`, and again at ``wake``.
public struct LocalCall: ~Copyable {
    /// Answers a stream that has described itself: `admitted` or `refused`.
    public typealias Door = (StreamStart) -> CallInput

    /// Answers a bot that hands the call over to another, as a door does: the call has the other one's name.
    public typealias Successor = (CallInfo) -> CallInput

    public enum Output {
        /// The buffer holds one message for the provider.
        case send
        /// The engine closes the connection.
        case close(code: UInt16, reason: String)
        /// A real host would end the paid leg over REST.
        case hangUp
        case log(CallLog)
        case event(ConversationEvent)
        /// The call is over.
        case finished(Termination)
    }

    private var engine: CallEngine
    private let door: Door
    private let successor: Successor
    /// Once it is admitted.
    private var info: CallInfo?
    /// When to poll next if nothing happens before; `nil` once the call is over.
    public private(set) var wake: Moment?

    public init(
        dialects: [any StreamDialect], limits: CallLimits = CallLimits(), resamplers: any ResamplerFactory, at now: Moment,
        door: @escaping Door,
        successor: @escaping Successor = { .refused(.refused, reason: "no bot is named \($0.bot)") }
    ) {
        engine = CallEngine(dialects: dialects, limits: limits, resamplers: resamplers, at: now)
        self.door = door
        self.successor = successor
        wake = now
    }

    public var counters: CallCounters { engine.counters }

    /// One whole message of the provider's.
    public mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        engine.receive(message, kind, at: now)
        wake = now
    }

    public mutating func handle(_ input: consuming CallInput, at now: Moment) {
        engine.handle(input, at: now)
        wake = now
    }

    /// The next thing that the call does at this moment; `nil` when there is nothing more.
    public mutating func poll(at now: Moment, into buffer: inout MessageBuffer) -> Output? {
        while true {
            switch engine.poll(at: now, into: &buffer) {
            case .send: return .send
            case .admit(let start):
                let answer = door(start)
                if case .admitted(let call, _) = answer { info = call }
                engine.handle(answer, at: now)
            case .hangUp: return .hangUp
            case .log(let line): return .log(line)
            case .event(let event): return .event(event)
            // Nobody is there who could do it; the bot is told so.
            case .transfer: engine.handle(.push(Frame(.transferAnswered(.refused("this call has no provider's API")))), at: now)
            case .handOver(let bot): engine.handle(handOver(to: bot), at: now)
            case .record, .sendKeys: continue
            case .close(let code, let reason): return .close(code: code, reason: reason)
            case .finished(let termination): return .finished(termination)
            case .idle(let wake):
                self.wake = wake
                return nil
            }
        }
    }

    private mutating func handOver(to bot: String) -> CallInput {
        guard var call = info else { return .push(Frame(.error("the call has not begun"))) }
        call.bot = bot
        switch successor(call) {
        case .admitted(let call, let pipeline), .handedOver(let call, let pipeline):
            info = call
            return .handedOver(call, pipeline)
        case .refused(_, let reason): return .push(Frame(.error(reason)))
        case .push, .cancel, .closed, .tap, .tick: return .push(Frame(.error("no bot is named \(bot)")))
        }
    }
}
