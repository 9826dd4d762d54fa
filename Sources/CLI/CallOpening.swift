import Audio
import Call
import Foundation
import Net
import Simulation

/// Opens simulated calls as their provider does: fetches the answer document, obeys it, and says where to connect. Loop-confined.
final class CallOpening {
    private let plan: CallOpeningPlan
    private let options: SimulationOptions
    private unowned let loop: EventLoop

    /// - Parameter options: of the calls; formats hold where no document says others.
    init(_ plan: CallOpeningPlan, _ options: SimulationOptions, _ loop: EventLoop) {
        self.plan = plan
        self.options = options
        self.loop = loop
    }

    /// Brings one call to the point at which the provider connects to the media socket.
    ///
    /// - Parameter done: called once, on the loop, maybe before this returns.
    func open(_ identity: CallIdentity, done: @escaping (Result<OpenedCall, OpeningError>) -> Void) {
        guard let answer = plan.answer else {
            var order = StreamOrder(url: plan.url, inbound: options.inbound, outbound: options.outbound)
            order.wantsProviderToken = true
            let headers = plan.signsTypedURL ? plan.desk.upgradeHeaders(order, unixMilliseconds: Self.unixMilliseconds) : []
            return done(
                .success(
                    OpenedCall(
                        WebSocketClientRequest(plan.url, headers: headers, detour: plan.detour), identity, options, reports: nil)))
        }
        let reports = CallReports(plan, identity, loop)
        reports.call(.initiated)
        reports.call(.ringing)
        fetch(.init(url: answer.text, method: plan.method), answer, reports, hop: 1, done)
    }

    /// The wall clock. Units: milliseconds since 1970 UTC.
    static var unixMilliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    private func fetch(
        _ target: StreamOrder.Callback, _ address: WebAddress, _ reports: CallReports, hop: Int,
        _ done: @escaping (Result<OpenedCall, OpeningError>) -> Void
    ) {
        let desk = plan.desk
        func fail(_ complaint: Complaint) {
            reports.call(.completed)
            reports.end { done(.failure(OpeningError(description: "the answer document: \(complaint)"))) }
        }
        guard hop <= ProviderDesk.documentLimit else {
            return fail(Complaint("more than \(ProviderDesk.documentLimit) documents point to one another"))
        }
        guard
            let request = desk.request(
                .answer, of: reports.identity, to: address, target.method, unixMilliseconds: Self.unixMilliseconds)
        else { return fail(Complaint("the provider fetches none")) }
        let name = "\(target.method.rawValue) \(address.scheme)://\(address.authority)\(address.path)"
        loop.rest.send(request, timeout: desk.answerTime, limit: XMLReader.documentLimit, detour: plan.detour(of: address)) {
            [self] result in
            switch result {
            case .failure(let error):
                let failure = desk.complaint(RetrievalFailure(error))
                fail(Complaint(code: failure.code, title: failure.title, "\(name): \(error.withHint)"))
            case .success(let response):
                do throws(Complaint) {
                    let read = try desk.read(response, from: address, leg: options.inbound)
                    plan.log.add(.answer, "\(name), \(request.isSigned ? "signed" : "unsigned"), answered with \(response.status)")
                    for complaint in read.complaints { plan.log.add(.complaint, "the answer document: \(complaint)") }
                    for note in read.notes { plan.log.add(.note, note) }
                    switch read.step {
                    case .fetch(let next):
                        guard let address = WebAddress(next.url) else { return fail(Complaint("a document points nowhere")) }
                        fetch(next, address, reports, hop: hop + 1, done)
                    case .stream(let order): done(.success(opened(order, reports)))
                    }
                } catch {
                    fail(Complaint(code: error.code, title: error.title, "\(name): \(error.words)"))
                }
            }
        }
    }

    private func opened(_ order: StreamOrder, _ reports: CallReports) -> OpenedCall {
        var identity = reports.identity
        identity.parameters = order.parameters
        identity.epochMilliseconds = Self.unixMilliseconds
        var options = options
        options.inbound = order.inbound
        options.outbound = order.outbound
        options.unheard = order.unheard
        let headers = plan.desk.upgradeHeaders(order, unixMilliseconds: identity.epochMilliseconds)
        let names = order.parameters.keys.sorted().joined(separator: ", ")
        let address = WebAddress(order.url)
        // Without the path: it may be a token.
        plan.log.add(
            .stream,
            "\(address.map { "\($0.scheme)://\($0.authority)" } ?? ""), upgrade \(headers.isEmpty ? "unsigned" : "signed"), "
                + "\(order.inbound) in, \(order.outbound) out" + (names.isEmpty ? "" : ", parameters \(names)"))
        reports.order = order
        reports.call(.answered)
        let request = WebSocketClientRequest(
            order.url, headers: headers, detour: address.flatMap { plan.detour(of: $0, isStream: true) })
        return OpenedCall(request, identity, options, reports: reports)
    }
}

/// Why a call did not come to its socket, in the provider's words.
struct OpeningError: Error, CustomStringConvertible {
    let description: String
}

/// A call that may connect now. Its owner says what becomes of it.
final class OpenedCall {
    let request: WebSocketClientRequest
    /// With the parameters of the document.
    let identity: CallIdentity
    /// With the formats of the document.
    let options: SimulationOptions
    /// `nil` when nothing is to be told over HTTP.
    private let reports: CallReports?

    init(_ request: WebSocketClientRequest, _ identity: CallIdentity, _ options: SimulationOptions, reports: CallReports?) {
        self.request = request
        self.identity = identity
        self.options = options
        self.reports = reports
    }

    /// The socket stands.
    func connected() { reports?.stream(.started) }

    /// There is no socket.
    ///
    /// - Returns: why, in the provider's words.
    func refused(_ error: NetError) -> String {
        guard let reports else { return error.withHint }
        let complaint = reports.desk.streamComplaint(RetrievalFailure(error))
        reports.stream(.failed(complaint.title ?? complaint.words))
        return "the stream: \(Complaint(code: complaint.code, title: complaint.title, error.withHint))"
    }

    /// The call is over.
    ///
    /// - Parameters:
    ///   - ending: `nil` when the socket never stood.
    ///   - done: called when all that the provider reports has been answered, maybe before this returns.
    func ended(_ ending: CallEnding?, done: @escaping () -> Void) {
        guard let reports else { return done() }
        if let ending { reports.over(ending) }
        reports.call(.completed)
        reports.end(done)
    }
}

extension CallOpeningPlan {
    /// Where to connect for an address: the detour for the host of `--answer` and for that of the stream, else what the address names.
    func detour(of address: WebAddress, isStream: Bool = false) -> Detour? {
        isStream || address.authority == answer?.authority ? detour : nil
    }
}

extension RetrievalFailure {
    init(_ error: NetError) {
        switch error {
        case .resolve: self = .badHost("\(error)")
        case .connect: self = .noConnection("\(error)")
        case .tls: self = .tls("\(error)")
        case .timeout: self = .timeout
        case .tooLarge: self = .tooLarge
        case .refused(_, let status): self = .status(status, words: "")
        case .url, .closed, .overloaded, .stopped, .bind, .system: self = .other("\(error)")
        }
    }
}

extension NetError {
    /// With a question, where nothing listens.
    fileprivate var withHint: String { if case .connect = self { "\(self); is a server running there?" } else { "\(self)" } }
}

extension HTTPRequest {
    /// Whether it carries a provider's signature.
    fileprivate var isSigned: Bool {
        headers.contains {
            $0.name.lowercased().contains("signature") || ($0.name == "Authorization" && $0.value.exposed.hasPrefix("Bearer"))
        }
    }
}
