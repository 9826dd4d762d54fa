import Call
import Net
import Providers

/// Ends the paid leg of one call with the provider's REST API: one request, and one more after a fault of the moment.
final class HangUp {
    /// A provider that has not answered in ten seconds will not.
    static let timeout = Duration.seconds(10)
    /// Both tries, and a second for the turns of the loop.
    static let longest = Duration.seconds(21)

    private let shared: SharedState
    private let loop: EventLoop
    private let call: String
    private var isSecondTry = false

    init(_ shared: SharedState, _ loop: EventLoop, call: String) {
        self.shared = shared
        self.loop = loop
        self.call = call
    }

    func begin(_ start: StreamStart) {
        guard let dialect = shared.dialect(start.provider),
            let request = dialect.hangUp(
                start, shared.configuration.settings, shared.cryptography, unixTime: Int64(shared.unixTime))
        else {
            shared.logger.log(
                .debug, "no REST hang-up: no credentials, no call id, or the provider has none; closing the socket ends the stream",
                call: call, ["provider": start.provider.text])
            return
        }
        if !isSecondTry { shared.registry.beginHangUp() }
        loop.rest.send(request, timeout: Self.timeout) { result in self.answered(result, dialect, start) }
    }

    private func answered(_ result: Result<HTTPResponse, NetError>, _ dialect: any ProviderDialect, _ start: StreamStart) {
        let failure: String
        switch result {
        case .success(let response):
            switch dialect.outcome(ofHangUp: response) {
            case .ended:
                shared.registry.endHangUp()
                return shared.logger.log(.info, "paid leg ended", call: call, ["provider": start.provider.text])
            case .failed(let reason): return fail(reason, start)
            case .retry: failure = "status \(response.status)"
            }
        case .failure(let error): failure = "\(error)"
        }
        guard !isSecondTry else { return fail("\(failure), twice", start) }
        isSecondTry = true
        begin(start)
    }

    private func fail(_ reason: String, _ start: StreamStart) {
        shared.registry.endHangUp()
        shared.logger.log(
            .error, "the paid leg could not be ended: \(reason); end it in the provider's console", call: call,
            ["provider": start.provider.text, "provider_call_id": start.callID])
    }
}
