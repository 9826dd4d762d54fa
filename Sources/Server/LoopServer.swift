import Call
import Net
import Pipeline

/// The server's part on one loop: its calls, its one timer, its routes. Made on the loop's thread, never leaves it.
final class LoopServer: LoopService {
    let shared: SharedState
    let loop: EventLoop
    /// The one send buffer of the loop.
    var buffer = MessageBuffer()
    private(set) lazy var streams = StreamController(shared, on: self)
    /// `nil` without `--capture`.
    private(set) lazy var captures = shared.captures.map { CaptureDesk($0) { [unowned self] in arm($0) } }
    /// `nil` without `--log-dir`.
    private(set) lazy var callLogs = shared.callLogs.map { CallLogDesk($0) { [unowned self] in arm($0) } }
    /// `nil` without `--record`.
    private(set) lazy var recordings = shared.recordings.map { RecordingDesk($0, loop.handle) { [unowned self] in arm($0) } }
    /// Requests that another loop answers.
    let tickets = Tickets()
    private let routes: Routes
    private var schedule = Schedule()
    private var armed: Moment?
    /// When the first transfer of this loop is looked after.
    private var transferDeadline: Moment?
    private var hosts: [String: CallHost] = [:]

    init(_ shared: SharedState, _ loop: EventLoop) {
        self.shared = shared
        self.loop = loop
        routes = Routes(shared)
    }

    var now: Moment { loop.now }

    // MARK: Calls

    func add(_ host: CallHost) {
        schedule.add(host)
        hosts[host.id] = host
    }

    func host(_ id: String) -> CallHost? { hosts[id] }

    /// The socket turned out to be the stream of a call that has an id already.
    func rename(_ host: CallHost, to id: String) {
        hosts[host.id] = nil
        host.id = id
        hosts[id] = host
    }

    func schedule(_ host: CallHost, at wake: Moment?) {
        schedule.set(host, wake)
        guard let wake else { return }
        // An armed timer that is earlier re-arms itself when it fires.
        if armed.map({ wake < $0 }) ?? true { arm(wake) }
    }

    private func arm(_ wake: Moment) {
        let earliest = max(wake, now + Schedule.grain)
        if let armed, armed <= earliest { return }
        armed = earliest
        loop.setWake(earliest)
    }

    func wake(at now: Moment) {
        armed = nil
        for host in schedule.takeDue(at: now) { host.tell(.tick) }
        captures?.flush(ifDueAt: now)
        callLogs?.flush(ifDueAt: now)
        recordings?.flush(ifDueAt: now)
        if let deadline = transferDeadline, deadline <= now {
            streams.giveUpTransfers(at: now)
            armTransfers()
        }
        if let next = schedule.next { arm(next) }
        if let next = transferDeadline { arm(next) }
        if let next = captures?.deadline { arm(next) }
        if let next = callLogs?.deadline { arm(next) }
        if let next = recordings?.deadline { arm(next) }
    }

    /// A transfer of this loop has a new deadline.
    func armTransfers() {
        transferDeadline = shared.transfers.deadline(on: loop.handle)
        if let transferDeadline { arm(transferDeadline) }
    }

    func finish(_ host: CallHost, _ termination: Termination) {
        schedule.remove(host)
        hosts[host.id] = nil
        streams.ended(host, termination)
    }

    func cancelAll(_ termination: Termination) {
        for host in schedule.all { host.tell(.cancel(termination)) }
    }

    // MARK: LoopService

    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) { routes.answer(request, exchange, on: self) }

    var calls: CallsController { routes.calls }

    func upgrade(_ request: IncomingRequest) -> UpgradeDecision { streams.upgrade(request) }

    func stopping() {
        cancelAll(.shutdown)
        captures?.flush()
        callLogs?.flush()
        recordings?.flush(at: now)
    }
}
