import Call
import Wire

extension Expectation {
    private static let others = ["segments", "whole_once", "voice", "tone", "exact_echo", "keys", "ending"]

    /// Reads an object of expectations, in the order of their names.
    static func list(_ value: JSONValue, at path: String) throws(ScenarioError) -> [Expectation] {
        let fields = try ScenarioFields(value, at: path, known: others + Measure.allCases.map(\.rawValue))
        var list: [Expectation] = []
        for measure in Measure.allCases {
            guard let value = fields[measure.rawValue] else { continue }
            list.append(.bound(measure, try Bound(value, at: fields.place(measure.rawValue))))
        }
        for name in others where fields.has(name) { list.append(try read(name, fields)) }
        return list
    }

    private static func read(_ name: String, _ fields: ScenarioFields) throws(ScenarioError) -> Expectation {
        switch name {
        case "segments":
            guard let pattern = try fields.text(name).flatMap({ SegmentPattern($0) }) else {
                throw fields.error(name, "must be like \"0-11\" or \"0-* 12-15\"; \"\" when none may be heard")
            }
            return .segments(pattern)
        case "whole_once":
            guard let pattern = try fields.text(name).flatMap({ SegmentPattern($0) }), pattern.parts.count == 1,
                case .whole(let range) = pattern.parts[0]
            else { throw fields.error(name, "must be like \"0-11\"") }
            return .wholeOnce(range)
        case "voice": return .voice(try fields.whole(name, 0...3) ?? 0)
        case "tone":
            guard let tone = try fields.object(name, known: ["hz", "level_db"]),
                let hertz = try tone.number("hz", 50...20_000), let level = tone["level_db"]
            else { throw fields.error(name, "must be like {\"hz\": 440, \"level_db\": {\"min\": -12, \"max\": -8}}") }
            return .tone(hertz: hertz, try Bound(level, at: tone.place("level_db")))
        case "exact_echo":
            guard try fields.flag(name) else { throw fields.error(name, "must be true; leave it out if it is not wanted") }
            return .exactEcho
        case "keys": return .keys(try fields.keys(name) ?? [])
        default:
            let endings: [CallEnding] = [.callerHungUp, .serverClosed, .brokenOff, .dropped]
            guard let ending = try fields.text(name).flatMap({ CallEnding(rawValue: $0) }), endings.contains(ending) else {
                throw fields.error(name, "must be one of \(endings.map(\.rawValue).joined(separator: ", "))")
            }
            return .ending(ending)
        }
    }
}

extension Bound {
    fileprivate init(_ value: JSONValue, at path: String) throws(ScenarioError) {
        if case .number(let number) = value {
            self.init(minimum: number, maximum: number)
            return
        }
        let fields = try ScenarioFields(value, at: path, known: ["min", "max"])
        let range = -1_000_000_000.0...1_000_000_000
        self.init(minimum: try fields.number("min", range), maximum: try fields.number("max", range))
        guard minimum != nil || maximum != nil else { throw ScenarioError(path, "needs min, max or both") }
        guard minimum ?? -.infinity <= maximum ?? .infinity else { throw ScenarioError(path, "min is above max") }
    }
}
