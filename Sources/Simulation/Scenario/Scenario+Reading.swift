import Audio
import Call
import Wire

extension Scenario {
    /// Largest file. A scenario is a page of text.
    public static let largestFile = 1 << 20

    private static let callKeys = [
        "bot", "options", "network", "provider", "caller", "expect", "expect_for", "limit_ms",
    ]

    /// Reads a scenario file.
    ///
    /// - Parameter recording: the bytes of a WAV file that the scenario names; `nil` when it cannot be read.
    /// - Throws: ``ScenarioError`` at the first mistake.
    public init(parsing bytes: [UInt8], recording: (String) -> [UInt8]?) throws(ScenarioError) {
        guard bytes.count <= Self.largestFile else {
            throw ScenarioError("", "a scenario file has at most \(Self.largestFile) bytes, this one has \(bytes.count)")
        }
        let value: JSONValue
        do throws(WireError) {
            value = try JSONValue(parsing: bytes, at: "the file")
        } catch {
            throw ScenarioError("", error.description)
        }
        let fields = try ScenarioFields(value, at: "", known: ["name", "about", "providers", "calls"] + Self.callKeys)
        guard let name = try fields.text("name"), !name.isEmpty else { throw fields.error("name", "is missing") }
        self.name = name
        about = try fields.text("about") ?? ""
        providers = try Self.providers(fields)
        let common = try ScenarioCall().reading(fields, recording)
        if let entries = try fields.list("calls", most: Self.mostCalls) {
            calls = []
            for (index, (value, path)) in entries.enumerated() {
                let own = try ScenarioFields(value, at: path, known: ["name", "starts_at_ms"] + Self.callKeys)
                var call = try common.reading(own, recording)
                call.name = try own.text("name") ?? "call \(index + 1)"
                call.startsAt = try own.milliseconds("starts_at_ms") ?? .zero
                calls.append(call)
            }
        } else {
            calls = [common]
        }
        guard !calls.isEmpty else { throw fields.error("calls", "needs at least one call") }
        for (index, call) in calls.enumerated() where call.script.isEmpty {
            throw ScenarioError(
                fields.has("calls") ? "calls[\(index)].caller" : "caller", "is missing: a list of what the caller does")
        }
    }

    private static func providers(_ fields: ScenarioFields) throws(ScenarioError) -> [PlayedProvider] {
        let known = PlayedProvider.allCases.map(\.rawValue).joined(separator: ", ")
        guard let value = fields["providers"] else { return PlayedProvider.allCases }
        if case .string("all") = value { return PlayedProvider.allCases }
        guard case .array(let values) = value, !values.isEmpty else {
            throw fields.error("providers", "must be \"all\" or a list out of \(known)")
        }
        var providers: [PlayedProvider] = []
        for (index, value) in values.enumerated() {
            guard let provider = value.string.flatMap({ PlayedProvider(rawValue: $0) }) else {
                throw fields.error("providers[\(index)]", "must be one of \(known)")
            }
            if !providers.contains(provider) { providers.append(provider) }
        }
        return providers
    }
}

extension ScenarioCall {
    /// The call with what an object of the file says about it in place of what stands here.
    fileprivate func reading(
        _ fields: ScenarioFields, _ recording: (String) -> [UInt8]?
    ) throws(ScenarioError) -> ScenarioCall {
        var call = self
        if let bot = try fields.text("bot") { call.bot = bot == "any" ? nil : bot }
        if fields.has("options") { call.options = try Self.options(fields) }
        if let limit = try fields.milliseconds("limit_ms", from: 100) { call.limit = limit }
        if fields.has("network") { call.network = try Netem(fields) }
        if fields.has("provider") { call.provider = try ProviderHabits(fields) }
        if let steps = try fields.list("caller", most: Scenario.mostSteps) {
            call.script = []
            for (value, path) in steps { call.script.append(try CallerStep(value, at: path, recording)) }
        }
        if let value = fields["expect"] {
            call.expectations = try Expectation.list(value, at: fields.place("expect"))
        }
        if let own = try fields.object("expect_for", known: PlayedProvider.allCases.map(\.rawValue)) {
            for provider in PlayedProvider.allCases {
                guard let value = own[provider.rawValue] else { continue }
                call.providerExpectations[provider] = try Expectation.list(value, at: own.place(provider.rawValue))
            }
        }
        return call
    }

    private static func options(_ fields: ScenarioFields) throws(ScenarioError) -> [String: String] {
        guard case .object(let members)? = fields["options"] else { throw fields.error("options", "must be an object in braces") }
        var options: [String: String] = [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .string(let text): options[name] = text
            case .number: options[name] = String(decoding: value.bytes, as: UTF8.self)
            case .bool(let flag): options[name] = flag ? "true" : "false"
            case .null, .array, .object: throw fields.error("options.\(name)", "must be text, a number, true or false")
            }
        }
        return options
    }
}

extension ProviderHabits {
    fileprivate init(_ fields: ScenarioFields) throws(ScenarioError) {
        let known = ["jitter_buffer_ms", "swaps_media", "numeric_fields", "ends_without_stop"]
        guard let own = try fields.object("provider", known: known) else { return }
        jitterBuffer = try own.milliseconds("jitter_buffer_ms", upTo: .seconds(5)) ?? jitterBuffer
        swapsMedia = try own.flag("swaps_media")
        numericFields = try own.flag("numeric_fields")
        endsWithoutStop = try own.flag("ends_without_stop")
    }
}

extension Netem {
    private static let longestDelay = Duration.seconds(10)

    fileprivate init(_ fields: ScenarioFields) throws(ScenarioError) {
        let both = ["delay_ms", "jitter_ms", "stalls"]
        let known = both + ["to_bot", "to_caller", "drop_at_ms", "seed"]
        guard let own = try fields.object("network", known: known) else { return }
        toBot = try Self.way(own, Way())
        toCaller = toBot
        if let way = try own.object("to_bot", known: both) { toBot = try Self.way(way, toBot) }
        if let way = try own.object("to_caller", known: both + ["bytes_per_second", "reads_nothing"]) {
            toCaller = try Self.way(way, toCaller)
            toCaller.bytesPerSecond = try way.whole("bytes_per_second", 100...1_000_000_000)
            toCaller.readPauses = try Self.stalls(way, "reads_nothing")
        }
        dropsAt = try own.milliseconds("drop_at_ms")
        seed = UInt64(try own.whole("seed", 0...1_000_000_000) ?? 1)
    }

    private static func way(_ fields: ScenarioFields, _ usual: Way) throws(ScenarioError) -> Way {
        var way = usual
        way.delay = try fields.milliseconds("delay_ms", upTo: longestDelay) ?? way.delay
        way.jitter = try fields.milliseconds("jitter_ms", upTo: longestDelay) ?? way.jitter
        if fields.has("stalls") { way.stalls = try stalls(fields, "stalls") }
        return way
    }

    private static func stalls(_ fields: ScenarioFields, _ name: String) throws(ScenarioError) -> [Stall] {
        var stalls: [Stall] = []
        for (value, path) in try fields.list(name, most: 100) ?? [] {
            let own = try ScenarioFields(value, at: path, known: ["at_ms", "ms"])
            guard let at = try own.milliseconds("at_ms") else { throw own.error("at_ms", "is missing") }
            guard let length = try own.milliseconds("ms", from: 1, upTo: .seconds(600)) else {
                throw own.error("ms", "is missing")
            }
            stalls.append(Stall(at: at, length: length))
        }
        return stalls.sorted { $0.at < $1.at }
    }
}
