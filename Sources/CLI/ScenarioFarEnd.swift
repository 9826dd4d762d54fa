import Bots
import Call
import Pipeline
import Providers
import Simulation
import SpeexAudio

/// The engine in this process as the far end of a rehearsed call: no socket, no clock.
struct ScenarioFarEnd: FarEnd {
    /// Owned by exactly one far end.
    private final class Box {
        var call: LocalCall
        init(_ call: consuming LocalCall) { self.call = call }
    }

    private let box: Box

    /// - Parameter bot: what answers when the scenario names none.
    init(_ call: ScenarioCall, _ index: Int, bot: String, bots: BotCatalog, dialects: [any ProviderDialect], at now: Moment) {
        let query = call.options
        let name = call.bot ?? bot
        let answer: LocalCall.Successor = { info in
            guard let bot = bots[info.bot] else { return .refused(.refused, reason: "no bot is named \(info.bot)") }
            do throws(BotError) {
                return .admitted(info, try bot.pipeline(for: info))
            } catch {
                return .refused(.botFailed, reason: "bot \(info.bot): \(error.description)")
            }
        }
        box = Box(
            LocalCall(
                dialects: dialects, resamplers: SpeexResamplerFactory(), at: now,
                door: { answer(CallInfo(id: "rehearsal-\(index + 1)", stream: $0, query: query, bot: name)) }, successor: answer))
    }

    mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        box.call.receive(message, kind, at: now)
    }

    mutating func connectionClosed(code: UInt16?, at now: Moment) { box.call.handle(.closed(code: code), at: now) }

    mutating func poll(at now: Moment, into message: inout MessageBuffer) -> FarEndOutput {
        while let output = box.call.poll(at: now, into: &message) {
            switch output {
            case .send: return .send
            case .close: return .close
            case .hangUp, .event, .log, .finished: continue
            }
        }
        return .idle(wake: box.call.wake)
    }
}
