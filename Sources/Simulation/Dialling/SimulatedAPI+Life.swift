import Call
import Wire

/// The life of the calls that were placed.
extension SimulatedAPI {
    /// Something that is due.
    enum Task: Sendable {
        case ring(Int), outcome(Int), verdict(Int), beep(Int)
        /// - Parameter isTimedOut: the time limit has come, not the callee.
        case hangUp(Int, isTimedOut: Bool)
        case post(PlayedProvider, APICallback)
        /// Something is due of a call's telephone of this count.
        case leg(Int, Int)
    }

    /// Detection hears who speaks, and a machine's greeting ends, so long after the answer.
    private static let verdictTime = Duration.milliseconds(1_500)
    private static let beepTime = Duration.seconds(3)

    mutating func begin(_ order: PlaceOrder, _ api: any ProviderAPI) -> PlacedCall {
        let index = desk.calls.count
        let hexadecimal = desk.chance.hexadecimal()
        let id =
            switch api.provider {
            case .twilio: "CA" + hexadecimal
            case .telnyx: "v3:" + hexadecimal
            case .exotel: hexadecimal
            case .plivo, .vonage: desk.chance.uuid()
            }
        let stream = api.provider == .twilio ? "MZ" + desk.chance.hexadecimal() : desk.chance.uuid()
        let fate = options.fates.fate(of: order.number, &chance)
        let call = PlacedCall(
            provider: api.provider, id: id, secondID: desk.chance.uuid(), streamID: stream, order: order, fate: fate,
            placedAt: desk.now)
        desk.calls.append(call)
        desk.indexes[id] = index
        tell(.initiated, index)
        agenda.add(.ring(index), at: desk.now + chance.duration(in: options.fates.setup))
        return call
    }

    /// Does what is due.
    mutating func advance() {
        while let task = agenda.popDue(at: desk.now) {
            switch task {
            case .ring(let index): ring(index)
            case .outcome(let index): decide(index)
            case .verdict(let index): hear(desk.calls[index].fate == .machine ? .machine : .human, index)
            case .beep(let index): hear(.beep, index)
            case .hangUp(let index, let isTimedOut):
                desk.calls[index].isTimedOut = isTimedOut
                end(index, .completed)
            case .post(let provider, let callback): send(provider, callback)
            case .leg(let index, let count): legIsDue(index, count)
            }
        }
    }

    /// The network has found the phone, or not.
    private mutating func ring(_ index: Int) {
        let call = desk.calls[index]
        guard !call.isOver else { return }
        switch call.fate {
        case .busy: return end(index, .busy)
        case .failed: return end(index, .failed)
        case .answered, .machine, .rejected, .noAnswer: break
        }
        desk.calls[index].rangAt = desk.now
        tell(.ringing, index)
        let patience = min(call.order.ringTimeout, options.fates.patience ?? call.order.ringTimeout)
        let ring = chance.duration(in: options.fates.ring)
        agenda.add(.outcome(index), at: desk.now + (call.fate == .noAnswer ? patience : min(ring, patience)))
        // Nobody picks up in time.
        if call.fate != .noAnswer, ring > patience { desk.calls[index].isTimedOut = true }
    }

    private mutating func decide(_ index: Int) {
        let call = desk.calls[index]
        guard !call.isOver else { return }
        guard !call.isTimedOut, call.fate != .noAnswer else { return end(index, .noAnswer) }
        guard call.fate != .rejected else { return end(index, .rejected) }
        desk.calls[index].answeredAt = desk.now
        tell(.answered, index)
        let talk = chance.duration(in: options.fates.talk)
        let isLong = talk >= call.order.timeLimit
        agenda.add(.hangUp(index, isTimedOut: isLong), at: desk.now + min(talk, call.order.timeLimit))
        if call.order.detection != .off {
            agenda.add(.verdict(index), at: desk.now + Self.verdictTime)
            if call.fate == .machine { agenda.add(.beep(index), at: desk.now + Self.beepTime) }
        }
        open(index)
    }

    private mutating func hear(_ verdict: CalleeVerdict, _ index: Int) {
        guard !desk.calls[index].isOver else { return }
        desk.calls[index].verdict = verdict
        tell(.heard(verdict), index)
        if desk.calls[index].order.endsMachine, verdict == .machine { end(index, .machine) }
    }

    mutating func end(_ index: Int, _ how: CallEnd) {
        guard !desk.calls[index].isOver else { return }
        // What Exotel has no word for.
        let isDeclined = how == .rejected && desk.calls[index].provider == .exotel
        desk.calls[index].end = isDeclined ? .busy : how
        desk.calls[index].endedAt = desk.now
        if desk.calls[index].hasStream { tell(.close(call: index)) }
        tell(.ended, index)
    }

    // MARK: the answered call's stream

    private mutating func open(_ index: Int) {
        let call = desk.calls[index]
        switch call.order.opening {
        case nil: break
        case .document(let target)?: fetch(target, index)
        case .text(let response)?: read(index, .success(response))
        case .stream(let order)?: stream(order, index)
        }
    }

    mutating func fetch(_ target: StreamOrder.Callback, _ index: Int) {
        let call = desk.calls[index]
        let callback = Self.api(of: call.provider).documentRequest(target, call, desk)
        guard let request = signed(callback, call.provider) else { return end(index, .failed) }
        tell(.fetch(request, call: index, within: call.provider.opening.answerTime))
    }

    mutating func read(_ index: Int, _ result: Result<HTTPResponse, RetrievalFailure>) {
        guard desk.calls.indices.contains(index), !desk.calls[index].isOver else { return }
        let call = desk.calls[index], dialect = call.provider.opening
        do throws(Complaint) {
            let response: HTTPResponse
            switch result {
            case .success(let given): response = given
            case .failure(let failure): throw dialect.complaint(failure)
            }
            // A telephone that has talked: the document has nothing more.
            if call.isAsking, call.transferEnd == .completed, [200, 204].contains(response.status), response.body.isEmpty {
                return end(index, .completed)
            }
            guard response.status == 200 else { throw dialect.complaint(.status(response.status, words: "")) }
            let text: String =
                if case .document(let target)? = call.order.opening { target.url } else { "https://localhost/" }
            guard let origin = WebAddress(text) else { throw Complaint("the answer address is no URL") }
            if call.isMoved {
                desk.calls[index].isAsking = false
                switch try MiddleReader(provider: call.provider, origin: origin).read(response) {
                case .dial(let step): return startLeg(index, .document(step), step.number, step.timeout, step.limit)
                case .hangUp: return end(index, .completed)
                case .answer: break
                }
            }
            let answer = try dialect.read(response, from: origin, leg: call.provider.usualFormat)
            for complaint in answer.complaints { tell(.complaint(call.provider, complaint)) }
            switch answer.step {
            case .stream(let order): stream(order, index)
            case .fetch: throw Complaint("a second document is not fetched here")
            }
        } catch {
            tell(.complaint(call.provider, error))
            end(index, .completed)
        }
    }

    private mutating func stream(_ order: StreamOrder, _ index: Int) {
        guard options.opensStreams else { return }
        let call = desk.calls[index]
        var identity = call.identity(epoch: desk.epoch, at: desk.now)
        identity.parameters = order.parameters
        let proof = signers[call.provider]?.upgradeHeaders(order, unixTime: desk.milliseconds / 1_000) ?? []
        desk.calls[index].hasStream = true
        tell(
            .open(
                APIStream(
                    call: index, provider: call.provider, order: order, identity: identity, headers: order.headers + proof)))
    }

    // MARK: callbacks

    private mutating func tell(_ turn: CallTurn, _ index: Int) {
        let call = desk.calls[index]
        guard let callback = Self.api(of: call.provider).callback(turn, call, desk) else { return }
        desk.calls[index].sequence += 1
        let faults = options.faults, now = desk.now
        if faults.happens(.lost, &chance) { return }
        if faults.happens(.doubled, &chance) {
            agenda.add(.post(call.provider, callback), at: now + chance.duration(in: faults.swap))
        }
        if faults.happens(.late, &chance) {
            agenda.add(.post(call.provider, callback), at: now + chance.duration(in: faults.lateness))
        } else if faults.happens(.reordered, &chance) {
            agenda.add(.post(call.provider, callback), at: now + chance.duration(in: faults.swap))
        } else {
            send(call.provider, callback)
        }
    }

    private mutating func send(_ provider: PlayedProvider, _ callback: APICallback) {
        if let request = signed(callback, provider) { tell(.post(request)) }
    }

    /// The request with the provider's proof; `nil` for an address that is none.
    func signed(_ callback: APICallback, _ provider: PlayedProvider) -> HTTPRequest? {
        guard let address = WebAddress(callback.target.url) else { return nil }
        let time = desk.milliseconds / 1_000
        switch callback.content {
        case .fields(let payload):
            var request = payload.request(callback.target.method, address)
            signers[provider]?.sign(&request, payload, unixTime: time)
            return request
        case .json(let bytes):
            var request = HTTPRequest(
                .post, address.text, headers: [("Content-Type", Secret("application/json"))], body: bytes)
            signers[provider]?.sign(&request, .json([]), unixTime: time)
            return request
        }
    }
}
