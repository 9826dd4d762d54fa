import Audio
import Call
import Net
import Simulation

/// Drives simulated calls on one loop: dials, paces the callers, carries messages.
final class CallDriver: DialOnlyService {
    private let plan: SimulationPlan
    private let results: SimulationResults
    private let loop: EventLoop
    private let opening: CallOpening
    private var calls: [SimulatedCall] = []
    private var queue = WakeQueue()
    private let schedule: RunSchedule
    /// The calls that are over.
    private var load = LoadReport()
    private var single: CallReport?
    /// How late packets left, those of the schedule's window when there is one.
    private var lateness = LatencyHistogram()
    /// The same since progress was told last.
    private var latenessNow = LatencyHistogram()
    private var over = 0
    private var isFinished = false
    private var told: Moment
    private var timer: EarliestWake

    init(_ plan: SimulationPlan, _ results: SimulationResults, _ loop: EventLoop) {
        self.plan = plan
        self.results = results
        self.loop = loop
        timer = EarliestWake(loop)
        opening = CallOpening(plan.opening, plan.options, loop)
        told = loop.now
        schedule = results.schedule(plan, from: loop.now)
        timer.set(schedule.start)
    }

    /// The calls of a run are dealt to its loops in turn: this is the number of the loop's next one.
    private var nextNumber: Int { loop.handle.index + calls.count * plan.loops }

    /// When the loop's next call is to be dialled; `nil` when there is none.
    private var nextDial: Moment? {
        guard nextNumber < plan.calls, !results.isStopped else { return nil }
        return schedule.start + .nanoseconds(Int64(Double(nextNumber) / plan.rate * 1e9))
    }

    func wake(at now: Moment) {
        timer.rang()
        while let due = nextDial, due <= now { dial() }
        var turn = 0
        while turn < Self.mostInATurn, let due = queue.popDue(at: loop.now) {
            turn += 1
            let call = calls[due.call]
            guard call.queued == due.at else { continue }
            call.queued = nil
            let now = loop.now
            if let wake = call.wake, wake <= now {
                call.drive(at: now)
            } else if let wake = call.wake {
                enqueue(call, due.call, wake)
            }
        }
        if results.isStopped { for call in calls { call.hangUp(at: now) } }
        tell(at: now)
        finishIfOver()
        timer.set([nextDial, queue.first].compactMap(\.self).min().map { min($0, now + Self.idle) } ?? now + Self.idle)
    }

    /// Calls that are driven before what has arrived is read: one that is late with its packets shall not stop reading altogether, and take
    /// its own full sockets for a slow server.
    private static let mostInATurn = 64
    /// Ctrl-C is looked for this often.
    private static let idle = Duration.milliseconds(100)
    private static let progressPeriod = Duration.milliseconds(500)

    private func dial() {
        let number = nextNumber
        let index = calls.count
        let call = SimulatedCall(number: number, plan, schedule, loop) { [unowned self] call, event in
            took(event, of: call, index)
        }
        calls.append(call)
        call.dial(through: opening)
    }

    private func took(_ event: SimulatedCall.Event, of call: SimulatedCall, _ index: Int) {
        switch event {
        case .wants(let wake): enqueue(call, index, wake)
        case .sent(let late):
            latenessNow.record(late)
            if !plan.isMeasured || schedule.window.contains(loop.now) { lateness.record(late) }
        case .ended(let report, let heard):
            over += 1
            load.add(report)
            if plan.calls == 1 { single = report }
            if let heard { results.add(heard: heard) }
        case .failed(let reason):
            over += 1
            load.addFailure(reason)
        }
    }

    private func enqueue(_ call: SimulatedCall, _ index: Int, _ wake: Moment) {
        if let queued = call.queued, queued <= wake { return }
        call.queued = wake
        queue.push(index, at: wake)
        timer.set(wake)
    }

    private func tell(at now: Moment) {
        guard now - told >= Self.progressPeriod else { return }
        told = now
        let failed = load.failures.values.reduce(0, +)
        results.tell(
            LoopProgress(dialled: calls.count, up: calls.count - over, failed: failed, lateness: latenessNow.percentile(99)),
            of: loop.handle.index)
        latenessNow = LatencyHistogram()
    }

    private func finishIfOver() {
        guard !isFinished, over == calls.count, nextNumber >= plan.calls || results.isStopped else { return }
        isFinished = true
        load.lateness = lateness
        results.add(load, single: single, of: plan)
    }
}
