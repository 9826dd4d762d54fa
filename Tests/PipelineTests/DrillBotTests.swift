import Audio
import Bots
import Call
import Foundation
import Testing
import Wire

@testable import Pipeline

struct DrillBotTests {
    private func tones(_ run: DrillRun, voice: Int = 0) -> [HeardTones.Run] { HeardTones(run.heard, voice: voice).tones }
    private func whole(_ numbers: some Sequence<Int>, _ milliseconds: Int = 250) -> [HeardTones.Run] {
        numbers.map { HeardTones.Run(tone: $0 % 24, milliseconds: milliseconds) }
    }

    // MARK: What it says

    @Test(arguments: 0..<4)
    func `a greeting is exact tones in a row without a gap`(voice: Int) throws {
        let run = try DrillRun(["voice": "\(voice)", "greet": "30"])
        run.step(times: 400)
        #expect(HeardTones(run.heard, voice: voice).runs.dropLast() == whole(0..<30)[...])
        for segment in 0..<30 {
            let samples = Array(run.heard[segment * 2_000..<segment * 2_000 + 2_000])
            let meter = ToneMeter(hertz: Double(300 + 25 * (4 * (segment % 24) + voice)), rate: .hz8000)
            #expect(abs(meter.level(of: samples.span) + 10) < 0.02)
            #expect(abs(Loudness(samples.span).rms + 10) < 0.02)
        }
        for boundary in 1..<30 {
            let hertz = Double(300 + 25 * (4 * max((boundary - 1) % 24, boundary % 24) + voice))
            let step = abs(Int(run.heard[boundary * 2_000]) - Int(run.heard[boundary * 2_000 - 1]))
            // A sine of -10 dBFS moves no further from one sample to the next, wherever it stands.
            #expect(Double(step) <= 2 * 10_363 * sin(.pi * hertz / 8_000) + 1)
        }
        #expect(run.confirmed == (0..<30).map { "s\($0)" })
    }

    @Test(arguments: [SampleRate.hz8000, .hz16000, .hz24000])
    func `the audio is made at the outbound rate, and nothing is converted`(rate: SampleRate) throws {
        var dialect = FakeDialect()
        dialect.outbound = rate
        dialect.profile = .frames(at: rate)
        let stream = StreamStart(provider: dialect.name, outbound: MediaFormat(.linear16, rate))
        let bot = try DrillBot().pipeline(for: CallInfo(id: "1", stream: stream))
        let run = CallRun(bot, dialect: dialect, resamplers: FakeResamplers(refused: rate))
        run.receive("start")
        run.advance(.seconds(4))
        #expect(run.logs.isEmpty)
        #expect(run.audio.count == rate.hertz * 3)
        let last = Array(run.audio[(rate.hertz * 11 / 4)...])
        #expect(abs(ToneMeter(hertz: 1_400, rate: rate).level(of: last.span) + 10) < 0.02)
    }

    @Test
    func `segments of an odd length are each heard whole`() throws {
        let run = try DrillRun(["segment_ms": "370", "greet": "9"])
        run.step(times: 200)
        #expect(tones(run) == whole(0..<9, 370))
    }

    /// At 1 kHz: what is counted is time, not pitch.
    @Test
    func `a greeting of an hour never overflows playout`() throws {
        let rate = try #require(SampleRate(hertz: 1_000))
        let profile = PlayoutProfile(packetSamples: 250, lead: .milliseconds(500))
        let run = try DrillRun(["greet": "14400"], dialect: FakeDialect(profile: profile, outbound: rate), stepTime: 250)
        run.step(.absent, times: 4 * 3_602)
        #expect(run.counters.droppedSamples == 0)
        #expect(run.confirmed == (0..<14_400).map { "s\($0)" })
    }

    @Test
    func `a long greeting goes on by the clock where nothing is confirmed`() throws {
        let run = try DrillRun(["greet": "400", "segment_ms": "100", "interrupt": "off"])
        run.returnsMarks = false
        run.step(.absent, times: 50 * 41)
        #expect(run.counters.droppedSamples == 0)
        #expect(tones(run) == whole(0..<400, 100))
    }

    @Test
    func `no more than five seconds are handed over ahead of the clock, and no less while there is more`() throws {
        var pushed = Duration.zero
        let count = Step { frame, _, _ in
            if case .outputAudioRaw(let audio) = frame.content { pushed += .nanoseconds(audio.nanoseconds) }
            return true
        }
        let stream = StreamStart(provider: ProviderName("fake"), parameters: ["greet": "100", "segment_ms": "310"])
        let run = CallRun.started(try DrillBot().pipeline(for: CallInfo(id: "1", stream: stream)).processors + [count])
        for _ in 0..<500 {
            run.advance(.milliseconds(50))
            let ahead = pushed - (run.now - .zero)
            #expect(ahead <= .seconds(5) && ahead > .milliseconds(4_690))
        }
    }

    // MARK: What it reacts to

    @Test
    func `speech interrupts when it has lasted long enough`() throws {
        let run = try DrillRun(["greet": "40", "reply": "0", "speech_ms": "120"])
        run.step(times: 50)
        run.step(.speech, times: 5)
        #expect(run.clears == 0)
        run.step(.speech)
        #expect(run.clears == 1)
        run.step(.speech, times: 50)
        run.step(times: 200)
        #expect(run.clears == 1)
        #expect(run.counters.interruptions == 1)
        #expect(tones(run).count == 5)
    }

    @Test
    func `a cough that is too short does nothing, and two of them neither`() throws {
        let run = try DrillRun(["greet": "12"])
        run.step(times: 20)
        for _ in 0..<2 {
            run.step(.speech, times: 5)
            run.step(times: 2)
        }
        run.step(times: 200)
        #expect(run.clears == 0)
        #expect(tones(run) == whole(0..<12))
    }

    @Test
    func `a key interrupts at once`() throws {
        let run = try DrillRun(["greet": "40"])
        run.step(times: 50)
        run.press("5")
        #expect(run.clears == 1)
        run.step(times: 200)
        #expect(tones(run).count == 4)
    }

    @Test(arguments: ["speech", "keys", "both", "off"])
    func `only what may interrupt does`(option: String) throws {
        let spoken = try DrillRun(["greet": "40", "interrupt": option])
        spoken.step(times: 10)
        spoken.step(.speech, times: 20)
        #expect(spoken.clears == (option == "speech" || option == "both" ? 1 : 0))
        let keyed = try DrillRun(["greet": "40", "interrupt": option])
        keyed.step(times: 10)
        keyed.press("1")
        #expect(keyed.clears == (option == "keys" || option == "both" ? 1 : 0))
    }

    @Test
    func `speech and keys interrupt nothing when nothing is said`() throws {
        let run = try DrillRun(["greet": "2", "reply": "0"])
        run.step(times: 60)
        run.step(.speech, times: 20)
        run.press("1")
        #expect(run.counters.interruptions == 0)
    }

    @Test
    func `it replies each time the caller has stopped speaking, and counts on`() throws {
        let run = try DrillRun(["greet": "2", "reply": "3"])
        run.step(times: 60)
        for _ in 0..<3 {
            run.step(.speech, times: 30)
            run.step(times: 15)
            let before = run.heard.count
            run.step(times: 60)
            #expect(run.heard[before] == 0 && run.heard[before + 1] != 0)
        }
        #expect(tones(run) == whole(0..<11))
        #expect(run.clears == 0)
    }

    @Test
    func `a reply waits for the end of what cannot be interrupted`() throws {
        let run = try DrillRun(["greet": "8", "reply": "2", "interrupt": "off"])
        run.step(times: 10)
        run.step(.speech, times: 10)
        run.step(times: 200)
        #expect(HeardTones(run.heard, voice: 0).runs.dropLast() == whole(0..<10)[...])
    }

    @Test
    func `after an interruption it is silent until the caller stops, and then replies`() throws {
        let run = try DrillRun(["greet": "40", "reply": "4"])
        run.step(times: 22)
        run.step(.speech, times: 100)
        run.step(times: 100)
        let runs = HeardTones(run.heard, voice: 0).runs
        #expect(runs.compactMap(\.tone) == [0, 1, 2, 40 % 24, 41 % 24, 42 % 24, 43 % 24])
        #expect(runs.first { $0.tone == nil }.map(\.milliseconds) ?? 0 >= 2_100)
    }

    @Test
    func `keys are said back in order`() throws {
        let run = try DrillRun(["greet": "0", "keys": "repeat", "interrupt": "off"])
        for key in "0123456789*#ABCD" { run.press(String(key)) }
        run.step(times: 250)
        #expect(HeardTones(run.heard, voice: 0).runs.dropLast() == whole(0..<16)[...])
        run.press("7")
        run.press("7")
        run.step(times: 50)
        #expect(tones(run).last == HeardTones.Run(tone: 7, milliseconds: 500))
        #expect(run.confirmed.suffix(2) == ["s7", "s7"])
    }

    @Test
    func `more keys than can wait are refused`() throws {
        let run = try DrillRun(["greet": "0", "keys": "repeat", "interrupt": "off", "segment_ms": "100"])
        for _ in 0..<1_000 { run.press("3") }
        run.step(times: 50 * 40)
        #expect(tones(run).reduce(0) { $0 + $1.milliseconds } == 25_600)
        #expect(run.counters.droppedSamples == 0)
    }

    // MARK: How it ends

    @Test(arguments: ["never", "after_greeting", "after_reply", "on_pound"], ["stop", "resume", "restart"])
    func `it hangs up when it should, and what waits is played first`(option: String, then: String) throws {
        let run = try DrillRun(["greet": "24", "reply": "6", "hang_up": option, "then": then])
        if option == "on_pound" { run.press("#") }
        run.step(times: 301)
        #expect(tones(run) == whole(0..<24))
        #expect(run.isOver == (option == "after_greeting" || option == "on_pound"))
        run.step(.speech, times: 10)
        run.step(times: 100)
        #expect(run.isOver == (option != "never"))
        if option == "after_reply" { #expect(tones(run) == whole(0..<30)) }
        if option != "never" { #expect(run.words.suffix(3) == ["hangUp", "close 1000 completed", "finished completed"]) }
    }

    @Test
    func `a greeting that was interrupted for good is over, and so is the call`() throws {
        let run = try DrillRun(["greet": "40", "hang_up": "after_greeting"])
        run.step(times: 20)
        run.press("1")
        run.step(times: 60)
        #expect(run.isOver)
    }

    // MARK: Options

    @Test(arguments: [
        ("voice", "4"), ("voice", "-1"), ("segment_ms", "99"), ("segment_ms", "1001"), ("greet", "40001"), ("greet", "1.5"),
        ("reply", ""), ("interrupt", "Speech"), ("speech_ms", "39"), ("speech_ms", "2001"), ("then", "wait"), ("keys", "on"),
        ("hang_up", "soon"), ("greet", "99999999999999999999"),
    ])
    func `an option with a value that is not allowed is refused by name`(option: String, value: String) {
        let call = CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fake"), parameters: [option: value]))
        let error = #expect(throws: BotError.self) { _ = try DrillBot().pipeline(for: call) }
        #expect(error?.description.hasPrefix("\(option) must be ") == true)
    }

    @Test
    func `options come from a stream parameter, the query, the webhook or the body, in this order`() throws {
        let places: [[String: String]] = [["greet": "1"], ["greet": "2"], ["greet": "3"]]
        for first in 0..<4 {
            let call = CallInfo(
                id: "1", stream: StreamStart(provider: ProviderName("fake"), parameters: first > 0 ? [:] : places[0]),
                webhook: first > 2 ? [:] : places[2], query: first > 1 ? [:] : places[1],
                body: .object(["greet": .number(4)]))
            let run = CallRun(try DrillBot().pipeline(for: call))
            run.receive("start")
            run.advance(.seconds(3))
            #expect(run.lines.filter { $0.hasPrefix("mark:") }.count == first + 1)
        }
    }
}
