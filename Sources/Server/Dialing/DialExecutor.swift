import Call
import Dialing
import Net
import Providers

/// Carries out what the dialer asks of providers, over REST. Lives on the dial loop.
final class DialExecutor {
    /// How long a provider may take to answer, from the start of the request.
    static let timeout = Duration.seconds(15)
    /// Most requests for one look-up: what finds a call in longer lists than that finds it in the next look-up, or not at all.
    static let mostAsked = 250

    private unowned let dial: DialLoop
    private var clocks: [ProviderName: ProviderClock] = [:]
    private var shared: SharedState { dial.shared }
    private var settings: ProviderSettings { shared.configuration.settings }
    private var unixTime: Int64 { Int64(shared.unixTime) }

    init(_ dial: DialLoop) { self.dial = dial }

    private func send(
        _ request: HTTPRequest, to name: ProviderName, _ completion: @escaping (Result<HTTPResponse, NetError>) -> Void
    ) {
        dial.loop.rest.send(request, timeout: Self.timeout) { [self] result in
            // What was under way when the loop ends is looked up at the next start.
            if case .failure(.stopped) = result { return }
            if case .success(let response) = result { clocks[name, default: ProviderClock()].read(response, unixTime: unixTime) }
            completion(result)
        }
    }

    // MARK: Placing

    func place(_ call: DialedCall) {
        guard let dialect = dial.orders.dialect(call.request.provider), let origin = dial.orders.origin(for: dialect) else {
            return refuse(call, "\(call.request.provider) cannot reach this server any more, or is not known to it; see -x")
        }
        let request: HTTPRequest
        do throws(DialRefusal) {
            request = try dial.orders.request(for: call.request, id: call.id, dialect, origin, unixTime: shared.unixTime).request
        } catch {
            return refuse(call, error.sentence)
        }
        send(request, to: dialect.name) { [dial] result in
            switch result {
            case .success(let response): dial.tell(.placed(call: call.id, dialect.outcome(ofDial: response)))
            case .failure(let error) where error.isSurelyUnsent: dial.tell(.notSent(call: call.id, "\(error)"))
            case .failure(let error): dial.tell(.placed(call: call.id, .unknown("\(error)")))
            }
        }
    }

    private func refuse(_ call: DialedCall, _ sentence: String) {
        dial.tell(.placed(call: call.id, .refused(ProviderRefusal(code: nil, sentence: sentence, kind: .other))))
    }

    // MARK: Looking up

    func lookUp(_ call: DialedCall, since: Int64, others: Set<String>) {
        let name = call.request.provider
        guard let dialect = dial.orders.dialect(name) else {
            return cannotTell(call, "\(name) is not known to this server any more")
        }
        let order = dial.orders.order(for: call, dial.orders.origin(for: dialect))
        let clock = clocks[name] ?? ProviderClock(), since = since - clock.lag
        guard let requests = dialect.reconcile(order, since: since, settings, shared.cryptography, unixTime: unixTime) else {
            return cannotTell(call, "\(name) has no lists of calls, or its credentials are not set any more")
        }
        ask(requests[...], [], call) { [self] answers in
            if let now = clocks[name], now.isSlower(than: clock) {
                return .cannotTell("\(name)'s clock is \(now.lag) s behind this server's; it will be asked again by its own time")
            }
            return dialect.finding(
                in: answers, for: order, since: since, others: others, settings, shared.cryptography, unixTime: unixTime)
        }
    }

    /// Sends requests one after the other, and those that the answers call for.
    private func ask(
        _ requests: ArraySlice<HTTPRequest>, _ answers: [HTTPResponse], _ call: DialedCall,
        _ judge: @escaping ([HTTPResponse]) -> DialFinding
    ) {
        guard let next = requests.first else {
            switch judge(answers) {
            case .ask(let more):
                guard !more.isEmpty, answers.count + more.count <= Self.mostAsked else {
                    return cannotTell(call, "the provider's lists are too long")
                }
                return ask(more[...], answers, call, judge)
            case .found(let id, let state): return dial.tell(.found(call: call.id, .found(providerCallID: id, state: state)))
            case .notFound: return dial.tell(.found(call: call.id, .notFound))
            case .cannotTell(let sentence): return cannotTell(call, sentence)
            }
        }
        send(next, to: call.request.provider) { [self] result in
            switch result {
            case .success(let answer): ask(requests.dropFirst(), answers + [answer], call, judge)
            case .failure(let error): cannotTell(call, "the provider's lists could not be read: \(error)")
            }
        }
    }

    private func cannotTell(_ call: DialedCall, _ sentence: String) {
        dial.tell(.found(call: call.id, .cannotTell(sentence)))
    }

    // MARK: Ending

    func hangUp(_ call: DialedCall) {
        guard let id = call.providerCallID, let dialect = dial.orders.dialect(call.request.provider) else {
            return ended(call, failure: "the provider has named no id for the call yet")
        }
        let isAnswered = call.status == .answered || call.status == .streaming
        let requests = dialect.hangUp(dialled: id, isAnswered: isAnswered, settings, shared.cryptography, unixTime: unixTime)
        guard !requests.isEmpty else {
            return ended(call, failure: "\(dialect.name) has no request that ends a call, or its credentials are not set")
        }
        end(call, requests[...], dialect)
    }

    /// Sends requests one after the other; the last answer counts. The dialer tries again what failed.
    private func end(_ call: DialedCall, _ requests: ArraySlice<HTTPRequest>, _ dialect: any DiallingDialect) {
        guard let next = requests.first else { return }
        let rest = requests.dropFirst()
        send(next, to: dialect.name) { [self] result in
            guard rest.isEmpty else { return end(call, rest, dialect) }
            switch result {
            case .success(let response):
                switch dialect.outcome(ofHangUp: response) {
                case .ended: ended(call, failure: nil)
                case .failed(let reason): ended(call, failure: reason)
                case .retry: ended(call, failure: "\(dialect.name) answered \(response.status)")
                }
            case .failure(let error): ended(call, failure: "\(error)")
            }
        }
    }

    /// A call that the provider does not end ends here: without its stream nobody hears anything any more.
    private func ended(_ call: DialedCall, failure: String?) {
        if failure != nil { shared.endStream(of: call.id) }
        dial.tell(.hungUp(call: call.id, failure: failure))
    }
}
