import Call
import Testing
import Wire

/// What stands in a call's event log.
@Suite struct ConversationLinesTests {
    private static func at(_ milliseconds: Int64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }
    private static let stamp = EventLine.Stamp(
        callID: "call-1", provider: "twilio", providerCallID: "CA1", beganAt: at(1_000), unixTime: 1_795_236_900_123)

    /// Each line behind what all lines of a call have: its time and the event's own fields.
    private static func short(_ lines: [EventLine]) -> [String] {
        lines.map { line in
            let text = String(decoding: spell(line), as: UTF8.self)
            let milliseconds = (line.at - stamp.beganAt).milliseconds
            guard let event = text.range(of: #""event":""#) else { return text }
            return "\(milliseconds) " + text[event.upperBound...].dropLast(2).replacing("\"", with: "")
        }
    }

    private static func spell(_ line: EventLine) -> [UInt8] {
        var bytes: [UInt8] = []
        line.write(stamp, into: &bytes)
        return bytes
    }

    private func lines(_ events: [(Int64, ConversationEvent)], keepsKeys: Bool = false) -> [String] {
        var lines = ConversationLines(beganAt: Self.at(1_000), keepsKeys: keepsKeys)
        return Self.short(events.flatMap { lines.lines(of: $1, at: Self.at($0)) } + lines.finish())
    }

    private static func report(
        _ number: Int, queuedAt: Int64, heard: Int = 0, wasInterrupted: Bool = true, textHeard: String? = nil
    ) -> ConversationEvent {
        .utterance(
            UtteranceReport(
                number: number, queued: .milliseconds(900), sent: .milliseconds(500), heard: .milliseconds(heard), isEstimate: true,
                wasInterrupted: wasInterrupted, textHeard: textHeard, queuedAt: at(queuedAt)))
    }

    @Test func `a line has the time, the ids and the event, and is JSON that ends with a line feed`() throws {
        var lines = ConversationLines(beganAt: Self.at(1_000), keepsKeys: false)
        let line = try #require(lines.lines(of: .userIdle(2), at: Self.at(2_877)).first)
        #expect(
            String(decoding: Self.spell(line), as: UTF8.self)
                == #"{"time":"2026-11-21T04:55:02.000Z","t_ms":1877,"call_id":"call-1","provider":"twilio","#
                + #""provider_call_id":"CA1","event":"user_idle","count":2}"# + "\n")
    }

    @Test func `each event has its name and its fields`() {
        let heard = UtteranceReport(
            number: 3, queued: .milliseconds(1_200), sent: .milliseconds(1_100), heard: .nanoseconds(1_099_900_000),
            textHeard: "good day", queuedAt: Self.at(1_100), sentAt: Self.at(1_120), heardAt: Self.at(1_170))
        let events: [ConversationEvent] = [
            .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .outputPaused, .outputResumed,
            .utterance(heard), .key(.five), .keysSent([.one, .pound]), .transcription(Transcription("yes", isFinal: false)),
            .transcription(Transcription("no", userID: "guest")), .botText("good \"day\"\n"),
            .turn(.init(number: 4, duration: .milliseconds(2_500), wasInterrupted: true)),
            .latency(.init(queued: .milliseconds(300), sent: .milliseconds(310), isEstimate: true)), .userIdle(1),
            .transferAsked(timeout: 30), .transferAnswered(.accepted), .transferAnswered(.refused("no route")),
            .handedOver(bot: "echo"), .bot("menu", ["place": "main", "a": "1"]),
        ]
        #expect(
            lines(events.map { (1_000, $0) }) == [
                "0 user_started_speaking", "0 user_stopped_speaking", "0 bot_started_speaking", "0 bot_stopped_speaking",
                "0 output_paused", "0 output_resumed",
                "0 utterance,number:3,queued_ms:1200,sent_ms:1100,heard_ms:1099,estimated:false,interrupted:false,"
                    + "text_heard:good day,queued_at_ms:100,sent_at_ms:120,heard_at_ms:170",
                "0 key,key:masked", "0 keys_sent,keys:masked,count:2", "0 transcription,speaker:user,text:yes,final:false",
                "0 transcription,speaker:user,text:no,final:true,user_id:guest",
                #"0 transcription,speaker:bot,text:good \day\\n,final:true"#,
                "0 turn,number:4,duration_ms:2500,interrupted:true", "0 latency,queued_ms:300,sent_ms:310,estimated:true",
                "0 user_idle,count:1", "0 transfer_asked,timeout_secs:30", "0 transfer_answered,accepted:true",
                "0 transfer_answered,accepted:false,reason:no route", "0 handed_over,bot:echo",
                "0 bot,name:menu,values:{a:1,place:main}",
            ])
        #expect(
            lines([(1_000, .key(.five)), (1_000, .keysSent([.one, .pound]))], keepsKeys: true)
                == ["0 key,key:5", "0 keys_sent,keys:1#,count:2"])
    }

    @Test func `an interruption and the account of what it cut are one line, with the time of the interruption`() {
        let lines = lines([
            (3_000, .interruption), (3_050, .userStartedSpeaking),
            (3_200, Self.report(1, queuedAt: 2_000, heard: 480, textHeard: "good")),
        ])
        #expect(
            lines == [
                "2050 user_started_speaking",
                "2000 interruption,heard_ms:480,queued_ms:900,sent_ms:500,estimated:true,text_heard:good,utterance:1,queued_at_ms:1000",
            ])
    }

    @Test func `an interruption that cut nothing is told once its account can no longer come, or at the end`() {
        let idle = [(Int64(4_900), ConversationEvent.userIdle(1)), (5_001, .userIdle(2)), (5_002, .userIdle(3))]
        #expect(
            lines([(3_000, .interruption)] + idle) == [
                "3900 user_idle,count:1", "2000 interruption,heard_ms:0,estimated:false", "4001 user_idle,count:2",
                "4002 user_idle,count:3",
            ])
        #expect(lines([(3_000, .interruption)]) == ["2000 interruption,heard_ms:0,estimated:false"])
    }

    @Test func `two interruptions in one second keep their own accounts`() {
        let both = lines([
            (3_000, .interruption), (3_400, .interruption), (3_500, Self.report(1, queuedAt: 2_000, heard: 100)),
            (3_600, Self.report(2, queuedAt: 3_100, heard: 200)),
        ])
        #expect(both.map { $0.prefix(31) } == ["2000 interruption,heard_ms:100,", "2400 interruption,heard_ms:200,"])
        // The first one came while nobody spoke.
        let second = lines([
            (3_000, .interruption), (3_400, .interruption), (3_500, Self.report(1, queuedAt: 3_100, heard: 200)),
        ])
        #expect(second.map { $0.prefix(29) } == ["2000 interruption,heard_ms:0,", "2400 interruption,heard_ms:20"])
    }

    @Test func `a key in a bot's own line is masked like any other`() {
        let event = ConversationEvent.bot("menu", ["menu": "main", "key": "42"])
        #expect(lines([(1_000, event)])[0].contains("values:{key:masked,menu:main}"))
        #expect(lines([(1_000, event)], keepsKeys: true)[0].contains("values:{key:42,menu:main}"))
    }

    @Test func `what waited behind the cut utterance is no interruption of its own, nor is a cut that nobody made`() {
        let two = lines([
            (3_000, .interruption), (3_200, Self.report(1, queuedAt: 2_000, heard: 100)), (3_201, Self.report(2, queuedAt: 2_500)),
            (3_300, .interruption), (3_400, Self.report(3, queuedAt: 3_250, heard: 10)),
        ])
        #expect(two.map { $0.prefix(20) } == ["2000 interruption,he", "2201 utterance,numbe", "2300 interruption,he"])
        #expect(two[1].contains("interrupted:true"))
        #expect(lines([(3_000, Self.report(1, queuedAt: 2_000))]).map { $0.prefix(14) } == ["2000 utterance"])
    }

    @Test func `what a bot says to the key that interrupts it is not what that key cut`() {
        let chain = lines([
            (3_000, .interruption), (3_200, Self.report(1, queuedAt: 2_000, heard: 100)), (4_000, .interruption),
            (4_200, Self.report(2, queuedAt: 3_000, heard: 300)), (4_900, Self.report(3, queuedAt: 4_000, heard: 400)),
        ])
        #expect(
            chain.map { $0.prefix(31) } == [
                "2000 interruption,heard_ms:100,", "3000 interruption,heard_ms:300,", "3900 utterance,number:3,queued_",
            ])
        // Nothing was cut by the key, and the end of the call cut the answer.
        let silent = lines([(3_000, .interruption), (3_900, Self.report(1, queuedAt: 3_000, heard: 400))])
        #expect(silent.map { $0.prefix(28) } == ["2000 interruption,heard_ms:0", "2900 utterance,number:1,queu"])
    }

    @Test func `no flood of interruptions makes the log hold more than a few`() {
        var lines = ConversationLines(beganAt: Self.at(1_000), keepsKeys: false)
        let written = (0..<1_000).reduce(0) { sum, _ in sum + lines.lines(of: .interruption, at: Self.at(2_000)).count }
        #expect(written == 984)
        #expect(lines.finish().count == 16)
    }

    @Test(arguments: [
        ("call +15551234567 now", "call …67 now"), ("+1 (555) 123-45.67, please", "…67, please"),
        ("+15551234567+4930123456", "…67…56"), ("2 + 2 is 4, +123456 too", "2 + 2 is 4, +123456 too"), ("+", "+"),
        ("a + 1234567", "a …67"), ("order 15551234567", "order 15551234567"),
    ])
    func `a telephone number in any text is masked`(text: String, masked: String) {
        #expect(lines([(1_000, .botText(text))]) == ["0 transcription,speaker:bot,text:\(masked),final:true"])
        #expect(lines([(1_000, .bot("x", [text: text]))]) == ["0 bot,name:x,values:{\(masked):\(masked)}"])
    }

    @Test func `a text of any length, and any number of values, make a line of bounded length`() throws {
        let long = String(repeating: "é", count: 100_000)
        var lines = ConversationLines(beganAt: .zero, keepsKeys: false)
        let said = try #require(lines.lines(of: .botText(long), at: .zero).first)
        let value = try JSONValue(parsing: Self.spell(said).dropLast())
        let text = try #require(value["text"]?.string)
        #expect(text.utf8.count == EventLine.longestText - 1 && text.hasSuffix("é…"))
        let values = Dictionary(uniqueKeysWithValues: (100..<200).map { ("\($0)", "v") })
        let bot = try #require(lines.lines(of: .bot("x", values), at: .zero).first)
        guard case .object(let kept)? = try JSONValue(parsing: Self.spell(bot).dropLast())["values"] else {
            Issue.record("no values")
            return
        }
        #expect(kept.keys.sorted() == (100..<132).map { "\($0)" })
        #expect(ConversationEvent.bot("x", values).textLength == 401 && ConversationEvent.botText(long).textLength == 200_000)
    }
}
