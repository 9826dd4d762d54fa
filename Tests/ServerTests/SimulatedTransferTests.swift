import Bots
import Call
import Foundation
import Net
import Pipeline
import Providers
import Simulation
import Testing

@testable import CLI
@testable import Server

/// Orders a transfer at once; ends the call when it comes back, or when it is refused.
private struct HandingBot: Bot {
    let name = "handing"
    let heard: HeardTransfer

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        heard.note { $0.calls.append(call) }
        return BotPipeline([Desk(heard: heard, isBack: call.resumption != nil)])
    }

    struct Desk: Processor {
        let heard: HeardTransfer
        let isBack: Bool

        mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
            context.push(frame, direction)
            switch frame.content {
            case .start:
                context.push(Frame(.outputDTMF([.one, .pound])))
                let order = TransferOrder(to: PhoneNumber("+12025550177"), timeout: 20, resumeAt: "desk")
                context.push(isBack ? Frame(.end(.completed)) : Frame(.transfer(order)))
            case .transferAnswered(let answer):
                heard.note { $0.answers.append(answer) }
                if answer != .accepted { context.push(Frame(.end(.completed))) }
            default: break
            }
        }
    }
}

/// A placed call, from `POST /start` through the simulated provider's own reading of our documents to its end.
@Suite struct SimulatedTransferTests {
    private static let environment: [String: String] = [
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001", "TWILIO_AUTH_TOKEN": "made-up",
        "TELNYX_API_KEY": "KEYmade-up", "TELNYX_CONNECTION_ID": "1234567890", "PLIVO_AUTH_ID": "MAMADEUPMADEUPMADEUP",
        "PLIVO_AUTH_TOKEN": "made-up", "VONAGE_APPLICATION_ID": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001",
        "VONAGE_PRIVATE_KEY": (try? String(contentsOf: TransferBench.key, encoding: .utf8)) ?? "",
    ]

    private final class Stage {
        let result = SimulatedAPIResult()
        let group: EventLoopGroup
        let server: TestServer
        let place = JournalPlace()
        let heard = HeardTransfer()
        private(set) var id = ""

        init(_ provider: String, _ fate: String, talk: String = "0.1") throws {
            let plan = try SimulatedAPIPlan(
                [
                    "--api", "--port", "0", "--provider", provider, "--numbers", "+12025550177=\(fate)", "--ring-seconds", "0",
                    "--answer-seconds", "30", "--transfer-seconds", talk,
                ][...], SimulatedTransferTests.environment)
            group = try SimulatedAPICommand.start(plan, result)
            let heard = heard, base = "http://127.0.0.1:\(group.port)", place = place
            server = try TestServer {
                $0.journal = place.path
                $0.bots = BotCatalog([HandingBot(heard: heard), SpyBot(box: CallBox())])
                $0.bot = "handing"
                var values = SimulatedTransferTests.environment
                values[provider.uppercased() + "_API_BASE"] = base
                values[provider.uppercased() + "_PHONE_NUMBER"] = "+12025550100"
                $0.settings = ProviderSettings(values.mapValues { Secret($0) })
            }
            let answer = try TestHTTP(
                "POST", "/start", port: server.port, headers: [("Content-Type", "application/json")],
                body: #"{"phone_number":"+12025550123","provider":"\#(provider)"}"#)
            #expect(answer.status == 201, "\(answer.body)")
            id = try #require(answer.json["call_id"] as? String)
        }

        func call() throws -> [String: Any] { try TestHTTP("GET", "/calls/\(id)", port: server.port).json }

        func waitForEnd() throws -> [String: Any] {
            for _ in 1...60_000 {
                let call = try call()
                if call["status"] as? String == "ended", call["termination"] != nil { return call }
            }
            throw TestSocket.Broken(what: "the call has not ended: \(try call()) \(server.log.text)")
        }

        func ledger() throws -> CallLedger.Entry {
            group.stop(grace: .zero)
            group.wait()
            let ledger = try #require(result.ledger)
            return try #require(ledger.calls.first)
        }
    }

    @Test(arguments: ["twilio", "plivo", "vonage"], ["busy", "rejected", "failed"])
    func `a placed call comes back when the telephone does not answer`(provider: String, fate: String) throws {
        let stage = try Stage(provider, fate)
        let call = try stage.waitForEnd()
        // Where the provider closes the stream at once, its end may come before the provider's yes.
        #expect(stage.heard.notes.answers.allSatisfy { $0 == .accepted })
        #expect(stage.heard.notes.calls.map(\.id) == [stage.id, stage.id])
        let outcome: DialEnd = fate == "failed" ? .failed : fate == "rejected" && provider == "vonage" ? .rejected : .busy
        #expect(stage.heard.notes.calls.last?.resumption == Resumption(place: "desk", outcome: outcome))
        #expect(call["reason"] as? String == "completed" && call["termination"] as? String == "completed")
        let entry = try stage.ledger()
        #expect(entry.transferEnd?.rawValue == fate && entry.end == .completed)
        #expect(stage.result.complaints == [:])
    }

    @Test(arguments: ["twilio", "telnyx", "plivo", "vonage"])
    func `a placed call ends when the two have talked`(provider: String) throws {
        let stage = try Stage(provider, "answered")
        let call = try stage.waitForEnd()
        #expect(stage.heard.notes.answers.allSatisfy { $0 == .accepted } && stage.heard.notes.calls.count == 1)
        #expect(call["reason"] as? String == "completed")
        #expect(["transferred", "caller-hung-up"].contains(call["termination"] as? String))
        let entry = try stage.ledger()
        #expect(entry.transferEnd == .completed && entry.end == .completed)
        #expect(entry.keys == (provider == "telnyx" ? "1#" : ""))
        #expect(stage.result.complaints == [:])
    }

    @Test func `a telephone that Telnyx could not bridge leaves the caller with the bot`() throws {
        let stage = try Stage("telnyx", "busy")
        let call = try stage.waitForEnd()
        #expect(stage.heard.notes.answers == [.refused("nobody answered: busy")])
        #expect(stage.heard.notes.calls.count == 1)
        #expect(call["reason"] as? String == "completed" && call["termination"] as? String == "completed")
        #expect(try stage.ledger().transferEnd == .busy)
    }
}
