import Bots
import Call
import Pipeline
import Providers
import Simulation
import SpeexAudio

/// The engine, without a socket, as the far end of a rehearsed call.
final class EngineFarEnd: FarEnd {
    private var call: LocalCall

    init(_ rehearsed: ScenarioCall, bots: BotCatalog = .builtIn) {
        let query = rehearsed.options
        let name = rehearsed.bot ?? "echo"
        call = LocalCall(dialects: Provider.all, resamplers: SpeexResamplerFactory(), at: .zero) { start in
            let info = CallInfo(id: "rehearsal", stream: start, query: query, bot: name)
            guard let pipeline = try? bots[name]?.pipeline(for: info) else {
                return .refused(.refused, reason: "no such bot")
            }
            return .admitted(info, pipeline)
        }
    }

    func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) { call.receive(message, kind, at: now) }
    func connectionClosed(code: UInt16?, at now: Moment) { call.handle(.closed(code: code), at: now) }

    func poll(at now: Moment, into message: inout MessageBuffer) -> FarEndOutput {
        while let output = call.poll(at: now, into: &message) {
            switch output {
            case .send: return .send
            case .close: return .close
            case .hangUp, .event, .log, .finished: continue
            }
        }
        return .idle(wake: call.wake)
    }
}

/// The scenarios of `Tests/Fixtures/scenarios`.
enum Rehearsals {
    static func scenario(_ name: String) throws -> Scenario {
        let bytes = try Fixtures.bytes("scenarios/\(name).json")
        let scenario = try Scenario(parsing: bytes) { try? Fixtures.bytes("scenarios/\($0)") }
        return name == "hour-long" ? try shortened(bytes) : scenario
    }

    /// One minute of the hour-long call: an hour takes a while in a build for debugging.
    private static func shortened(_ bytes: [UInt8]) throws -> Scenario {
        let text = String(decoding: bytes, as: UTF8.self)
            .replacing("14400", with: "240").replacing("14403", with: "243")
            .replacing("3601020", with: "61020").replacing("3600980", with: "60980")
        return try Scenario(parsing: Array(text.utf8)) { _ in nil }
    }

    /// - Parameter wrap: puts something between the engine and the call with the given number.
    static func play(
        _ scenario: Scenario, _ provider: PlayedProvider, bots: BotCatalog = .builtIn,
        wrap: (Int, any FarEnd) -> any FarEnd = { $1 }
    ) throws -> [CallVerdict] {
        var rehearsal = try VirtualRehearsal(scenario, provider, resamplers: SpeexResamplerFactory()) { index, call, _ in
            wrap(index, EngineFarEnd(call, bots: bots))
        }
        return try rehearsal.run()
    }

    static func report(_ scenario: Scenario, _ provider: PlayedProvider) throws -> String {
        var report = RehearsalReport()
        report.rehearsals = [
            Rehearsal(scenario: scenario.name, file: "", provider: provider, outcome: .judged(try play(scenario, provider)))
        ]
        return report.text + String(decoding: report.json.bytes, as: UTF8.self)
    }
}
