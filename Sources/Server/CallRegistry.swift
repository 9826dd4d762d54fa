import Call
import Net
import Pipeline
import Synchronization

/// One call as `/calls` shows it.
struct CallRecord: Sendable {
    let id: String
    let provider: ProviderName
    let bot: String
    let start: StreamStart
    let from: PhoneNumber?
    let to: PhoneNumber?
    let bodyError: String?
    /// The stream of a call that was placed, here or by another replica.
    var isOutbound = false
    /// Seconds since 1970.
    let startedAt: Double
    /// The loop on which the call lives.
    let loop: EventLoopHandle
    var endedAt: Double?
    var termination: Termination?
    /// As of the end of the call.
    var counters = CallCounters()
}

/// What all loops know about all calls. Touched when a call begins and ends, never per frame.
final class CallRegistry: Sendable {
    /// Ended calls that `/calls/{id}` still tells about.
    static let mostEnded = 1_000

    struct Totals: Sendable {
        var calls = 0
        var refused = 0
        var counters = CallCounters()
    }

    private struct State {
        var live: [String: CallRecord] = [:]
        var ended: [String: CallRecord] = [:]
        var order: [String] = []
        var totals = Totals()
        var sockets = 0
        var hangUps = 0
    }

    private let state = Mutex(State())
    private let maximumCalls: Int

    init(maximumCalls: Int) { self.maximumCalls = maximumCalls }

    /// Takes one of the places of `--max-calls` for a socket; `false` when none is free.
    func reserve() -> Bool {
        state.withLock { state in
            guard state.sockets < maximumCalls else { return false }
            state.sockets += 1
            return true
        }
    }

    func release() { state.withLock { $0.sockets -= 1 } }
    func beginHangUp() { state.withLock { $0.hangUps += 1 } }
    func endHangUp() { state.withLock { $0.hangUps -= 1 } }
    /// REST hang-ups under way.
    var hangUps: Int { state.withLock { $0.hangUps } }
    func countRefusal() { state.withLock { $0.totals.refused += 1 } }

    func begin(_ record: CallRecord) {
        state.withLock { state in
            state.live[record.id] = record
            state.totals.calls += 1
        }
    }

    /// Counts what a socket did. For one that became a call, moves its record to the ended ones.
    func end(_ id: String, _ termination: Termination, _ counters: CallCounters, at unixTime: Double) {
        state.withLock { state in
            state.totals.counters.add(counters)
            guard var record = state.live.removeValue(forKey: id) else { return }
            record.endedAt = unixTime
            record.termination = termination
            record.counters = counters
            state.ended[id] = record
            state.order.append(id)
            if state.order.count > Self.mostEnded { state.ended[state.order.removeFirst()] = nil }
        }
    }

    var live: [CallRecord] { state.withLock { $0.live.values.sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) } } }
    var liveCount: Int { state.withLock { $0.live.count } }
    var sockets: Int { state.withLock { $0.sockets } }
    var totals: Totals { state.withLock { $0.totals } }
    func record(_ id: String) -> CallRecord? { state.withLock { $0.live[id] ?? $0.ended[id] } }
}

extension CallCounters {
    mutating func add(_ other: CallCounters) {
        brokenMessages += other.brokenMessages
        mediaIn += other.mediaIn
        mediaOut += other.mediaOut
        keys += other.keys
        interruptions += other.interruptions
        providerErrors += other.providerErrors
        droppedSamples += other.droppedSamples
    }
}
