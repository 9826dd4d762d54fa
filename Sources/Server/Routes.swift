import Call
import Net
import Pipeline
import Wire

/// Which controller answers which path. Errors are JSON whatever the route.
final class Routes {
    private let shared: SharedState
    private let answers: AnswerController
    let calls: CallsController
    private let dial: DialController
    let recordings: RecordingController
    private let transfers: TransferController

    init(_ shared: SharedState) {
        self.shared = shared
        answers = AnswerController(shared)
        calls = CallsController(shared)
        transfers = TransferController(shared)
        dial = DialController(shared, transfers)
        recordings = RecordingController(shared)
    }

    func answer(_ request: IncomingRequest, _ exchange: HTTPExchange, on loop: LoopServer) {
        do throws(HTTPRefusal) {
            try route(request, exchange, on: loop)
        } catch {
            let level: LogLevel = error.answer.status == 404 ? .debug : .warning
            shared.logger.log(
                level, "request refused",
                ["status": "\(error.answer.status)", "reason": error.answer.message, "peer": request.peer])
            exchange.answer(error.answer)
        }
    }

    private func route(_ request: IncomingRequest, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        var parts = Target(request.target).path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.last == "" { parts.removeLast() }
        switch (parts.first, parts.count) {
        case (nil, _):
            guard let transport = shared.configuration.transport else {
                throw Self.notFound("start the server with -t PROVIDER to answer webhooks at /, or use /answer/{provider}")
            }
            try Self.allow(["POST"], request)
            exchange.answer(try answers.answer(transport, request, .pipecat))
        case ("answer", 2):
            let name = ProviderName(String(parts.last ?? ""))
            guard shared.dialect(name) != nil else { throw Self.unknownProvider(shared) }
            try Self.allow(["GET", "POST"], request)
            exchange.answer(try answers.answer(name, request, .native))
        case ("answer", 3):
            try Self.allow(["GET", "POST"], request)
            exchange.answer(try answers.answer(dialled: String(parts.last ?? ""), try provider(parts), request))
        case ("answer", 4) where parts.dropFirst(2).first == "transfer":
            try Self.allow(["GET", "POST"], request)
            exchange.answer(try transfers.document(String(parts.last ?? ""), try provider(parts), request, at: loop.now))
        case ("answer", 5) where parts.dropFirst(2).first == "transfer" && parts.last == "done":
            try Self.allow(["GET", "POST"], request)
            try transfers.done(String(parts.dropFirst(3).first ?? ""), try provider(parts), request, exchange, on: loop)
        case ("status", 2...3):
            let name = try provider(parts)
            try Self.allow(["POST"], request)
            exchange.answer(try dial.status(name, call: parts.count == 3 ? parts.last.map(String.init) : nil, request))
        case _ where ["start", "dialout", "bots/start"].contains(parts.joined(separator: "/")):
            try control(request)
            try Self.allow(["POST"], request)
            try dial.start(request, exchange, on: loop)
        case ("dialing", 1):
            try control(request)
            try Self.allow(["GET"], request)
            try dial.dialing(nil, exchange, on: loop)
        case ("dialing", 2) where parts.last == "pause" || parts.last == "resume":
            try control(request)
            try Self.allow(["POST"], request)
            try dial.dialing(parts.last.map(String.init), exchange, on: loop)
        case ("calls", 1...2):
            try control(request)
            try Self.allow(parts.count == 1 ? ["GET"] : ["GET", "DELETE"], request)
            try calls.answer(request, call: parts.count == 2 ? parts.last.map(String.init) : nil, exchange, on: loop)
        case ("calls", 3) where parts.last == "recording":
            try control(request)
            try Self.allow(["POST"], request)
            try recordings.order(request, call: String(parts.dropFirst().first ?? ""), exchange, on: loop)
        case ("recordings", 1...3): try route(recordings: parts.dropFirst().map(String.init), request, exchange, on: loop)
        case ("healthz", 1):
            try Self.allow(["GET", "HEAD"], request)
            exchange.answer(.json(200, Health.report(shared)))
        case ("ws", _):
            throw HTTPRefusal(.refusal(426, "upgrade_required", "this route speaks WebSocket; connect with ws:// or wss://"))
        default:
            throw Self.notFound(
                "there is no such route; see /healthz, /calls, /recordings, /start, /answer/{provider} and the WebSocket at /ws")
        }
    }

    /// - Parameter parts: of the path, behind `recordings`.
    private func route(
        recordings parts: [String], _ request: IncomingRequest, _ exchange: HTTPExchange, on loop: LoopServer
    ) throws(HTTPRefusal) {
        // A signed link stands for the right to the control routes.
        if parts.count < 2 || parts.last != "download" { try control(request) }
        switch (parts.first, parts.dropFirst().first) {
        case (nil, _):
            try Self.allow(["GET"], request)
            exchange.answer(try recordings.list(request))
        case (let id?, nil):
            try Self.allow(["GET", "DELETE"], request)
            if request.method == "DELETE" { return try recordings.delete(id, exchange, on: loop) }
            exchange.answer(try recordings.show(id))
        case (let id?, "access-link"?):
            try Self.allow(["GET"], request)
            exchange.answer(try recordings.link(request, id))
        case (let id?, "download"?):
            try Self.allow(["GET", "HEAD"], request)
            try recordings.download(request, id, exchange)
        case (_, _?): throw Self.notFound("a recording has /access-link and /download")
        }
    }

    private func control(_ request: IncomingRequest) throws(HTTPRefusal) {
        if let refusal = shared.access.refusal(ofControl: request) { throw HTTPRefusal(refusal) }
    }

    /// The provider in the second place of the path.
    private func provider(_ parts: ArraySlice<Substring>) throws(HTTPRefusal) -> ProviderName {
        let name = ProviderName(String(parts.dropFirst().first ?? ""))
        guard shared.dialect(name) != nil else { throw Self.unknownProvider(shared) }
        return name
    }

    static func notFound(_ message: String) -> HTTPRefusal { HTTPRefusal(.refusal(404, "not_found", message)) }

    static func unknownProvider(_ shared: SharedState) -> HTTPRefusal {
        let names = shared.configuration.dialects.map(\.name.text).joined(separator: ", ")
        return HTTPRefusal(.refusal(404, "unknown_provider", "the path names no provider that this server knows; known: \(names)"))
    }

    private static func allow(_ methods: [String], _ request: IncomingRequest) throws(HTTPRefusal) {
        guard !methods.contains(request.method) else { return }
        let list = methods.joined(separator: ", ")
        var answer = HTTPAnswer.refusal(405, "method_not_allowed", "this route takes \(list)")
        answer.headers.append(("Allow", list))
        throw HTTPRefusal(answer)
    }
}
