import Audio
import Call
import Wire

extension CallerStep {
    private static let actions = [
        "wait_ms", "say", "press", "await_sound", "await_heard_ms", "await_silence_ms", "await_end", "interrupt_at_heard_ms",
        "pause_media", "resume_media", "hang_up", "drop",
    ]
    /// How long a wait for the bot takes before the caller gives up.
    private static let patience = Duration.seconds(10)

    init(_ value: JSONValue, at path: String, _ recording: (String) -> [UInt8]?) throws(ScenarioError) {
        let extras = ["within_ms", "every_ms", "go_on_after_ms"]
        let fields = try ScenarioFields(value, at: path, known: Self.actions + extras)
        let isInterruption = fields.has("interrupt_at_heard_ms")
        let found = Self.actions.filter { fields.has($0) && !(isInterruption && ["say", "press"].contains($0)) }
        guard found.count == 1, let action = found.first else {
            throw ScenarioError(path, "one action a step, out of \(Self.actions.joined(separator: ", "))")
        }
        let allowed: [String] =
            switch action {
            case "say": ["go_on_after_ms"]
            case "press": ["every_ms"]
            case "await_sound", "await_heard_ms", "await_silence_ms", "await_end": ["within_ms"]
            case "interrupt_at_heard_ms": fields.has("press") ? ["within_ms", "every_ms"] : ["within_ms"]
            default: []
            }
        if let extra = extras.first(where: { fields.has($0) && !allowed.contains($0) }) {
            throw fields.error(extra, "means nothing to \(action); take it out")
        }
        let within = try fields.milliseconds("within_ms", from: 1) ?? Self.patience
        switch action {
        case "wait_ms": self = .wait(try fields.milliseconds(action) ?? .zero)
        case "say":
            self = .say(try CallerSound(fields, recording), goOnAfter: try fields.milliseconds("go_on_after_ms"))
        case "press": self = try Self.press(fields).map { .press($0.keys, every: $0.pause) } ?? .hangUp
        case "await_heard_ms": self = .awaitHeard(try fields.milliseconds(action, from: 1) ?? .zero, within: within)
        case "await_silence_ms": self = .awaitSilence(try fields.milliseconds(action, from: 1) ?? .zero, within: within)
        case "interrupt_at_heard_ms":
            self = .interrupt(
                atHeard: try fields.milliseconds(action) ?? .zero, with: try Self.interruption(fields, recording), within: within)
        default:
            guard try fields.flag(action) else {
                throw fields.error(action, "must be true; leave the step out if it is not wanted")
            }
            switch action {
            case "await_sound": self = .awaitSound(within: within)
            case "await_end": self = .awaitEnd(within: within)
            case "pause_media": self = .pauseMedia
            case "resume_media": self = .resumeMedia
            case "drop": self = .drop
            default: self = .hangUp
            }
        }
    }

    private static func press(_ fields: ScenarioFields) throws(ScenarioError) -> (keys: [KeypadEntry], pause: Duration)? {
        guard let keys = try fields.keys("press") else { return nil }
        guard !keys.isEmpty else { throw fields.error("press", "needs at least one key") }
        return (keys, try fields.milliseconds("every_ms", upTo: .seconds(60)) ?? .milliseconds(300))
    }

    private static func interruption(
        _ fields: ScenarioFields, _ recording: (String) -> [UInt8]?
    ) throws(ScenarioError) -> Interruption {
        guard fields.has("say") != fields.has("press") else {
            throw ScenarioError(fields.path, "an interruption needs one of say and press, not both")
        }
        if let press = try press(fields) { return .press(press.keys, every: press.pause) }
        return .say(try CallerSound(fields, recording))
    }
}

extension CallerSound {
    private static let kinds = ["tone", "bursts", "noise", "cough", "wav"]

    /// The member `say` of a step.
    fileprivate init(_ step: ScenarioFields, _ recording: (String) -> [UInt8]?) throws(ScenarioError) {
        guard let fields = try step.object("say", known: ["sound", "ms", "level_db", "hz", "file"]) else {
            throw step.error("say", "is missing")
        }
        let name = try fields.text("sound") ?? "tone"
        if name == "wav" {
            for extra in ["ms", "level_db", "hz"] where fields.has(extra) {
                throw fields.error(extra, "a recording has its own; take it out")
            }
            let audio = try Self.recording(fields, recording)
            self.init(.recording(audio), length: .nanoseconds(audio.nanoseconds))
            return
        }
        if fields.has("file") { throw fields.error("file", "belongs to \"sound\": \"wav\"") }
        if name != "tone", fields.has("hz") { throw fields.error("hz", "belongs to \"sound\": \"tone\"") }
        let kind: Kind =
            switch name {
            case "tone": .tone(hertz: try fields.number("hz", 50...3_400) ?? 440)
            case "bursts": .bursts
            case "noise": .noise
            case "cough": .cough
            default: throw fields.error("sound", "must be one of \(Self.kinds.joined(separator: ", "))")
            }
        guard let length = try fields.milliseconds("ms", from: 1, upTo: Self.longest) else {
            throw fields.error("ms", "is missing: how long the sound lasts")
        }
        self.init(kind, length: length, level: try fields.number("level_db", -90...0) ?? -14)
    }

    private static func recording(
        _ fields: ScenarioFields, _ recording: (String) -> [UInt8]?
    ) throws(ScenarioError) -> PCM16 {
        guard let file = try fields.text("file"), !file.isEmpty else { throw fields.error("file", "is missing: the WAV file") }
        guard let bytes = recording(file) else {
            throw fields.error("file", "\(file) cannot be read; its place is told from the scenario's folder")
        }
        let audio: PCM16
        do {
            audio = try WAV(decoding: bytes).mono
        } catch {
            throw fields.error("file", "\(file): \(error)")
        }
        guard audio.nanoseconds <= longest.nanoseconds else {
            throw fields.error("file", "\(file) is longer than \(longest.milliseconds / 1_000) s")
        }
        return audio
    }
}
