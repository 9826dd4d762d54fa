import Call
import Dialing

/// A dialer on virtual time whose disk syncs at once, unless it is told to wait.
struct DialRun {
    static let twilio = ProviderName("twilio")
    static let epoch = 1_790_000_000.0

    var dialer: Dialer
    private(set) var now: DialTime
    /// The journal as it is on disk.
    private(set) var disk: [UInt8] = []
    private(set) var unsynced: [JournalLine] = []
    var syncs = true
    private(set) var wake: Moment?
    private var ids = 0

    init(_ rules: DialRules = rules(), journal: JournalFold = JournalFold(), at seconds: Double = 0) {
        now = DialTime(Moment(nanoseconds: Int64(seconds * 1e9)), unixTime: Self.epoch + seconds)
        dialer = Dialer(rules, journal: journal, seed: 1, at: now)
    }

    static func rules(_ change: (inout DialRules.Provider) -> Void = { _ in }) -> DialRules {
        var provider = DialRules.Provider(callsPerSecond: 100, concurrency: 100)
        change(&provider)
        return DialRules(providers: [twilio: provider])
    }

    static func request(_ number: Int = 0, _ provider: ProviderName = twilio) -> DialRequest {
        DialRequest(provider: provider, to: PhoneNumber("+1202555\(1_000 + number)"), from: PhoneNumber("+15005550006"))
    }

    /// What comes out until the dialer is idle, without lines and logs.
    mutating func poll() -> [DialOutput] {
        var outputs: [DialOutput] = []
        while true {
            switch dialer.poll(at: now) {
            case .write(let line): unsynced.append(line)
            case .log: break
            case .idle(let wake):
                guard syncs, let last = unsynced.last else {
                    self.wake = wake
                    return outputs
                }
                disk += unsynced.flatMap(\.bytes)
                unsynced = []
                dialer.handle(.synced(through: last.number), at: now)
            case let output: outputs.append(output)
            }
        }
    }

    mutating func handle(_ input: DialInput) -> [DialOutput] {
        dialer.handle(input, at: now)
        return poll()
    }

    /// Somebody sets the wall clock.
    mutating func setClock(by seconds: Double) { now = DialTime(now.moment, unixTime: now.unixTime + seconds) }

    /// Time passes and nobody looks.
    mutating func skip(_ duration: Duration) {
        now = DialTime(now.moment + duration, unixTime: now.unixTime + Double(duration.nanoseconds) / 1e9)
    }

    /// Sleeps as the dialer asks to, and collects what comes out on the way.
    mutating func pass(_ duration: Duration) -> [DialOutput] {
        let end = now.moment + duration
        var outputs = poll()
        while let wake, wake <= end {
            now = DialTime(wake, unixTime: now.unixTime + Double((wake - now.moment).nanoseconds) / 1e9)
            outputs += handle(.tick)
        }
        now = DialTime(end, unixTime: now.unixTime + Double((end - now.moment).nanoseconds) / 1e9)
        return outputs + handle(.tick)
    }

    @discardableResult
    mutating func accept(_ request: DialRequest = request(), key: String? = nil) throws(DialRejection) -> DialAcceptance {
        ids += 1
        return try dialer.accept(request, id: "c\(ids)", key: key, at: now)
    }

    /// A call that the provider took as `CA1`…
    mutating func dialled(_ request: DialRequest = request()) throws(DialRejection) -> String {
        try accept(request)
        let id = "c\(ids)"
        _ = pass(.seconds(2))
        _ = handle(.placed(call: id, .accepted(providerCallID: "CA\(ids)")))
        return id
    }

    mutating func streaming(_ request: DialRequest = request()) throws(DialRejection) -> String {
        let id = try dialled(request)
        _ = handle(.streamBegan(call: id, providerCallID: nil))
        return id
    }

    mutating func callback(
        _ state: DialState?, _ call: String = "c1", machine: MachineVerdict? = nil, id: String = "CA1",
        from provider: ProviderName = Self.twilio
    ) -> [DialOutput] {
        handle(.callback(from: provider, call: call, DialEvent(providerCallID: id, state: state, machine: machine, code: "word")))
    }

    func status(_ call: String = "c1") -> DialStatus? { dialer.call(call)?.status }

    /// The journal as a process finds it that starts now.
    func fold() -> JournalFold {
        var fold = JournalFold()
        fold.read(disk)
        _ = fold.end()
        return fold
    }

    mutating func compact() { disk = fold().compacted(unixTime: now.unixTime).flatMap(\.self) }

    /// The process is killed; another one starts a second later.
    func restarted(_ rules: DialRules = rules()) -> DialRun {
        var run = DialRun(rules, journal: fold(), at: Double(now.moment.nanoseconds) / 1e9 + 1)
        run.disk = disk
        run.ids = ids
        return run
    }
}

extension [DialOutput] {
    var placed: [String] { compactMap { if case .place(let call) = $0 { call.id } else { nil } } }
    var hungUp: [String] { compactMap { if case .hangUp(let call) = $0 { call.id } else { nil } } }
    var lookedUp: [String] { compactMap { if case .lookUp(let call, _, _) = $0 { call.id } else { nil } } }
    var changes: [DialStatus] { compactMap { if case .changed(let call, _) = $0 { call.status } else { nil } } }
    var verdicts: [MachineVerdict] { compactMap { if case .tellBot(_, let verdict) = $0 { verdict } else { nil } } }
    var accepted: [String] { compactMap { if case .accepted(let call) = $0 { call.id } else { nil } } }
}
