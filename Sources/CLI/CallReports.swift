import Call
import Net
import Simulation

/// What the provider of one call reports over HTTP: how the call goes, how its stream goes, what follows. Loop-confined.
final class CallReports {
    /// How long a provider waits for the answer to a report. Twilio, Plivo: 15 s; the others document nothing longer.
    private static let time = Duration.seconds(15)

    let identity: CallIdentity
    let desk: ProviderDesk
    /// The stream that the answer document asked for, once it is read.
    var order: StreamOrder?

    private let plan: CallOpeningPlan
    private unowned let loop: EventLoop
    private var sequence = 0
    private var answeredAt: Moment?
    private var underWay = 0
    private var isStarted = false
    private var whenDone: (() -> Void)?

    init(_ plan: CallOpeningPlan, _ identity: CallIdentity, _ loop: EventLoop) {
        self.plan = plan
        self.identity = identity
        self.loop = loop
        desk = plan.desk
    }

    func call(_ stage: CallStage) {
        if stage == .answered { answeredAt = loop.now }
        let duration = answeredAt.map { loop.now - $0 } ?? .zero
        guard let status = plan.status else { return }
        send(.call(stage, duration: duration, sequence: sequence), to: status, .post, "call \(stage.rawValue)")
        sequence += 1
    }

    func stream(_ stage: StreamStage) {
        guard let order else { return }
        if stage == .started { isStarted = true }
        guard let callback = order.statusCallback, let address = WebAddress(callback.url) else { return }
        let name =
            switch stage {
            case .started: "stream started"
            case .stopped: "stream stopped"
            case .failed: "stream failed"
            }
        send(.stream(stage, order), to: address, callback.method, name)
    }

    /// The stream is over.
    func over(_ ending: CallEnding) {
        guard let order, isStarted else { return }
        stream(.stopped)
        // Who hung up hears nothing more; when the server ended the stream, the document goes on.
        guard ending == .serverClosed else { return }
        plan.log.add(.then, order.afterwards)
        if let action = order.action, let address = WebAddress(action.url) {
            send(.action(order), to: address, action.method, "action of <Connect>")
        }
    }

    /// - Parameter done: called when no report is under way any more.
    func end(_ done: @escaping () -> Void) {
        whenDone = done
        finish()
    }

    private func send(_ notice: WebhookNotice, to address: WebAddress, _ method: HTTPRequest.Method, _ name: String) {
        guard
            let request = desk.request(
                notice, of: identity, to: address, method, unixMilliseconds: CallOpening.unixMilliseconds)
        else { return }
        underWay += 1
        loop.rest.send(request, timeout: Self.time, detour: plan.detour(of: address)) { [self] result in
            switch result {
            case .success(let response):
                // Without the path, which may hold a token.
                let isGood = (200...299).contains(response.status)
                plan.log.add(
                    isGood ? .callback : .warning, "\(name): \(address.authority) answered with \(response.status)")
            case .failure(let error): plan.log.add(.warning, "\(name): \(error)")
            }
            underWay -= 1
            finish()
        }
    }

    private func finish() {
        guard underWay == 0, let whenDone else { return }
        self.whenDone = nil
        whenDone()
    }
}
