import Call
import Dialing

/// One call as it really is at the provider of a model: what the dialer can only hear of.
struct ModelCall {
    let id: String
    let callID: String
    let to: String
    let provider: ProviderName
    /// Units: seconds since the start of the model, as all times here.
    let created: Double
    var rings: Double
    var answered: Double?
    var ends: Double
    var end: DialEnd
    var opensStream: Bool

    /// - Parameter chance: what becomes of it.
    init(_ call: DialedCall, id: String, at now: Double, _ chance: inout SplitMix64) {
        self.id = id
        callID = call.id
        to = call.request.to.exposed
        provider = call.request.provider
        created = now
        rings = now + chance.seconds(0.2...2)
        opensStream = false
        let ringing = Double(call.request.ringTimeout)
        switch Int.random(in: 0..<10, using: &chance) {
        case 0: (ends, end) = (rings + 1, .busy)
        case 1: (ends, end) = (rings + ringing, .noAnswer)
        case 2: (ends, end) = (rings + chance.seconds(1...9), .rejected)
        case 3: (ends, end) = (rings, .failed)
        default:
            let answer = rings + chance.seconds(1...20)
            let longest = chance.chance(5) ? 4_000 : 60.0
            answered = answer
            opensStream = chance.chance(90)
            end = .completed
            ends = answer + min(chance.seconds(2...longest), Double(call.request.maximumDuration))
        }
    }

    func state(at now: Double) -> DialState {
        if now >= ends { return .ended(end) }
        if let answered, now >= answered { return .answered }
        return now >= rings ? .ringing : .dialing
    }

    mutating func hangUp(at now: Double) {
        guard now < ends else { return }
        end = answered.map { now >= $0 } ?? false ? .completed : .canceled
        if let answered, now < answered { self.answered = nil }
        ends = now
    }
}

/// How often a model's provider and network go wrong. Units: per cent.
struct ModelTrouble {
    var tooMany = 5.0
    var fault = 5.0
    var timeOut = 4.0
    var silence = 0.5
    var noConnection = 2.0
    var refusal = 3.0
    var lostCallback = 10.0
    var lateCallback = 10.0
    var doubleCallback = 15.0
    var blindList = 10.0
    var failedHangUp = 15.0

    static let none = ModelTrouble(
        tooMany: 0, fault: 0, timeOut: 0, silence: 0, noConnection: 0, refusal: 0, lostCallback: 0, lateCallback: 0,
        doubleCallback: 0, blindList: 0, failedHangUp: 0)
}
