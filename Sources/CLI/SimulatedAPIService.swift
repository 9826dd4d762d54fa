import Call
import Foundation
import LibCrypto
import Net
import Simulation

/// Gives a simulated API its sockets: listens, posts callbacks, fetches answer documents, opens streams. One loop, no other.
final class SimulatedAPIService: LoopService {
    /// How long a provider waits for the answer to a callback.
    private static let callbackTime = Duration.seconds(15)
    /// Streams that are driven before what has arrived is read.
    private static let mostInATurn = 64
    /// The loop's timer counts whole milliseconds.
    private static let grain = Duration.milliseconds(1)

    private let result: SimulatedAPIResult
    private let loop: EventLoop
    private var api: SimulatedAPI
    /// Requests that never get an answer, kept so that their connections stay.
    private var silent: [HTTPExchange] = []
    /// Most of them; past it the oldest is let go, which its client has long done.
    private static let mostSilent = 1_024
    private var streams: [Int: SimulatedAPIStream] = [:]
    private var queue = WakeQueue()
    private var due: Moment?
    private var armed: Moment?

    init(_ plan: SimulatedAPIPlan, _ result: SimulatedAPIResult, _ loop: EventLoop) {
        self.result = result
        self.loop = loop
        let epoch = Int64(Date().timeIntervalSince1970 * 1_000) - (loop.now - .zero).milliseconds
        api = SimulatedAPI(plan.options, plan.credentials, plan.secrets, OpenSSLCryptography(), epoch: epoch)
    }

    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {
        if request.method == "GET", request.path == "/ledger" {
            return exchange.answer(
                HTTPAnswer(status: 200, headers: [("content-type", "application/json")], body: api.ledger.json))
        }
        let asked = APIRequest(
            method: request.method, target: request.target, headers: request.headers, body: request.body)
        switch api.handle(asked, at: loop.now) {
        case .answer(let response):
            exchange.answer(
                HTTPAnswer(
                    status: response.status, headers: response.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                    body: response.body))
        case .silence:
            if silent.count >= Self.mostSilent { silent.removeFirst().drop() }
            silent.append(exchange)
        case .hangUp: exchange.drop()
        }
        obey()
    }

    func upgrade(_ request: IncomingRequest) -> UpgradeDecision {
        .refuse(.refusal(404, "not_found", "a REST API has no sockets"))
    }

    func wake(at now: Moment) {
        armed = nil
        var turn = 0
        while turn < Self.mostInATurn, let due = queue.popDue(at: loop.now) {
            turn += 1
            guard let stream = streams[due.call], stream.queued == due.at else { continue }
            stream.queued = nil
            stream.drive(at: loop.now)
        }
        obey()
    }

    func stopping() { result.set(api.ledger) }

    // MARK: what the API asks for

    private func obey() {
        while true {
            switch api.poll(at: loop.now) {
            case .post(let request): loop.rest.send(request, timeout: Self.callbackTime) { _ in }
            case .fetch(let request, let call, let time): fetch(request, call, time)
            case .open(let stream): open(stream)
            case .close(let call): streams[call]?.hangUp(at: loop.now)
            case .complaint(let provider, let complaint): result.add(provider, complaint)
            case .idle(let wake):
                due = wake
                return arm()
            }
        }
    }

    private func arm() {
        guard let moment = [due, queue.first].compactMap(\.self).min() else { return }
        let wake = max(moment, loop.now + Self.grain)
        if let armed, armed <= wake { return }
        armed = wake
        loop.setWake(wake)
    }

    private func fetch(_ request: HTTPRequest, _ call: Int, _ time: Duration) {
        loop.rest.send(request, timeout: time, limit: XMLReader.documentLimit) { [unowned self] answer in
            api.fetched(call, answer.mapError { RetrievalFailure($0) }, at: loop.now)
            obey()
        }
    }

    private func open(_ stream: APIStream) {
        let call = SimulatedAPIStream(stream, loop) { [unowned self] stream, event in took(event, of: stream) }
        streams[stream.call] = call
        call.dial()
    }

    private func took(_ event: SimulatedAPIStream.Event, of stream: SimulatedAPIStream) {
        let call = stream.stream.call
        switch event {
        case .opened: api.streamOpened(call, at: loop.now)
        case .wants(let moment):
            if let queued = stream.queued, queued <= moment { return }
            stream.queued = moment
            queue.push(call, at: moment)
            arm()
        case .complaint(let complaint): result.add(stream.stream.provider, complaint)
        case .ended:
            // A call that came back from a transfer has a newer one.
            guard streams[call] === stream else { return }
            streams[call] = nil
            api.streamEnded(call, at: loop.now)
            // Not inside the API's own polling.
            due = loop.now
            arm()
        }
    }
}
