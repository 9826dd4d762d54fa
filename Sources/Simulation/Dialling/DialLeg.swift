import Call
import Wire

/// A telephone that a live call is being transferred to.
struct DialLeg: Sendable {
    enum Way: Sendable {
        /// By a document, whose action is asked at the end.
        case document(DialStep)
        /// By a command, told by webhooks (Telnyx Call Control).
        case bridge(StreamOrder.Callback, state: String?)
    }

    let way: Way
    /// E.164, with its `+`.
    let number: String
    let timeout: Duration
    let limit: Duration
    let fate: CallFate
    /// The provider's id of the leg.
    let id: String
    /// Which of the call's legs: what is due of an earlier one is nothing any more.
    let count: Int
    var isAnswered = false
}

/// A live call that is taken out of what it does.
struct MoveOrder: Sendable {
    enum Target: Sendable {
        case document(StreamOrder.Callback)
        case text(HTTPResponse)
    }
    let target: Target
}

/// A live call that is bridged with a telephone.
struct BridgeOrder: Sendable {
    let number: String
    let timeout: Duration
    let limit: Duration
    let target: StreamOrder.Callback
    /// What the new leg's webhooks repeat.
    let state: String?
}

/// Calls that are transferred.
extension SimulatedAPI {
    /// The call leaves its stream and runs a document. Vonage's socket is a leg of its own and stays open: nobody documents that it is closed.
    mutating func move(_ index: Int, _ order: MoveOrder) {
        let call = desk.calls[index]
        if call.hasStream, call.provider != .vonage { tell(.close(call: index)) }
        desk.calls[index].hasStream = false
        desk.calls[index].leg = nil
        desk.calls[index].isMoved = true
        switch order.target {
        case .document(let target): fetch(target, index)
        case .text(let response): read(index, .success(response))
        }
    }

    mutating func bridge(_ index: Int, _ order: BridgeOrder) {
        startLeg(index, .bridge(order.target, state: order.state), order.number, order.timeout, order.limit)
    }

    mutating func startLeg(_ index: Int, _ way: DialLeg.Way, _ number: String, _ timeout: Duration, _ limit: Duration) {
        let count = desk.calls[index].legs + 1
        let hexadecimal = desk.chance.hexadecimal()
        let id = desk.calls[index].provider == .telnyx ? "v3:" + hexadecimal : desk.chance.uuid()
        let leg = DialLeg(
            way: way, number: number, timeout: timeout, limit: limit, fate: options.fates.fate(of: number, &chance), id: id,
            count: count)
        desk.calls[index].legs = count
        desk.calls[index].leg = leg
        let setup = chance.duration(in: options.fates.setup), ring = chance.duration(in: options.fates.ring)
        let patience = min(timeout, options.fates.patience ?? timeout)
        let rings: Duration
        switch leg.fate {
        case .busy, .failed: rings = .zero
        case .noAnswer: rings = patience
        case .answered, .machine, .rejected: rings = min(ring, patience)
        }
        agenda.add(.leg(index, count), at: desk.now + setup + rings)
        tellLeg(index, .progress)
    }

    /// The dial has come to its end, or the talk to its.
    mutating func legIsDue(_ index: Int, _ count: Int) {
        guard !desk.calls[index].isOver, let leg = desk.calls[index].leg, leg.count == count else { return }
        guard !leg.isAnswered else { return endLeg(index, .completed) }
        switch leg.fate {
        case .busy: endLeg(index, .busy)
        case .failed: endLeg(index, .failed)
        case .rejected: endLeg(index, .rejected)
        case .noAnswer: endLeg(index, .noAnswer)
        case .answered, .machine:
            desk.calls[index].leg?.isAnswered = true
            tellLeg(index, .connected)
            agenda.add(.leg(index, count), at: desk.now + min(chance.duration(in: options.fates.transferTalk), leg.limit))
        }
    }

    private mutating func endLeg(_ index: Int, _ end: CallEnd) {
        guard let leg = desk.calls[index].leg else { return }
        let call = desk.calls[index]
        desk.calls[index].transferEnd = end
        switch leg.way {
        case .document(let step):
            desk.calls[index].leg = nil
            let callback = APICallback(step.action, .fields(Self.action(call, leg, end)))
            guard let request = signed(callback, call.provider) else { return self.end(index, .failed) }
            desk.calls[index].isAsking = true
            tell(.fetch(request, call: index, within: call.provider.opening.answerTime))
        case .bridge:
            tellLeg(index, .ended(end))
            desk.calls[index].leg = nil
            // The caller's leg goes with a leg it was bridged with.
            if leg.isAnswered { self.end(index, .completed) }
        }
    }

    private enum LegTurn { case progress, connected, ended(CallEnd) }

    private mutating func tellLeg(_ index: Int, _ turn: LegTurn) {
        let call = desk.calls[index]
        guard let leg = call.leg else { return }
        switch leg.way {
        case .document(let step):
            guard step.tellsProgress else { return }
            let word: String
            switch turn {
            case .progress: word = "ringing"
            case .connected: word = "answered"
            case .ended: return
            }
            let callback = APICallback(step.action, .fields(Self.event(call, leg, word)))
            if let request = signed(callback, call.provider) { tell(.post(request)) }
        case .bridge(let target, let state):
            let types: [(String, [String: JSONValue])]
            switch turn {
            case .progress: types = [("call.initiated", ["direction": .string("outgoing"), "state": .string("bridging")])]
            case .connected: types = [("call.answered", ["state": .string("answered")]), ("call.bridged", [:])]
            case .ended(let end): types = [("call.hangup", ["hangup_cause": .string(Self.cause(end)), "state": .string("hangup")])]
            }
            for (type, more) in types {
                var payload: [String: JSONValue] = [
                    "call_control_id": .string(leg.id), "call_leg_id": .string(leg.id), "call_session_id": .string(call.secondID),
                    "connection_id": .string(call.order.account), "from": .string(call.order.from), "to": .string(leg.number),
                ]
                if let state { payload["client_state"] = .string(state) }
                let data: JSONValue = .object([
                    "record_type": .string("event"), "event_type": .string(type), "id": .string(desk.chance.uuid()),
                    "occurred_at": .string(WallTime.text(milliseconds: desk.milliseconds)),
                    "payload": .object(payload.merging(more) { _, new in new }),
                ])
                let callback = APICallback(target, .json(JSONValue.object(["data": data]).bytes))
                if let request = signed(callback, call.provider) { tell(.post(request)) }
            }
        }
    }

    private static func cause(_ end: CallEnd) -> String {
        switch end {
        case .completed, .machine: "normal_clearing"
        case .busy: "user_busy"
        case .noAnswer: "timeout"
        case .rejected: "call_rejected"
        case .failed: "not_found"
        case .canceled: "originator_cancel"
        }
    }

    /// What the action is told of the telephone. Sources: Twilio, *`<Dial>`: action*; Plivo, *Dial status reporting*; Vonage, *Webhook reference*.
    private static func action(_ call: PlacedCall, _ leg: DialLeg, _ end: CallEnd) -> WebhookPayload {
        let word: String =
            switch end {
            case .completed, .machine: "completed"
            case .busy: "busy"
            case .rejected: call.provider == .vonage ? "rejected" : "busy"
            case .noAnswer: call.provider == .vonage ? "unanswered" : "no-answer"
            case .failed: "failed"
            case .canceled: call.provider == .vonage ? "cancelled" : "canceled"
            }
        switch call.provider {
        case .twilio, .telnyx:
            return .form([
                .init("CallSid", call.id), .init("AccountSid", call.order.account), .init("From", call.order.from),
                .init("To", call.order.to), .init("CallStatus", "in-progress"), .init("DialCallStatus", word),
                .init("DialCallSid", leg.id),
            ])
        case .plivo:
            return .form([
                .init("CallUUID", call.id), .init("CallStatus", "in-progress"), .init("DialStatus", word),
                .init("DialRingStatus", end == .busy || end == .failed ? "false" : "true"), .init("DialALegUUID", call.id),
                .init("DialBLegUUID", leg.isAnswered ? leg.id : ""), .init("DialHangupCause", word.uppercased()),
            ])
        case .vonage, .exotel: return event(call, leg, word)
        }
    }

    private static func event(_ call: PlacedCall, _ leg: DialLeg, _ word: String) -> WebhookPayload {
        .json([
            .init("from", String(call.order.from.drop { $0 == "+" })), .init("to", String(leg.number.drop { $0 == "+" })),
            .init("uuid", leg.id), .init("conversation_uuid", "CON-\(call.secondID)"), .init("status", word),
            .init("direction", "outbound"),
        ])
    }
}
