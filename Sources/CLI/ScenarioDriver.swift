import Call
import Dispatch
import Foundation
import Net
import Simulation
import SpeexAudio
import Synchronization

/// Plays the calls of one scenario over sockets: dials, carries messages, wakes the callers.
final class ScenarioDriver: DialOnlyService {
    /// One call that is to be placed.
    struct Order: Sendable {
        let provider: PlayedProvider
        let call: ScenarioCall
        let identity: CallIdentity
        let opening: CallOpeningPlan
    }

    private let orders: [Order]
    private let results: ScenarioResults
    private let loop: EventLoop
    private let startedAt: Moment
    private var calls: [ScenarioSocketCall?]
    private var timer: EarliestWake

    init(_ orders: [Order], _ results: ScenarioResults, _ loop: EventLoop) {
        self.orders = orders
        self.results = results
        self.loop = loop
        timer = EarliestWake(loop)
        startedAt = loop.now
        calls = Array(repeating: nil, count: orders.count)
        timer.set(startedAt)
    }

    /// Plays a scenario with all providers at once, and waits for the ends.
    ///
    /// - Parameter isStopped: set on Ctrl-C: the calls that were up are not judged, and no other scenario is to be played.
    static func rehearse(
        _ scenario: Scenario, _ providers: [PlayedProvider], _ plan: ScenarioPlan, _ progress: ScenarioProgress,
        isStopped: inout Bool
    ) -> [(PlayedProvider, Rehearsal.Outcome)] {
        let seed = UInt64.random(in: .min ... .max)
        var orders: [Order] = []
        for provider in providers {
            for call in scenario.calls {
                var identity = CallIdentity.numbered(orders.count, seed: seed, for: provider).withAnswerParameters(for: provider)
                identity.epochMilliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
                guard let opening = plan.opening(of: call, provider) else { continue }
                orders.append(Order(provider: provider, call: call, identity: identity, opening: opening))
            }
        }
        let results = ScenarioResults(count: orders.count)
        let placed = orders
        do throws(NetError) {
            let group = try EventLoopGroup.start(
                host: nil, options: LoopOptions(extraCAFile: plan.trustedFile, onSignal: { _ in results.stop() })
            ) { ScenarioDriver(placed, results, $0) }
            results.wait { progress.isAt($0, "over \(orders.count) connections") }
            group.stop(grace: .milliseconds(500))
            group.wait()
        } catch {
            return providers.map { ($0, .failed("\(error)")) }
        }
        let ends = results.ends
        isStopped = results.isStopped
        return providers.map { provider in
            var verdicts: [CallVerdict] = []
            for (order, end) in zip(orders, ends) where order.provider == provider {
                switch end {
                case .success(let verdict): verdicts.append(verdict)
                case .failure(let failure): return (provider, .failed(failure.description))
                case nil: return (provider, .failed("stopped before the call was over"))
                }
            }
            return (provider, .judged(verdicts))
        }
    }

    func wake(at now: Moment) {
        timer.rang()
        var next: Moment?
        for index in orders.indices {
            if calls[index] == nil, startedAt + orders[index].call.startsAt <= now { dial(index) }
            if let call = calls[index], let wake = call.wake, wake <= now { call.drive(at: now) }
            guard let wake = calls[index].map(\.wake) ?? startedAt + orders[index].call.startsAt else { continue }
            next = next.map { min($0, wake) } ?? wake
        }
        timer.set(next ?? now + .milliseconds(100))
    }

    private func dial(_ index: Int) {
        let order = orders[index]
        let call = ScenarioSocketCall(order, index, loop, results) { [unowned self] in timer.set($0) }
        calls[index] = call
        call.dial()
    }
}

/// One rehearsed call and its socket.
final class ScenarioSocketCall: WebSocketHandler {
    private let order: ScenarioDriver.Order
    private let index: Int
    private let loop: EventLoop
    private let results: ScenarioResults
    private let schedule: (Moment) -> Void
    private var line: RehearsedCall?
    private let opening: CallOpening
    private var open: OpenedCall?
    private var socket: WebSocket?
    private var isReported = false
    private var isReading = true
    private(set) var wake: Moment?

    init(
        _ order: ScenarioDriver.Order, _ index: Int, _ loop: EventLoop, _ results: ScenarioResults,
        schedule: @escaping (Moment) -> Void
    ) {
        self.order = order
        self.index = index
        self.loop = loop
        self.results = results
        self.schedule = schedule
        opening = CallOpening(order.opening, SimulationOptions(for: order.provider), loop)
    }

    func dial() {
        opening.open(order.identity) { [self] result in
            switch result {
            case .failure(let error): report(.failure(RehearsalFailure("\(error)")))
            case .success(let open):
                self.open = open
                loop.connect(open.request, handler: self)
            }
        }
    }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        guard let open else { return socket.close(code: 1000) }
        open.connected()
        let now = loop.now
        do {
            var line = try RehearsedCall(
                order.call, order.provider, open.identity, opened: open.options, resamplers: SpeexResamplerFactory())
            line.start(at: now)
            self.line = line
        } catch {
            socket.close(code: 1000)
            return report(.failure(RehearsalFailure("\(error)")))
        }
        drive(at: now)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) {
        let now = loop.now
        line?.receive(message, kind, at: now)
        drive(at: now)
    }

    func closed(code: UInt16?, _ cause: CloseCause) {
        socket = nil
        if case .failed(let error) = cause {
            return report(.failure(RehearsalFailure(open?.refused(error) ?? "\(error)")))
        }
        let now = loop.now
        line?.connectionClosed(at: now)
        drive(at: now)
    }

    func drive(at now: Moment) {
        wake = nil
        if let reads = line?.reads(at: now), reads != isReading {
            isReading = reads
            socket?.setReading(reads)
        }
        while let output = line?.poll(at: now, into: &loop.buffer) {
            switch output {
            case .send: socket?.send(&loop.buffer)
            case .close: socket?.close(code: 1000)
            case .cut: socket?.abort()
            case .idle(let wake):
                if let wake {
                    self.wake = wake
                    schedule(wake)
                }
                if line?.isClosed == true, let verdict = line?.verdict {
                    line = nil
                    self.wake = nil
                    report(.success(verdict))
                }
                return
            }
        }
    }

    private func report(_ end: Result<CallVerdict, RehearsalFailure>) {
        guard !isReported else { return }
        isReported = true
        wake = nil
        let ending: CallEnding? = if case .success(let verdict) = end { verdict.ending } else { nil }
        guard let open else { return results.add(end, at: index) }
        open.ended(ending) { [results, index] in results.add(end, at: index) }
    }
}

/// What became of the calls, for the thread that waits.
final class ScenarioResults: Sendable {
    private struct State {
        var ends: [Result<CallVerdict, RehearsalFailure>?]
        var isStopped = false
    }

    private let state: Mutex<State>
    private let changed = DispatchSemaphore(value: 0)

    init(count: Int) { state = Mutex(State(ends: Array(repeating: nil, count: count))) }

    var ends: [Result<CallVerdict, RehearsalFailure>?] { state.withLock(\.ends) }

    var isStopped: Bool { state.withLock(\.isStopped) }

    /// What ends after ``stop()`` ended because of it, and is not judged.
    func add(_ end: Result<CallVerdict, RehearsalFailure>, at index: Int) {
        state.withLock { if !$0.isStopped { $0.ends[index] = end } }
        changed.signal()
    }

    /// Ctrl-C: the calls that are up are given up.
    func stop() {
        state.withLock { $0.isStopped = true }
        changed.signal()
    }

    /// Returns when all calls are over.
    ///
    /// - Parameter progress: told once a second how long it has been.
    func wait(_ progress: (Duration) -> Void) {
        let start = DispatchTime.now()
        while !state.withLock({ $0.isStopped || !$0.ends.contains { $0 == nil } }) {
            _ = changed.wait(timeout: .now() + .seconds(1))
            progress(.nanoseconds(Int64(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds)))
        }
    }
}
