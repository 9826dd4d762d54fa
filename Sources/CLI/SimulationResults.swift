import Audio
import Call
import Dispatch
import Simulation
import Synchronization

/// When a run of simulated calls does what.
struct RunSchedule: Sendable {
    /// Calls take this long after the last one was dialled until all of them stand and talk evenly, or a fifth of a short run.
    private static let settling = Duration.seconds(1)

    let start: Moment
    /// The last call is dialled.
    let rampEnd: Moment
    /// The callers fall silent.
    let end: Moment
    /// All calls stand, and are measured.
    let window: Range<Moment>

    init(_ plan: SimulationPlan, from start: Moment) {
        self.start = start
        rampEnd = start + .nanoseconds(Int64(Double(plan.calls - 1) / plan.rate * 1e9))
        end = rampEnd + plan.duration
        window = rampEnd + min(Self.settling, plan.duration / 5)..<end
    }
}

/// What the calls of one loop are doing.
struct LoopProgress: Sendable {
    var dialled = 0
    var up = 0
    var failed = 0
    /// How late packets leave, p99.
    var lateness: Duration?
}

/// What became of the calls, for the thread that waits.
final class SimulationResults: Sendable {
    struct Outcome: Sendable {
        var load = LoadReport()
        /// The report of a run of one call.
        var single: CallReport?
        var heard: PCM16?
        var schedule: RunSchedule?
        var progress: [Int: LoopProgress] = [:]
        var loopsDone = 0
        var isStopped = false
    }

    private let state = Mutex(Outcome())
    private let finished = DispatchSemaphore(value: 0)

    var outcome: Outcome { state.withLock(\.self) }
    var isStopped: Bool { state.withLock(\.isStopped) }

    /// The schedule of all loops; the first one that asks says when it begins.
    func schedule(_ plan: SimulationPlan, from now: Moment) -> RunSchedule {
        state.withLock { outcome in
            let schedule = outcome.schedule ?? RunSchedule(plan, from: now)
            outcome.schedule = schedule
            return schedule
        }
    }

    func tell(_ progress: LoopProgress, of loop: Int) { state.withLock { $0.progress[loop] = progress } }

    func add(heard: PCM16) { state.withLock { $0.heard = heard } }

    /// The calls of one loop are over.
    func add(_ load: LoadReport, single: CallReport?, of plan: SimulationPlan) {
        let isLast = state.withLock { outcome in
            outcome.load.add(load)
            if let single { outcome.single = single }
            outcome.loopsDone += 1
            return outcome.loopsDone == plan.loops
        }
        if isLast { finished.signal() }
    }

    /// Ctrl-C: the callers hang up. The second one does not wait for them.
    func stop() {
        let isSecond = state.withLock { outcome in
            defer { outcome.isStopped = true }
            return outcome.isStopped
        }
        if isSecond { finished.signal() }
    }

    /// - Returns: `false` when the calls were not over by then.
    func wait(until deadline: Moment) -> Bool {
        finished.wait(timeout: DispatchTime(uptimeNanoseconds: UInt64(max(0, deadline.nanoseconds)))) == .success
    }
}
