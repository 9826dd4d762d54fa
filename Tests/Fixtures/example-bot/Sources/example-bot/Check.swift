import Audio
import Bots
import Call
import Foundation
import Pipeline
import SpeexAudio

/// Plays one Acme call against the louder bot on a virtual clock, with no socket: how a bot is tested.
enum Check {
    static func run() -> Bool {
        var engine = CallEngine(dialects: [AcmeDialect()], limits: CallLimits(), resamplers: SpeexResamplerFactory(), at: .zero)
        var buffer = MessageBuffer()
        var heard: [UInt8] = []
        var termination: Termination?

        func pump(_ engine: inout CallEngine, at now: Moment) {
            while true {
                switch engine.poll(at: now, into: &buffer) {
                case .send where buffer.kind == .binary: heard += buffer.message
                case .send where buffer.text.hasPrefix("MARK "):
                    let played = "PLAYED " + buffer.text.dropFirst(5)
                    engine.receive(Array(played.utf8).span, .text, at: now)
                case .admit(let start):
                    let call = CallInfo(id: "check", stream: start)
                    guard let bot = try? LouderBot().pipeline(for: call) else { return }
                    engine.handle(.admitted(call, bot), at: now)
                case .finished(let word):
                    termination = word
                    return
                case .idle: return
                case .send, .log, .event, .hangUp, .close, .transfer, .handOver, .record, .sendKeys: break
                }
            }
        }

        engine.receive(Array("ACME call-7".utf8).span, .text, at: .zero)
        pump(&engine, at: .zero)
        let frame: [UInt8] = (0..<320).flatMap { _ in [100, 0] as [UInt8] }
        for index in 0..<50 {
            let now = Moment.zero + .milliseconds(20 * index)
            engine.receive(frame.span, .binary, at: now)
            pump(&engine, at: now)
        }
        engine.receive(Array("KEY #".utf8).span, .text, at: .zero + .seconds(1))
        pump(&engine, at: .zero + .seconds(1))

        let expected: [UInt8] = (0..<50 * 320).flatMap { _ in [200, 0] as [UInt8] }
        let isGood = heard == expected && termination == .completed
        print(
            isGood
                ? "example-bot: 1 s of audio came back twice as loud, # ended the call"
                : "example-bot: FAILED, \(heard.count) bytes heard, ended with \(termination?.rawValue ?? "nothing")")
        return isGood
    }
}
