import Audio
import Bots
import Call
import Testing

@testable import Pipeline

struct CallFuzzTests {
    /// A bot that does anything at all, but the same for the same seed.
    private struct Fool: Processor {
        var random: SplitMix64

        mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
            switch Int.random(in: 0..<60, using: &random) {
            case 0: context.broadcastInterruption()
            case 1: context.push(.end(.completed), .upstream)
            case 2: context.push(.end(.canceled))
            case 3..<9:
                context.push(.outputAudioRaw(.silence(milliseconds: Int.random(in: 0...900, using: &random), rate: .hz8000)))
            case 9..<12: context.push(.outputAudioRaw(.silence(milliseconds: 33, rate: .hz24000)))
            case 12: context.push(Frame(.outputAudioRaw(.silence(milliseconds: 70, rate: .hz16000)), isInterruptible: false))
            case 13..<16: context.push(.mark("m"))
            case 16: context.push(.outputDTMF([.one]))
            case 17: context.push(.ttsStopped)
            case 18: context.push(.error("e"), .upstream)
            case 19: return
            case 20: context.wake(at: context.now + .milliseconds(Int.random(in: -5...50, using: &random)))
            case 21: context.push(.cancel(.botFailed), Bool.random(using: &random) ? .upstream : .downstream)
            default: break
            }
            context.push(frame, direction)
        }

        mutating func wake(_ context: inout ProcessorContext) {
            context.push(.outputAudioRaw(.silence(milliseconds: 20, rate: .hz22050)))
            if Bool.random(using: &random) { context.wake(at: context.now) }
        }
    }

    @Test(arguments: UInt64(0)..<300)
    func `whatever comes in whatever order, a call finishes once and then is still`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var dialect = FakeDialect()
        if Bool.random(using: &random) {
            dialect.profile = PlayoutProfile(packetSamples: 1_600, lead: .milliseconds(220), confirmsPlayback: false)
        }
        var limits = CallLimits()
        limits.idle = .seconds(Int.random(in: 1...20, using: &random))
        let bot = BotPipeline([
            Fool(random: SplitMix64(state: seed &+ 1)), Echo(delay: .milliseconds(30)), Fool(random: SplitMix64(state: seed &+ 2)),
        ])
        let run = CallRun(bot, dialect: dialect, limits: limits)
        let messages = [
            "start", "start", "audio:1,160", "audio:1,160", "audio:5,77", "level:3000", "key:1", "mark:m", "mark:trunkline-end",
            "junk",
            "error:9", "slow", "start+audio", "{", "[]", "stop",
        ]
        for _ in 0..<400 {
            switch Int.random(in: 0..<400, using: &random) {
            case 0: run.handle(.closed(code: nil))
            case 1: run.handle(.closed(code: 1000))
            case 2: run.handle(.cancel(Termination.allCases.randomElement(using: &random) ?? .shutdown))
            case 3: run.handle(.refused(.refused, reason: "no"))
            case 4: run.push(.end(.completed))
            case 5..<10: run.push(.interruption)
            case 10..<15:
                let start = StreamStart(provider: ProviderName("fake"))
                run.handle(.admitted(CallInfo(id: "2", stream: start), BotPipeline([])))
            case 15..<25: run.admits.toggle()
            case 25..<150: run.advance(.milliseconds(Int.random(in: 0...40, using: &random)))
            case 150..<160: run.now = run.now + .milliseconds(Int.random(in: 0...2_000, using: &random))
            case 160..<170: run.poll()
            default:
                // The last of them ends the call; it is rare.
                let last = messages.count - (Int.random(in: 0..<50, using: &random) == 0 ? 1 : 2)
                run.receive(
                    messages[Int.random(in: 0...last, using: &random)],
                    Int.random(in: 0..<30, using: &random) == 0 ? .binary : .text)
            }
            run.poll()
            if let wake = run.wake { #expect(wake > run.now) }
        }
        run.handle(.closed(code: 1000))
        let lines = run.takeLines()
        #expect(lines.filter { $0.hasPrefix("finished") }.count == 1)
        #expect(lines.last?.hasPrefix("finished") == true)
        #expect(lines.filter { $0 == "hangUp" }.count <= 1)
        run.receive("start")
        run.receive("audio:1,160")
        run.advance(.seconds(20_000))
        #expect(run.lines.isEmpty)
        #expect(run.wake == nil)
    }
}
