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
        case admitting(Box<Admission>)
        case live(Box<LiveCall>)
        case finished
    }

    /// What the state carries, changed where it lies. Owned by exactly one engine, which cannot be copied.
    private final class Box<Value: ~Copyable> {
        var value: Value
        init(_ value: consuming Value) { self.value = value }
    }

    /// An engine that said `idle` can sleep at least so long: whatever is due at a moment is done in that moment's turn.
    private static let grain = Interval(.milliseconds(1))

    private var state = State.detecting
    private let dialects: [any StreamDialect]
    private let limits: CallLimits
    private let resamplers: any ResamplerFactory
    private let startDeadline: Moment
    private let durationDeadline: Moment
    private let idle: Interval
    private var early = CallCounters()
    private var logbook = CallLogbook()
    private var outputs = Queue<CallOutput>()

    /// - Parameter dialects: those that may speak on this socket, in the order in which they are asked.
    public init(dialects: [any StreamDialect], limits: CallLimits, resamplers: any ResamplerFactory, at now: Moment) {
        self.dialects = dialects
        self.limits = limits
        self.resamplers = resamplers
        startDeadline = now.after(Interval(limits.start))
        durationDeadline = now.after(Interval(limits.duration))
        idle = Interval(limits.idle)
    }

    public var counters: CallCounters {
        guard case .live(let live) = state else { return early }
        var counters = live.value.counters
        counters.brokenMessages = early.brokenMessages
        return counters
    }

    // MARK: In

    /// One whole WebSocket message from the provider.
    public mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        do throws(WireError) {
            switch state {
            case .live(let live): try live.value.receive(message, kind, at: now)
            case .detecting: try detect(message, kind, at: now)
            case .admitting(let admission): try admission.value.receive(message, kind, at: now)
            case .finished: return
            }
        } catch {
            early.brokenMessages += 1
            logbook.write(.brokenMessage(error, count: early.brokenMessages))
        }
        settle(at: now)
    }

    public mutating func handle(_ input: consuming CallInput, at now: Moment) {
        switch input {
        case .admitted(let call, let bot):
            guard case .admitting(let admission) = state else { return }
            let live = LiveCall(
                admission.value, call: call, bot: bot, resamplers: resamplers, limits: limits, counters: early, at: now)
            state = .live(Box(live))
        case .refused(let termination, let reason): finish(termination, reason: reason, at: now)
        case .push(let frame):
            guard case .live(let live) = state else { return }
            live.value.push(frame, at: now)
        case .tap(let tap):
            guard case .live(let live) = state else { return }
            live.value.tap = tap
        case .handedOver(let call, let bot):
            guard case .live(let live) = state else { return }
            live.value.change(to: bot, call, at: now)
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
        var events: [CallEvent] = []
        try serializer.decode(message, kind, at: now, into: &events)
        guard let admission = Admission(serializer, events: events) else { return }
        state = .admitting(Box(admission))
        outputs.append(.admit(admission.start))
    }

    private mutating func tick(at now: Moment) {
        switch state {
        case .detecting, .admitting:
            if now >= startDeadline { finish(.noStart, reason: "no accepted start within \(limits.start)", at: now) }
        case .live(let live):
            live.value.tick(at: now)
            if now >= durationDeadline {
                finish(.maximumDuration, at: now)
            } else if let deadline = idleDeadline(of: live.value), now >= deadline {
                finish(.idleTimeout, at: now)
            }
        case .finished: break
        }
    }

    private mutating func closed(_ code: UInt16?, at now: Moment) {
        let word: Termination? = if case .live(let live) = state { live.value.farewell.word(at: now) } else { nil }
        finish(word ?? (code == nil ? .connectionLost : .callerHungUp), at: now)
    }

    /// Carries out what the call decided about itself.
    private mutating func settle(at now: Moment) {
        if case .live(let live) = state, let verdict = live.value.verdict { finish(verdict, at: now) }
    }

    private mutating func finish(_ termination: Termination, reason: String? = nil, at now: Moment) {
        switch state {
        case .finished: return
        case .detecting: break
        case .admitting(let admission):
            if termination.endsPaidLeg { outputs.append(.hangUp(admission.value.start)) }
        case .live(let live):
            live.value.cancel(termination, at: now)
            if termination.endsPaidLeg { outputs.append(.hangUp(live.value.start)) }
            collectLog(of: &live.value)
        }
        early = counters
        outputs.append(.close(code: termination.closeCode, reason: reason ?? termination.rawValue))
        outputs.append(.finished(termination))
        state = .finished
    }

    // MARK: Out

    /// The next thing to do. A message to send is written into the buffer.
    ///
    /// What is due at the moment is done, whether a ``CallInput/tick`` came or not.
    public mutating func poll(at now: Moment, into buffer: inout MessageBuffer) -> CallOutput {
        var isTicked = false
        while true {
            if let line = logbook.popFirst() { return .log(line) }
            if let output = outputs.popFirst() { return output }
            guard let wake = advance(at: now, into: &buffer) else { return .send }
            if !logbook.isEmpty || !outputs.isEmpty { continue }
            if case .finished = state { return .idle(wake: nil) }
            guard wake <= now else { return .idle(wake: wake) }
            guard !isTicked else { return .idle(wake: now.after(Self.grain)) }
            isTicked = true
            tick(at: now)
            settle(at: now)
        }
    }

    /// Writes the next message that is due.
    ///
    /// - Returns: `nil` when the buffer holds a message; else when something is due next.
    private mutating func advance(at now: Moment, into buffer: inout MessageBuffer) -> Moment? {
        switch state {
        case .live(let live):
            if live.value.encodeNext(at: now, into: &buffer) { return nil }
            collectLog(of: &live.value)
            let limit = min(idleDeadline(of: live.value) ?? durationDeadline, durationDeadline)
            let wake = min(live.value.wake ?? limit, limit)
            if let word = live.value.hasDrained(at: now) { finish(word, at: now) }
            return wake
        case .detecting, .admitting, .finished: return startDeadline
        }
    }

    /// When the call ends for silence; `nil` once the bot has said its `end`.
    private func idleDeadline(of live: borrowing LiveCall) -> Moment? {
        live.farewell.reason == nil ? live.activity.last.after(idle) : nil
    }

    private mutating func collectLog(of live: inout LiveCall) {
        while let line = live.logbook.popFirst() { outputs.append(.log(line)) }
        while let ask = live.popAsk() { outputs.append(ask) }
    }
}

/// The earlier of two moments that may not exist.
func earliest(_ a: Moment?, _ b: Moment?) -> Moment? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
}
