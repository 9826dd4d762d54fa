import Call

/// What a call asks of the drill bot; ``DrillBot`` says what each option means.
struct DrillOptions: Equatable, Sendable {
    enum Interrupt: String, CaseIterable { case speech, keys, both, off }
    enum Then: String, CaseIterable { case stop, resume, restart }
    enum Keys: String, CaseIterable { case `repeat`, off }
    enum HangUp: String, CaseIterable {
        case never
        case afterGreeting = "after_greeting"
        case afterReply = "after_reply"
        case onPound = "on_pound"
    }

    /// Most segments of one utterance: at 100 ms a segment more than an hour, the longest scenario that is played.
    static let mostSegments = 40_000

    var voice = 0
    /// Units: milliseconds.
    var segment = 250
    /// Units: segments.
    var greet = 12
    /// Units: segments.
    var reply = 4
    var interrupt = Interrupt.both
    /// Units: milliseconds.
    var speech = 120
    var then = Then.stop
    var keys = Keys.off
    var hangUp = HangUp.never

    init() {}

    /// - Throws: ``BotError`` that names the option whose value is not allowed, and what is.
    init(of call: CallInfo) throws(BotError) {
        voice = try call.number("voice", 0...(SegmentTone.voices - 1)) ?? voice
        segment = try call.number("segment_ms", 100...1_000) ?? segment
        greet = try call.number("greet", 0...Self.mostSegments) ?? greet
        reply = try call.number("reply", 0...Self.mostSegments) ?? reply
        interrupt = try call.choice("interrupt") ?? interrupt
        speech = try call.number("speech_ms", 40...2_000) ?? speech
        then = try call.choice("then") ?? then
        keys = try call.choice("keys") ?? keys
        hangUp = try call.choice("hang_up") ?? hangUp
    }

    /// Whether something that was said already may have to be said again.
    var mayGoBack: Bool { then != .stop && interrupt != .off }
    var speechInterrupts: Bool { interrupt == .speech || interrupt == .both }
    var keysInterrupt: Bool { interrupt == .keys || interrupt == .both }
}

extension CallInfo {
    fileprivate func number(_ name: String, _ range: ClosedRange<Int>) throws(BotError) -> Int? {
        guard let asked = asked(name) else { return nil }
        guard let number = Int(asked), range.contains(number) else {
            throw BotError("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    fileprivate func choice<Choice: CaseIterable & RawRepresentable<String>>(_ name: String) throws(BotError) -> Choice? {
        guard let asked = asked(name) else { return nil }
        guard let choice = Choice(rawValue: asked) else {
            throw BotError("\(name) must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}
