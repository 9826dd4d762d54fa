import Audio
import Call
import Wire

/// One call's whole logic as a value: bytes, time and answers go in, what is to be done comes out. It does no I/O.
///
/// After each `receive` and `handle`, call ``poll(at:into:)`` until it says `idle` or `finished`.
public struct CallEngine: ~Copyable {
    private enum State {
        /// No message has told yet which provider this is.
        case detecting
        /// The stream has opened; the host decides.
        case admitting(any StreamSerializer, StreamStart)
        case live(LiveCall)
        case finished
    }

    private var state = State.detecting
    private let dialects: [any StreamDialect]
    private let limits: CallLimits
    private let resamplers: any ResamplerFactory
    private let openedAt: Moment
    private var early = CallCounters()
    private var outputs = Queue<CallOutput>()
    private var events: [CallEvent] = []

    /// - Parameter dialects: those that may speak on this socket, in the order in which they are asked.
    public init(dialects: [any StreamDialect], limits: CallLimits, resamplers: any ResamplerFactory, at now: Moment) {
        self.dialects = dialects
        self.limits = limits
        self.resamplers = resamplers
        openedAt = now
    }

    public var counters: CallCounters {
        if case .live(let live) = state {
            var counters = live.counters
            counters.brokenMessages = early.brokenMessages
            return counters
        }
        return early
    }

    // MARK: In

    /// One whole WebSocket message from the provider.
    public mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        do throws(WireError) {
            switch state {
            case .live(let live): try live.receive(message, kind, at: now)
            case .detecting: try detect(message, kind, at: now)
            case .admitting, .finished: break
            }
        } catch {
            early.brokenMessages += 1
            if Self.isWorthALine(early.brokenMessages) { outputs.append(.log(.brokenMessage(error, count: early.brokenMessages))) }
        }
        settle(at: now)
    }

    public mutating func handle(_ input: consuming CallInput, at now: Moment) {
        switch input {
        case .admitted(let call, let bot):
            guard case .admitting(let serializer, let start) = state else { return }
            let live = LiveCall(
                start: start, serializer: serializer, call: call, bot: bot, resamplers: resamplers, counters: early, at: now)
            state = .live(live)
        case .refused(let termination, let reason): finish(termination, reason: reason, at: now)
        case .push(let frame):
            guard case .live(let live) = state else { return }
            live.push(frame, at: now)
        case .cancel(let termination): finish(termination, at: now)
        case .closed(let code): closed(code, at: now)
        case .tick: tick(at: now)
        }
        settle(at: now)
    }

    private mutating func detect(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) throws(WireError) {
        guard let dialect = dialects.first(where: { $0.opens(with: message, kind) }) else {
            return try FirstMessage.check(message, kind)
        }
        var serializer = dialect.makeSerializer()
        events.removeAll(keepingCapacity: false)
        try serializer.decode(message, kind, at: now, into: &events)
        for case .started(let start) in events {
            state = .admitting(serializer, start)
            outputs.append(.admit(start))
            return
        }
    }

    private mutating func tick(at now: Moment) {
        switch state {
        case .detecting:
            if now >= openedAt + limits.start { finish(.noStart, reason: "no start message within \(limits.start)", at: now) }
        case .live(let live):
            live.tick(at: now)
            if now >= openedAt + limits.duration {
                finish(.maximumDuration, at: now)
            } else if live.ending == nil, now >= live.lastActivity + limits.idle {
                finish(.idleTimeout, at: now)
            }
        case .admitting, .finished: break
        }
    }

    private mutating func closed(_ code: UInt16?, at now: Moment) {
        switch state {
        case .finished: return
        case .live(let live): finish(live.ending ?? (code == nil ? .connectionLost : .callerHungUp), at: now)
        case .detecting, .admitting: finish(code == nil ? .connectionLost : .callerHungUp, at: now)
        }
    }

    /// Carries out what the call decided about itself.
    private mutating func settle(at now: Moment) {
        guard case .live(let live) = state else { return }
        while let line = live.popLog() { outputs.append(.log(line)) }
        if let verdict = live.verdict { finish(verdict, at: now) }
    }

    private mutating func finish(_ termination: Termination, reason: String? = nil, at now: Moment) {
        if case .finished = state { return }
        if case .live(let live) = state {
            live.cancel(termination, at: now)
            if termination.endsPaidLeg { outputs.append(.hangUp(live.start)) }
        }
        early = counters
        outputs.append(.close(code: termination.closeCode, reason: reason ?? termination.rawValue))
        outputs.append(.finished(termination))
        state = .finished
    }

    // MARK: Out

    /// The next thing to do. A message to send is written into the buffer.
    public mutating func poll(at now: Moment, into buffer: inout MessageBuffer) -> CallOutput {
        if let output = outputs.popFirst() { return output }
        switch state {
        case .live(let live):
            if live.encodeNext(at: now, into: &buffer) { return .send }
            while let line = live.popLog() { outputs.append(.log(line)) }
            if let ending = live.ending, live.hasDrained(confirmation: limits.confirmation, at: now) { finish(ending, at: now) }
            if let output = outputs.popFirst() { return output }
            let limit = min(live.lastActivity + limits.idle, openedAt + limits.duration)
            return .idle(wake: earliest(live.wake(confirmation: limits.confirmation), limit))
        case .detecting: return .idle(wake: openedAt + limits.start)
        case .admitting, .finished: return .idle(wake: nil)
        }
    }

    /// The first lines of a call are logged, then every power of two: a hostile peer cannot fill the disk.
    private static func isWorthALine(_ count: Int) -> Bool { count <= 8 || count.nonzeroBitCount == 1 }
}

/// The earlier of two moments that may not exist.
func earliest(_ a: Moment?, _ b: Moment?) -> Moment? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
}

extension Termination {
    /// Whether the paid leg may still be up when a call ends with this word, so that it has to be ended by REST.
    var endsPaidLeg: Bool {
        switch self {
        case .callerHungUp, .noStart, .refused: false
        case .completed, .connectionLost, .canceled, .idleTimeout, .maximumDuration, .protocolViolation, .peerTooSlow, .shutdown,
            .botFailed:
            true
        }
    }

    /// RFC 6455 §7.4.1.
    var closeCode: UInt16 {
        switch self {
        case .completed, .callerHungUp, .connectionLost, .canceled, .idleTimeout, .maximumDuration: 1000
        case .shutdown: 1001
        case .noStart, .refused, .protocolViolation, .peerTooSlow: 1008
        case .botFailed: 1011
        }
    }
}
