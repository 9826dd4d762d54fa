import Call
import Net

/// A program on a loop that connects to others and serves nobody.
protocol DialOnlyService: LoopService {}

extension DialOnlyService {
    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {}
    func upgrade(_ request: IncomingRequest) -> UpgradeDecision {
        .refuse(.refusal(404, "not_found", "this program only makes calls"))
    }
    func stopping() {}
}

/// The one timer of a loop, which rings at the earliest moment that was asked for.
struct EarliestWake {
    /// The loop's timer counts whole milliseconds: asked for less, it fires again and again until the moment has come.
    private static let grain = Duration.milliseconds(1)

    private let loop: EventLoop
    private var moment: Moment?

    init(_ loop: EventLoop) { self.loop = loop }

    mutating func set(_ wanted: Moment) {
        let wake = max(wanted, loop.now + Self.grain)
        if let moment, moment <= wake { return }
        moment = wake
        loop.setWake(wake)
    }

    /// ``LoopService/wake(at:)`` was called: nothing is asked for any more.
    mutating func rang() { moment = nil }
}
