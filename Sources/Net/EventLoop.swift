import CLibWebSockets
import Call
import Glibc

/// One thread's libwebsockets context on libuv. It lives on its thread and never leaves it: not Sendable.
///
/// Everything here and in what it hands out ("loop-confined") is called on that thread only; other threads hold ``handle``.
public final class EventLoop {
    /// Most connections of a loop. Two loops of 30,000 stay under ``EventLoopGroup/descriptorLimit`` with room for files.
    public static let connectionLimit = 30_000
    /// Most bytes that one read takes. Units: bytes. Also bounds the head of a client's request.
    static let readSize = 16_384
    /// How long the context outlives its last connection while stopping, so that what was written leaves first.
    static let farewell = Duration.milliseconds(20)

    public let handle: EventLoopHandle
    /// What the program does here.
    public private(set) var service: any LoopService
    /// The loop's send buffer: build a message in it and give it to ``WebSocket/send(_:)``.
    public var buffer = MessageBuffer(capacity: 65_536)
    /// The HTTP client of this loop.
    public private(set) lazy var rest = RESTClient(self)
    /// Whether a stop has begun: no new connection comes or goes.
    public private(set) var isStopping = false

    var sessions = SessionTable()
    /// HTTP connections whose request is not whole yet.
    var readingRequests = 0
    /// Their handles, oldest first; some may be over.
    private var readingOrder: [UInt] = []
    /// WebSocket clients and REST exchanges that libwebsockets may not know yet.
    var dialling: [ObjectIdentifier: any ClientSession] = [:]
    /// The handle of the WebSocket that is being handed to libwebsockets in this very call.
    var adopting: UInt = 0
    /// Bytes of one read, after ``MessageBuffer/headroom`` free ones.
    let scratch: UnsafeMutableRawPointer
    let context: OpaquePointer
    let vhost: OpaquePointer
    let resolver: Resolver
    private let memory: ContextMemory
    private var wakeTimer: LoopTimer?
    private var stopTimer: LoopTimer?
    private var pending: [UInt: (Result<[String], NetError>) -> Void] = [:]
    private var pendingKey: UInt = 0
    private var soon: [() -> Void] = []
    private var destroyed = false

    /// Monotonic time (`CLOCK_MONOTONIC`); the origin is the system's start.
    public var now: Moment { Self.clock() }

    static func clock() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    init(
        handle: EventLoopHandle, trust: TLSTrust, resolver: Resolver, listener: Int32?, identity: TLSIdentity?,
        hearsSignals: Bool, makeService: (EventLoop) -> any LoopService
    ) throws(NetError) {
        self.handle = handle
        self.resolver = resolver
        memory = ContextMemory(trust)
        (context, vhost) = try memory.makeContext(hearsSignals: hearsSignals)
        scratch = .allocate(byteCount: MessageBuffer.headroom + Self.readSize, alignment: 16)
        service = NoService()
        memory.link(self)
        if let listener {
            let session = Listener(self, listener, identity)
            guard session.adopt() else { throw .system("libwebsockets did not take the listening socket") }
        }
        service = makeService(self)
        handle.started(context)
    }

    deinit { scratch.deallocate() }

    /// Runs until the loop has been stopped (`lws_service` on libuv returns only then).
    func run() {
        while !destroyed { lws_service(context, 0) }
        memory.freeContext()
        HighDescriptors.gate.signal()
    }

    /// THE timer of the loop: ``LoopService/wake(at:)`` is called at that moment, or at once when it is past (`lws_sul_schedule`).
    /// Setting it again replaces it; `nil` disarms it. Resolution: 1 ms.
    public func setWake(_ moment: Moment?) {
        guard let moment else {
            wakeTimer?.cancel()
            return
        }
        if wakeTimer == nil {
            let timer = LoopTimer(context)
            timer.fired = { [unowned self] in service.wake(at: now) }
            wakeTimer = timer
        }
        wakeTimer?.schedule(after: moment - now)
    }

    // MARK: what callbacks and sessions use

    func drainJobs() {
        for job in handle.take() { job(self) }
        runSoon()
    }

    /// Resolves off the loop and comes back to it. Numeric and cached names are answered in place.
    func resolve(_ host: String, _ done: @escaping (Result<[String], NetError>) -> Void) {
        if let known = resolver.known(host, at: now) { return done(known) }
        pendingKey &+= 1
        let key = pendingKey
        pending[key] = done
        let handle = self.handle
        resolver.resolve(host) { result in
            handle.post { loop in loop.pending.removeValue(forKey: key)?(result) }
        }
    }

    /// Runs a job of this loop in its next turn.
    func later(_ job: @escaping () -> Void) {
        soon.append(job)
        if soon.count == 1 { lws_cancel_service(context) }
    }

    /// Asks for the writable callback of a raw file in the next turn: libwebsockets clears the wish after that callback, so one made
    /// inside it is lost.
    func askWritable(_ wsi: @escaping () -> OpaquePointer?) {
        later { if let wsi = wsi() { lws_callback_on_writable(wsi) } }
    }

    private func runSoon() {
        let jobs = soon
        soon = []
        for job in jobs { job() }
    }

    func startedReading(_ handle: UInt) {
        readingRequests += 1
        if readingOrder.count >= 2 * HTTPConnection.readingLimit { readingOrder.removeAll { !isReading($0) } }
        readingOrder.append(handle)
    }

    private func isReading(_ handle: UInt) -> Bool { (sessions[handle] as? any ReadingSession)?.isReading ?? false }

    /// Makes room for a new connection: who sends a request sends it at once, who holds a place does not.
    func dropOldestReading() {
        let count = readingOrder.firstIndex(where: isReading).map { $0 + 1 } ?? readingOrder.count
        guard count > 0 else { return }
        (sessions[readingOrder[count - 1]] as? any ReadingSession)?.dropUnread()
        readingOrder.removeFirst(count)
    }

    func release(_ handle: UInt) {
        guard let session = sessions.remove(handle) else { return }
        session.released()
        if isStopping { sessionsChanged() }
        // This may run in libuv's close phase, after which libwebsockets does not look at its timers: give it a turn.
        if !destroyed { lws_cancel_service(context) }
    }

    // MARK: stopping

    func beginStop(closing code: UInt16, grace: Duration) {
        guard !isStopping else { return }
        isStopping = true
        wakeTimer?.cancel()
        service.stopping()
        rest.stop()
        for session in dialling.values { session.failed(.stopped) }
        for session in sessions.all {
            if let listener = session as? Listener { listener.close() }
            if let socket = session as? WebSocket { socket.close(code: code, reason: "") }
            if let connection = session as? HTTPConnection { connection.loopStops() }
            if let side = session as? TLSDoor.Side { side.door.loopStops() }
        }
        let timer = LoopTimer(context)
        timer.fired = { [unowned self] in destroy() }
        stopTimer = timer
        timer.schedule(after: grace)
        sessionsChanged()
    }

    private func sessionsChanged() {
        guard sessions.count == 0, !destroyed else { return }
        stopTimer?.schedule(after: Self.farewell)
    }

    private func destroy() {
        guard !destroyed else { return }
        destroyed = true
        runSoon()
        handle.ended()
        // While the context stands: what is left is told, and timers leave its list.
        for handle in sessions.handles { sessions.remove(handle)?.released() }
        for session in dialling.values { session.failed(.stopped) }
        rest.stop()
        pending = [:]
        wakeTimer = nil
        stopTimer?.cancel()
        // Until run() has freed the context.
        HighDescriptors.gate.wait()
        lws_context_destroy(context)
    }
}

/// Stands in while the program's service is being made.
private final class NoService: LoopService {
    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {}
    func upgrade(_ request: IncomingRequest) -> UpgradeDecision { .refuse(.refusal(503, "starting", "the server is starting")) }
    func wake(at now: Moment) {}
    func stopping() {}
}
