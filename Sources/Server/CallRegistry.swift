import Call
import Net
import Pipeline
import Synchronization

/// One call as `/calls` shows it.
struct CallRecord: Sendable {
    let id: String
    let provider: ProviderName
    let bot: String
    var start: StreamStart
    let from: PhoneNumber?
    let to: PhoneNumber?
    let bodyError: String?
    /// The stream of a call that was placed, here or by another replica.
    var isOutbound = false
    /// Seconds since 1970.
    let startedAt: Double
    /// The loop on which the call lives.
    var loop: EventLoopHandle
    var endedAt: Double?
    var termination: Termination?
    /// The caller is on the way to a telephone, without a stream.
    var isTransferring = false
    /// What makes the recording go on as it was when the caller left for a telephone; `nil` before that.
    var recordingOrders: [RecordingOrder]?
    /// Of the streams that have ended.
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

    /// Takes a place for the stream of a call that comes back from a transfer: it has had one, so there need be none free.
    func reserveAgain() { state.withLock { $0.sockets += 1 } }

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

    /// The stream of a call is over, the call is not: its caller is being transferred.
    ///
    /// - Parameter recordingOrders: what makes the recording go on when it comes back.
    func suspend(_ id: String, _ counters: CallCounters, _ recordingOrders: [RecordingOrder]) {
        state.withLock { state in
            state.totals.counters.add(counters)
            state.live[id]?.counters.add(counters)
            state.live[id]?.isTransferring = true
            state.live[id]?.recordingOrders = recordingOrders
        }
    }

    /// The call has a stream again.
    ///
    /// - Returns: `false` when this server does not know it.
    func resume(_ id: String, _ start: StreamStart, on loop: EventLoopHandle) -> Bool {
        state.withLock { state in
            guard state.live[id] != nil else { return false }
            state.live[id]?.isTransferring = false
            state.live[id]?.start = start
            state.live[id]?.loop = loop
            return true
        }
    }

    /// Counts what a socket did. For one that became a call, moves its record to the ended ones.
    func end(_ id: String, _ termination: Termination, _ counters: CallCounters, at unixTime: Double) {
        state.withLock { state in
            state.totals.counters.add(counters)
            guard var record = state.live.removeValue(forKey: id) else { return }
            record.endedAt = unixTime
            record.termination = termination
            record.isTransferring = false
            record.counters.add(counters)
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
