import Audio
import Call

/// A rehearsed call, or several at once: who answers, over what network, what the caller does, and what must be heard.
///
/// Read from a JSON file (``init(parsing:)``); the format is in this room's documentation, "Scenarios".
public struct Scenario: Equatable, Sendable {
    /// Calls that one scenario places at once. It rehearses what calls do to each other; a load is what `simulate --calls` is for.
    public static let mostCalls = 16
    /// Steps of one caller.
    public static let mostSteps = 1_000
    /// Longest call, and longest wait in one. Four hours, the longest call of the providers.
    public static let longestCall = Duration.seconds(4 * 3_600)

    public var name: String
    /// What it rehearses, in a sentence.
    public var about: String
    /// In which the scenario makes sense.
    public var providers: [PlayedProvider]
    public var calls: [ScenarioCall]

    /// The longest time that a call may take.
    public var limit: Duration { calls.map { $0.startsAt + $0.limit }.max() ?? .zero }

    /// Bots that must answer, without repetition; empty when any may.
    public var bots: [String] {
        var names: [String] = []
        for case let name? in calls.map(\.bot) where !names.contains(name) { names.append(name) }
        return names
    }
}

/// One call of a scenario.
public struct ScenarioCall: Equatable, Sendable {
    /// As findings name it; empty for the only one.
    public var name = ""
    /// The bot that must answer; `nil` for any.
    public var bot: String?
    /// Options of the bot, asked for in the query of the stream's URL.
    public var options: [String: String] = [:]
    /// From the start of the scenario.
    public var startsAt = Duration.zero
    /// The caller hangs up then, whatever is left of the script; the call has failed.
    public var limit = Duration.seconds(60)
    public var network = Netem()
    public var provider = ProviderHabits()
    public var script: [CallerStep] = []
    public var expectations: [Expectation] = []
    /// In place of those of the same name, for a provider.
    public var providerExpectations: [PlayedProvider: [Expectation]] = [:]

    public init() {}

    /// What must be heard when this provider carries the call.
    public func expectations(for provider: PlayedProvider) -> [Expectation] {
        let own = providerExpectations[provider] ?? []
        let names = Set(own.map(\.name))
        var all = expectations.filter { !names.contains($0.name) } + own
        if !all.contains(where: { $0.name == Measure.complaints.rawValue }) { all.append(.bound(.complaints, Bound(maximum: 0))) }
        return all
    }
}

/// What a provider may do one way or another.
public struct ProviderHabits: Equatable, Sendable {
    /// ``SimulationOptions/jitterBuffer``. Forty milliseconds keep a busy machine's own lateness from being heard.
    public var jitterBuffer = Duration.milliseconds(40)
    /// ``SimulationOptions/swapsMedia``; Telnyx alone does.
    public var swapsMedia = false
    /// ``SimulationOptions/numericFields``; Exotel alone does.
    public var numericFields = false
    /// ``SimulationOptions/endsWithoutStop``.
    public var endsWithoutStop = false

    public init() {}
}

/// One thing that a caller does, or waits for.
public enum CallerStep: Equatable, Sendable {
    case wait(Duration)
    /// Says it, and goes on after the given time or when it is said.
    case say(CallerSound, goOnAfter: Duration?)
    case press([KeypadEntry], every: Duration)
    /// Until a sound of the bot's is heard that is heard while this waits.
    case awaitSound(within: Duration)
    /// Until so much of the bot's sound was heard since the call began.
    case awaitHeard(Duration, within: Duration)
    /// Until nothing was heard for so long.
    case awaitSilence(Duration, within: Duration)
    /// Until the far end ends the call.
    case awaitEnd(within: Duration)
    /// When so much of the bot's sound was heard since the call began: talks, or presses keys, into what the bot says.
    case interrupt(atHeard: Duration, with: Interruption, within: Duration)
    case pauseMedia
    case resumeMedia
    case hangUp
    /// The connection is cut, with no last message and no close frame.
    case drop
}

/// How a caller interrupts.
public enum Interruption: Equatable, Sendable {
    case say(CallerSound)
    case press([KeypadEntry], every: Duration)
}

/// What a caller sounds like.
public struct CallerSound: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case tone(hertz: Double)
        /// 400 ms of a 440 Hz tone and 100 ms of silence in turn.
        case bursts
        /// White noise, the same each time.
        case noise
        /// Noise that starts hard and dies away.
        case cough
        /// A WAV file. Its own length and level.
        case recording(PCM16)
    }

    public var kind: Kind
    public var length: Duration
    /// Units: dBFS.
    public var level: Double

    /// Longest sound. Ten minutes of 24 kHz audio are 29 MB.
    public static let longest = Duration.seconds(600)

    public init(_ kind: Kind, length: Duration, level: Double = -14) {
        self.kind = kind
        self.length = length
        self.level = level
    }
}
