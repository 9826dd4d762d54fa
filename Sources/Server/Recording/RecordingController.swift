import Call
import Net
import Wire

/// `/recordings` and what is under it, and the orders of `/calls/{id}/recording`. Shapes as in Daily's recordings API.
final class RecordingController {
    /// Most recordings that one answer lists, and how many unless the request says another number.
    static let mostListed = 100

    private let shared: SharedState

    init(_ shared: SharedState) { self.shared = shared }

    private func sink() throws(HTTPRefusal) -> RecordingSink {
        guard let sink = shared.recordings else {
            throw HTTPRefusal(.refusal(404, "recording_off", "the server records nothing; start it with --record DIR"))
        }
        return sink
    }

    private func entry(_ id: String) throws(HTTPRefusal) -> RecordingEntry {
        guard let entry = try sink().catalog[id] else {
            throw HTTPRefusal(.refusal(404, "unknown_recording", "no recording has this id; GET /recordings lists them"))
        }
        return entry
    }

    // MARK: Orders

    /// `POST /calls/{id}/recording`.
    func order(_ request: IncomingRequest, call id: String, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        let order = try order(request)
        guard let record = shared.registry.record(id) else {
            throw HTTPRefusal(.refusal(404, "unknown_call", "no call has this id; GET /calls lists the live ones"))
        }
        guard record.endedAt == nil else { throw HTTPRefusal(.refusal(409, "ended", "the call has ended")) }
        guard !record.isTransferring else {
            throw HTTPRefusal(
                .refusal(409, "transferring", "the caller is on the way to a telephone; nothing is recorded until they come back"))
        }
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        let catalog = shared.recordings?.catalog
        let isPosted = record.loop.post { there in
            guard let host = (there.service as? LoopServer)?.host(id) else {
                return reply(.refusal(409, "ended", "the call has ended"))
            }
            let (outcome, recording) = host.record(order)
            switch outcome {
            case .refused(let code, let sentence): reply(.refusal(409, code, sentence))
            case .began, .changed, .ended: reply(Self.answer(recording.flatMap { catalog?[$0] }, order))
            }
        }
        if !isPosted { reply(.refusal(503, "overloaded", "the call's loop is overloaded or has ended; try again")) }
    }

    /// The recording as the order leaves it. What was stopped is `finished` for the caller, its last bytes are on their way to the disk.
    private static func answer(_ entry: RecordingEntry?, _ order: RecordingOrder) -> HTTPAnswer {
        guard var entry else { return .json(200, .object([:])) }
        if case .stop = order, entry.isLive { entry.status = .finished }
        return .json(200, entry.json)
    }

    private func order(_ request: IncomingRequest) throws(HTTPRefusal) -> RecordingOrder {
        let type = (request.headers["content-type"] ?? "").lowercased().prefix { $0 != ";" && $0 != " " }
        guard type == "application/json", case .object(let members)? = try? JSONValue(parsing: request.body) else {
            throw HTTPRefusal(
                .refusal(
                    400, "bad_json",
                    "send {\"action\":\"start\"}, or pause, resume or stop, with the header Content-Type: application/json"))
        }
        var layout = shared.configuration.recording.layout
        if let given = members["layout"] {
            guard let known = given.string.flatMap(RecordingLayout.init) else {
                let names = RecordingLayout.allCases.map(\.rawValue).joined(separator: ", ")
                throw HTTPRefusal(.refusal(400, "bad_layout", "`layout` is one of \(names)"))
            }
            layout = known
        }
        switch members["action"]?.string {
        case "start": return .start(layout)
        case "pause": return .pause
        case "resume": return .resume
        case "stop": return .stop
        default: throw HTTPRefusal(.refusal(400, "bad_action", "`action` is one of start, pause, resume, stop"))
        }
    }

    // MARK: What there is

    /// `GET /recordings`.
    func list(_ request: IncomingRequest) throws(HTTPRefusal) -> HTTPAnswer {
        let query = try FormFields.query(Target(request.target))
        var limit = Self.mostListed
        if let text = query["limit"] {
            guard let number = Int(text), (1...Self.mostListed).contains(number) else {
                throw HTTPRefusal(.refusal(400, "bad_request", "`limit` is a whole number from 1 to \(Self.mostListed)"))
            }
            limit = number
        }
        let page = try sink().catalog.page(limit: limit, after: query["starting_after"], before: query["ending_before"])
        guard let page else {
            throw HTTPRefusal(
                .refusal(400, "unknown_recording", "`starting_after` and `ending_before` take the id of a recording that there is"))
        }
        return .json(
            200, .object(["total_count": .number(Double(page.total)), "data": .array(page.entries.map(\.json))]))
    }

    /// `GET /recordings/{id}`.
    func show(_ id: String) throws(HTTPRefusal) -> HTTPAnswer { .json(200, try entry(id).json) }

    /// `DELETE /recordings/{id}`: answered when the files are gone.
    func delete(_ id: String, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        let sink = try sink()
        let entry = try entry(id)
        guard !entry.isLive else {
            throw HTTPRefusal(
                .refusal(409, "recording", "the recording goes on; stop it first: POST /calls/\(entry.callID)/recording"))
        }
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        // On the writer's thread, behind the last word of the recording: no file comes back.
        sink.run { [shared] in
            if let reason = sink.folder.remove(entry) {
                shared.logger.log(.error, "a recording cannot be deleted", ["recording": id, "reason": reason])
                return reply(.refusal(500, "not_deleted", "the recording's files cannot be deleted (\(reason))"))
            }
            sink.catalog.remove(id)
            shared.logger.log(.info, "recording deleted", call: entry.callID, ["recording": id])
            reply(.json(200, .object(["deleted": .bool(true), "id": .string(id)])))
        }
    }

    // MARK: Links

    /// `GET /recordings/{id}/access-link`.
    func link(_ request: IncomingRequest, _ id: String) throws(HTTPRefusal) -> HTTPAnswer {
        let entry = try entry(id)
        let query = try FormFields.query(Target(request.target))
        var lifetime = RecordingLinks.usualLifetime
        if let text = query["valid_for_secs"] {
            guard let seconds = Int(text), RecordingLinks.lifetimes.contains(seconds) else {
                let (least, most) = (RecordingLinks.lifetimes.lowerBound, RecordingLinks.lifetimes.upperBound)
                throw HTTPRefusal(.refusal(400, "bad_request", "`valid_for_secs` is a whole number from \(least) to \(most)"))
            }
            lifetime = seconds
        }
        let expires = Int64(shared.unixTime) + Int64(lifetime)
        let base = PublicOrigin.webURL(request, shared.configuration) + "/recordings/\(id)/download?"
        let signed = try sink().links.query(id, expires: expires)
        let links = entry.tracks.map { base + (entry.tracks.count > 1 ? "track=\($0.rawValue)&" : "") + signed }
        var members: [String: JSONValue] = ["download_link": .init(links.first), "expires": .number(Double(expires))]
        if links.count > 1 { members["download_links"] = .array(links.map { .string($0) }) }
        return .json(200, .object(members))
    }

    // MARK: Download

    /// `GET /recordings/{id}/download`, with the control routes' right or a signed link.
    func download(_ request: IncomingRequest, _ id: String, _ exchange: HTTPExchange) throws(HTTPRefusal) {
        let query = try FormFields.query(Target(request.target))
        let sink = try sink()
        if query["signature"] != nil {
            if let complaint = sink.links.complaint(id, query, unixTime: Int64(shared.unixTime)) {
                throw HTTPRefusal(.refusal(403, "bad_link", complaint))
            }
        } else if let refusal = shared.access.refusal(ofControl: request) {
            throw HTTPRefusal(refusal)
        }
        let entry = try entry(id)
        let names = entry.tracks.map(\.rawValue)
        guard let track = entry.tracks.first(where: { $0.rawValue == query["track"] ?? names.first }) else {
            throw HTTPRefusal(.refusal(404, "unknown_track", "the recording has \(names.joined(separator: " and "))"))
        }
        switch RecordingDownload.open(sink.folder.file(entry, track), on: sink.reader) {
        case .success(let download):
            exchange.answer(download.answer(name: entry.fileName(track), range: request.headers["range"]))
        case .failure(let refusal): throw refusal
        }
    }
}
