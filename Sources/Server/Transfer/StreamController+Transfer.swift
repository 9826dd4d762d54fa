import Call
import Net
import Pipeline
import Providers

/// Transfers: from the bot's order to the caller's coming back.
extension StreamController {
    // MARK: The order

    /// Asks the provider to connect the caller to a telephone.
    ///
    /// - Returns: the answer, when there is nothing to ask.
    func transfer(_ order: TransferOrder, of host: CallHost) -> CallInput? {
        let refusal: String
        do throws(TransferRefusal) {
            try ask(order, host)
            return nil
        } catch { refusal = error.sentence }
        shared.logger.log(.warning, "no transfer: \(refusal)", call: host.id, ["provider": host.provider?.text])
        return .push(Frame(.transferAnswered(.refused(refusal))))
    }

    private func ask(_ order: TransferOrder, _ host: CallHost) throws(TransferRefusal) {
        guard let call = host.call, let name = host.provider else { throw TransferRefusal("the call has not begun") }
        guard order.resumeAt.utf8.count <= TransferClaim.longestPlace else {
            throw TransferRefusal("the place to resume at is longer than \(TransferClaim.longestPlace) bytes")
        }
        guard let dialect = shared.dialect(name) as? any TransferringDialect else {
            throw TransferRefusal("\(name) has no way to transfer a call")
        }
        guard let origin = DialOrders(shared).origin(for: dialect) else {
            throw TransferRefusal("\(name) cannot reach this server: start it with -x HOST")
        }
        let dialled = host.admission.dialled
        let nonce = Hex.text(shared.cryptography.randomBytes(12))
        let talk = Int(min(configuration.limits.duration, .seconds(86_400)).components.seconds)
        let expires = Int64(shared.unixTime) + Int64(order.timeout) + Int64(talk) + StreamToken.lifetime
        let claim = TransferClaim(call: call.id, place: order.resumeAt)
        func url(_ purpose: StreamToken.Purpose) -> String {
            let token = shared.tokens.mint(
                name, claim, dialled, callID: call.stream.callID, bot: call.bot, nonce: nonce, for: purpose, expires: expires)
            return "\(origin.web)/answer/\(name)/transfer/\(token)" + (purpose == .transferred ? "/done" : "")
        }
        let dial = TransferDial(
            to: order.to, callerID: order.callerID ?? (dialled == nil ? call.to : call.from),
            timeout: min(max(order.timeout, dialect.transferTimeout.lowerBound), dialect.transferTimeout.upperBound), limit: talk,
            actionURL: url(.transferred))
        let request = TransferRequest(
            stream: call.stream, callID: shared.dialing.call(call.id)?.providerCallID, webhook: call.webhook,
            isOutbound: dialled != nil, dial: dial, documentURL: url(.transfer),
            statusURL: "\(origin.web)/status/\(name)/\(call.id)", tag: nonce)
        let plan = try dialect.transfer(
            request, configuration.settings, shared.cryptography, unixTime: Int64(shared.unixTime))
        let transfer = Transfer(
            nonce: nonce, order, dial, call, dialled: dialled, bodyError: host.bodyError, isBridged: plan.isBridged,
            home: loop.loop.handle, configuration.transfer)
        if let refusal = shared.transfers.begin(transfer) { throw TransferRefusal(refusal) }
        shared.logger.log(
            .info, "transfer asked for", call: call.id, ["provider": name.text, "ring_timeout": "\(dial.timeout)"])
        send(plan.request, dialect, call.id, nonce)
    }

    /// A provider that has not answered in ten seconds will not.
    private static let answerTime = HangUp.timeout

    private func send(_ request: HTTPRequest, _ dialect: any TransferringDialect, _ call: String, _ nonce: String) {
        loop.loop.rest.send(request, timeout: Self.answerTime) { [unowned self] result in
            let outcome: TransferOutcome
            switch result {
            case .success(let response): outcome = dialect.outcome(ofTransfer: response)
            // Of these the request has surely not been heard.
            case .failure(.overloaded), .failure(.resolve), .failure(.connect), .failure(.tls), .failure(.url):
                outcome = .refused("\(dialect.name) cannot be reached")
            case .failure(let error):
                outcome = .unknown("\(dialect.name) gave no answer")
                shared.logger.log(.debug, "transfer request: \(error)", call: call, ["provider": dialect.name.text])
            }
            switch outcome {
            case .accepted: shared.logger.log(.info, "transfer accepted", call: call, ["provider": dialect.name.text])
            case .refused(let sentence), .unknown(let sentence):
                shared.logger.log(.warning, "transfer not accepted: \(sentence)", call: call, ["provider": dialect.name.text])
            }
            guard let told = shared.transfers.tell(call, nonce: nonce, { $0.answered(outcome, at: self.loop.now) }) else { return }
            carryOut(told.result, call)
        }
    }

    // MARK: What comes of it

    /// Carries out what a transfer decided, on the loop of its first stream.
    func carryOut(_ actions: [Transfer.Action], _ call: String) {
        for action in actions {
            switch action {
            case .tellBot(let answer): loop.host(call)?.tell(.push(Frame(.transferAnswered(answer))))
            case .closeStream: loop.host(call)?.tell(.cancel(.transferred))
            case .end(let word, let hangsUp): end(call, word, hangsUp: hangsUp)
            }
        }
    }

    /// Those whose step has taken too long.
    func giveUpTransfers(at now: Moment) {
        for call in shared.transfers.due(on: loop.loop.handle, at: now) {
            guard let told = shared.transfers.tell(call, { $0.timedOut(at: now) }) else { continue }
            shared.logger.log(.warning, "a step of the transfer took too long", call: call)
            carryOut(told.result, call)
        }
    }

    /// Ends a call that has no stream.
    func endTransferred(_ call: String, _ word: Termination, hangsUp: Bool) {
        guard shared.transfers.remove(call) != nil else { return }
        end(call, word, hangsUp: hangsUp)
    }

    private func end(_ call: String, _ word: Termination, hangsUp: Bool) {
        // With a stream the call ends as calls do.
        if let host = loop.host(call) { return host.tell(.cancel(word)) }
        guard let record = shared.registry.record(call), record.endedAt == nil else { return }
        if hangsUp { hangUp(record.start, call: call) }
        if record.isOutbound { shared.dialing.post { $0.tell(.streamEnded(call: call, word)) } }
        loop.callLogs?.close(call: call, word, at: loop.now)
        shared.registry.end(call, word, CallCounters(), at: shared.unixTime)
        shared.logger.log(
            .info, "call ended", call: call, ["provider": record.provider.text, "termination": word.rawValue])
    }

    // MARK: Coming back

    /// Decides on the stream of a caller whom nobody answered: its token says which call it is.
    func comeBack(_ start: StreamStart, _ host: CallHost, _ claim: TransferClaim) -> CallInput {
        guard case .token(let token) = host.admission, var outcome = claim.outcome else { return refuse("no outcome", host, start) }
        do throws(StreamTokens.Refusal) {
            _ = try shared.tokens.spend(token, for: start, unixTime: Int64(shared.unixTime))
        } catch {
            return refuse(error.sentence, host, start)
        }
        let told = shared.transfers.tell(claim.call, nonce: token.nonce) { $0.cameBack() }
        if let told {
            guard let end = told.result else { return refuse("the call's transfer is still under way", host, start) }
            outcome = end
        } else if shared.registry.record(claim.call) != nil {
            return refuse(StreamTokens.Refusal.callEnded.sentence, host, start)
        } else {
            shared.logger.log(
                .warning, "the webhook's fields are not here: another replica began the call", call: claim.call,
                ["provider": start.provider.text])
        }
        loop.rename(host, to: claim.call)
        var start = start
        let known = told?.transfer.call
        let placed = shared.dialing.call(claim.call)?.request
        // Some answers do not repeat it.
        start.callID = start.callID ?? known?.stream.callID
        var call = CallInfo(
            id: claim.call, stream: start, from: known?.from ?? placed?.from ?? start.from, to: known?.to ?? placed?.to ?? start.to,
            webhook: known?.webhook ?? [:], query: known?.query ?? host.query, body: known?.body ?? placed?.body,
            bot: known?.bot ?? token.bot ?? configuration.bot)
        call.resumption = Resumption(place: claim.place, outcome: outcome)
        let input = admit(call, host, bodyError: told?.transfer.bodyError)
        if case .refused(let word, _) = input {
            // What the call was before is over with this.
            if let record = shared.registry.record(claim.call), record.endedAt == nil { hangUp(record.start, call: claim.call) }
            shared.logger.log(.error, "the caller cannot come back", call: claim.call, ["termination": word.rawValue])
        }
        return input
    }

    // MARK: Keys

    /// Sends keys by the provider's API; as tones, where it has none for this call or refuses.
    func send(_ keys: [KeypadEntry], from host: CallHost) {
        guard let start = host.call?.stream else { return }
        SentKeys(shared, loop.loop, call: host.id).begin(keys, start)
    }
}
