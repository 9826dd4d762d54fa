import Audio
import Call
import Testing

@testable import Pipeline

/// What the pacer believes was heard, against a far end that counts for itself.
struct PlaybackTests {
    private static let twilio = Telephone.Manners()
    private static let plivo = Telephone.Manners(throwsMarksBack: false, saysCleared: true)
    private static let mute = Telephone.Manners(there: .milliseconds(3), back: .milliseconds(2), buffer: .zero, returnsMarks: false)
    private static let far = Telephone.Manners(there: .milliseconds(180), back: .milliseconds(140), buffer: .milliseconds(80))

    private func milliseconds(_ telephone: Telephone) -> Int { telephone.played.count { $0.value > 0 } / 8 }

    @Test
    func `an utterance that is heard whole is confirmed, not estimated`() throws {
        let telephone = Telephone()
        telephone.say(0..<8_000)
        telephone.playout.endUtterance()
        telephone.run(.seconds(2))
        let report = try #require(telephone.reports.first)
        #expect(report.queuedMilliseconds == 1_000)
        #expect(report.sentMilliseconds == 1_000)
        #expect(report.heardMilliseconds == 1_000)
        #expect(!report.isEstimate && !report.wasInterrupted)
        #expect(milliseconds(telephone) == 1_000)
    }

    @Test
    func `the bot speaks from when its first sample is heard to when its last is`() throws {
        let telephone = Telephone()
        telephone.say(0..<8_000)
        telephone.playout.endUtterance()
        telephone.run(.seconds(2))
        var moments: [Moment] = []
        for (event, moment) in zip(telephone.news, telephone.newsAt) {
            switch event {
            case .botStarted, .botStopped: moments.append(moment)
            case .utterance, .confirmed, .cut: break
            }
        }
        // 30 ms there, 40 ms of buffer, the first packet, 20 ms back.
        #expect(moments == [.zero + .milliseconds(110), .zero + .milliseconds(1_090)])
        #expect(try #require(telephone.reports.first).heardAt == .zero + .milliseconds(90))
    }

    @Test(arguments: [twilio, plivo, far], [300, 437, 1_000, 1_755])
    func `an interrupted utterance is heard as far as the far end says`(_ manners: Telephone.Manners, _ after: Int) throws {
        let telephone = Telephone(manners)
        telephone.say(0..<24_000)
        telephone.playout.endUtterance()
        telephone.run(.milliseconds(after + 400))
        #expect(telephone.interrupt())
        telephone.run(.seconds(2))
        let report = try #require(telephone.reports.first)
        #expect(report.wasInterrupted && !report.isEstimate)
        #expect(abs(report.heardMilliseconds - milliseconds(telephone)) <= 5)
        #expect(report.queuedMilliseconds == 3_000)
    }

    @Test(arguments: [twilio, plivo], 0..<20)
    func `an uneven way there and back moves the account by no more than itself`(_ manners: Telephone.Manners, _ seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let telephone = Telephone(manners)
        telephone.wayJitter = { .milliseconds(Int.random(in: 0...15, using: &random)) }
        telephone.say(0..<24_000)
        telephone.run(.milliseconds(Int.random(in: 500...2_500, using: &random)))
        #expect(telephone.interrupt())
        telephone.run(.seconds(2))
        #expect(abs(try #require(telephone.reports.first).heardMilliseconds - milliseconds(telephone)) <= 20)
    }

    @Test
    func `without any confirmation the clock tells, and says that it is an estimate`() throws {
        let telephone = Telephone(Self.mute, profile: PlayoutProfile(packetSamples: 160, confirmsPlayback: false))
        telephone.say(0..<24_000)
        telephone.run(.milliseconds(700))
        #expect(telephone.interrupt())
        telephone.run(.milliseconds(100))
        let report = try #require(telephone.reports.first)
        #expect(report.isEstimate && report.wasInterrupted)
        #expect(abs(report.heardMilliseconds - milliseconds(telephone)) <= 20)
    }

    @Test
    func `a provider that never returns a mark costs a second, and after three times nothing`() throws {
        let telephone = Telephone(Self.mute)
        for _ in 0..<5 {
            telephone.say(0..<1_600)
            telephone.playout.endUtterance()
            telephone.run(.seconds(3))
        }
        #expect(telephone.reports.count == 5)
        let stops = zip(telephone.news, telephone.newsAt).compactMap { if case .botStopped = $0 { $1 } else { nil } }
        #expect(stops.first == .zero + .milliseconds(1_200))
        #expect(stops.last == .zero + .milliseconds(12_200))
        #expect(telephone.reports.allSatisfy { $0.isEstimate && $0.heardMilliseconds == 200 })
    }

    @Test
    func `a mark that a clear throws back is not playback`() throws {
        let telephone = Telephone(Telephone.Manners(there: .milliseconds(5), back: .milliseconds(5), buffer: .milliseconds(200)))
        telephone.say(0..<8_000)
        telephone.run(.milliseconds(320))
        #expect(telephone.interrupt())
        telephone.run(.seconds(1))
        let report = try #require(telephone.reports.first)
        #expect(abs(report.heardMilliseconds - milliseconds(telephone)) <= 20)
        #expect(report.heardMilliseconds < report.sentMilliseconds - 100)
    }

    @Test
    func `nothing is cleared when nothing is playing`() {
        let telephone = Telephone()
        #expect(!telephone.interrupt())
        telephone.say(0..<1_600)
        telephone.playout.endUtterance()
        telephone.run(.seconds(1))
        #expect(!telephone.interrupt())
        #expect(telephone.clears.isEmpty)
    }

    @Test
    func `what is queued and not begun is dropped without a word to the provider`() throws {
        let telephone = Telephone()
        telephone.playout.hold(at: telephone.now)
        telephone.say(0..<8_000)
        telephone.run(.milliseconds(100))
        #expect(!telephone.interrupt())
        let report = try #require(telephone.reports.first)
        #expect(report.heardMilliseconds == 0 && report.sentMilliseconds == 0 && report.queuedMilliseconds == 1_000)
        #expect(report.wasInterrupted && !report.isEstimate)
    }

    @Test(arguments: [1, 90, 400, 2_000])
    func `a pause loses no sample and says none twice`(_ length: Int) {
        let telephone = Telephone()
        telephone.say(0..<16_000)
        telephone.playout.endUtterance()
        telephone.run(.milliseconds(500))
        telephone.playout.hold(at: telephone.now)
        telephone.run(.milliseconds(length))
        telephone.playout.resume(at: telephone.now)
        telephone.run(.seconds(3))
        #expect(telephone.played.filter { $0.value > 0 }.map(\.value) == (0..<16_000).map { $0 % 30_000 + 1 })
        #expect(telephone.reports.first?.heardMilliseconds == 2_000)
        #expect(telephone.reports.first?.wasInterrupted == false)
    }

    @Test
    func `once it is known how late marks return, speech begins before its first mark does`() {
        let telephone = Telephone()
        for _ in 0..<2 {
            telephone.say(0..<8_000)
            telephone.playout.endUtterance()
            telephone.run(.seconds(2))
        }
        let starts = zip(telephone.news, telephone.newsAt).compactMap { if case .botStarted = $0 { $1 } else { nil } }
        // 30 ms there, 40 ms of buffer, 20 ms back, and the packet the first time.
        #expect(starts == [.zero + .milliseconds(110), .zero + .milliseconds(2_090)])
        #expect(telephone.reports.allSatisfy { !$0.isEstimate })
    }

    @Test
    func `a pause that nobody ends is over after its limit`() {
        let telephone = Telephone()
        telephone.say(0..<4_000)
        telephone.playout.endUtterance()
        telephone.playout.hold(at: telephone.now)
        telephone.run(Playout.longestHold)
        #expect(telephone.played.isEmpty)
        telephone.run(.seconds(2))
        #expect(telephone.reports.map(\.heardMilliseconds) == [500])
    }

    @Test
    func `an interruption during a pause drops what was held back`() throws {
        let telephone = Telephone()
        telephone.say(0..<16_000)
        telephone.run(.milliseconds(500))
        telephone.playout.hold(at: telephone.now)
        telephone.run(.milliseconds(60))
        telephone.interrupt()
        telephone.run(.seconds(2))
        let report = try #require(telephone.reports.first)
        #expect(abs(report.heardMilliseconds - milliseconds(telephone)) <= 5)
        #expect(telephone.played.count { $0.value > 0 } <= 4_640)
    }

    @Test
    func `what is said after an interruption has an account of its own`() throws {
        let telephone = Telephone()
        telephone.say(0..<16_000)
        telephone.run(.milliseconds(600))
        telephone.interrupt()
        telephone.say(20_000..<24_000)
        telephone.playout.endUtterance()
        telephone.run(.seconds(2))
        #expect(telephone.reports.map(\.number) == [1, 2])
        #expect(telephone.reports.last?.heardMilliseconds == 500)
        #expect(telephone.reports.last?.wasInterrupted == false)
        let first = telephone.played.count { (1...16_000).contains($0.value) } / 8
        #expect(abs(try #require(telephone.reports.first).heardMilliseconds - first) <= 5)
    }

    @Test
    func `a provider that finishes a packet is believed to have finished it`() throws {
        let profile = PlayoutProfile(packetSamples: 1_600, lead: .milliseconds(220), clearFinishesPacket: true)
        let manners = Telephone.Manners(
            there: .milliseconds(4), back: .milliseconds(4), buffer: .zero, throwsMarksBack: false, finishesPacket: true)
        for after in [430, 505, 770] {
            let telephone = Telephone(manners, profile: profile)
            telephone.say(0..<24_000)
            telephone.run(.milliseconds(after))
            #expect(telephone.interrupt())
            telephone.run(.seconds(2))
            #expect(try #require(telephone.reports.first).heardMilliseconds == milliseconds(telephone))
        }
    }

    private static let chunks = PlayoutProfile(packetSamples: 1_600, lead: .milliseconds(220), clearFinishesPacket: true)

    @Test(arguments: [0, 30, 90], 0..<30)
    func `a provider that finishes a packet is believed even when its answer is late`(_ buffer: Int, _ seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let manners = Telephone.Manners(
            there: .milliseconds(30), back: .milliseconds(30), buffer: .milliseconds(buffer), throwsMarksBack: false,
            finishesPacket: true)
        let telephone = Telephone(manners, profile: Self.chunks)
        telephone.wayJitter = { .milliseconds(Int.random(in: 0...15, using: &random)) }
        for turn in 1...3 {
            telephone.say(0..<24_000)
            let before = milliseconds(telephone)
            var other = SplitMix64(state: UInt64(100 * seed + turn))
            telephone.run(.milliseconds(Int.random(in: 700...1_900, using: &other)))
            #expect(telephone.interrupt())
            // What follows at once is played behind the packet that is being finished.
            if turn == 2 { telephone.say(24_000..<25_600) }
            telephone.run(.seconds(2))
            let report = try #require(telephone.reports.first { $0.number == (turn == 3 ? 4 : turn) })
            let said = milliseconds(telephone) - before - (turn == 2 ? 200 : 0)
            #expect(report.heardMilliseconds == said)
            #expect(!report.isEstimate)
            if turn == 2 {
                telephone.run(.seconds(1))
                let next = try #require(telephone.reports.first { $0.number == 3 })
                #expect(next.heardMilliseconds == 200 && !next.isEstimate)
            }
        }
    }

    @Test
    func `an utterance that is cut before its first mark is back was heard from a moment on`() throws {
        let telephone = Telephone(Self.far)
        telephone.say(0..<24_000)
        telephone.run(.milliseconds(380))
        #expect(telephone.interrupt())
        telephone.run(.seconds(2))
        let report = try #require(telephone.reports.first)
        #expect(milliseconds(telephone) > 0 && report.heardMilliseconds > 0)
        #expect(report.heardAt != nil)
    }

    @Test(arguments: [700, 1_010, 1_333])
    func `marks that come late and a clear that is answered at once leave the account right`(_ after: Int) throws {
        let telephone = Telephone(Telephone.Manners(throwsMarksBack: false, saysCleared: true, marksLate: .milliseconds(200)))
        telephone.say(0..<24_000)
        telephone.run(.milliseconds(after))
        #expect(telephone.interrupt())
        telephone.run(.seconds(2))
        let report = try #require(telephone.reports.first)
        #expect(abs(report.heardMilliseconds - milliseconds(telephone)) <= 5)
        #expect(!report.isEstimate)
    }

    @Test(arguments: [false, true], [350, 640, 1_010, 1_333])
    func `an answer to a clear that comes late does not lengthen what was heard`(_ saysCleared: Bool, _ after: Int) throws {
        let telephone = Telephone(
            Telephone.Manners(
                there: .milliseconds(30), back: .milliseconds(30), buffer: .zero, throwsMarksBack: !saysCleared,
                saysCleared: saysCleared, answersClearAfter: .milliseconds(300)))
        telephone.say(0..<24_000)
        telephone.run(.milliseconds(after))
        #expect(telephone.interrupt())
        telephone.run(.seconds(2))
        let report = try #require(telephone.reports.first)
        #expect(abs(report.heardMilliseconds - milliseconds(telephone)) <= 5)
        #expect(report.isEstimate)
    }

    @Test
    func `a break in playback is in the account after four marks`() throws {
        let telephone = Telephone(Telephone.Manners(there: .milliseconds(5), back: .milliseconds(5), buffer: .zero))
        var isLate = false
        telephone.wayJitter = { isLate ? .milliseconds(120) : .zero }
        telephone.say(0..<24_000)
        telephone.run(.milliseconds(600))
        isLate = true
        telephone.run(.milliseconds(5))
        isLate = false
        telephone.run(.milliseconds(600))
        #expect(telephone.interrupt())
        telephone.run(.seconds(2))
        #expect(abs(try #require(telephone.reports.first).heardMilliseconds - milliseconds(telephone)) <= 10)
    }

    @Test
    func `words are heard when their last sample is`() throws {
        let telephone = Telephone()
        telephone.say(0..<24_000)
        telephone.playout.append(
            [
                SpokenWord("one", start: .zero, end: .milliseconds(400)),
                SpokenWord("two", start: .milliseconds(500), end: .seconds(1)),
                SpokenWord("three", start: .seconds(1), end: .milliseconds(1_900)),
            ], at: telephone.now)
        telephone.run(.milliseconds(1_300))
        telephone.interrupt()
        telephone.run(.seconds(1))
        #expect(try #require(telephone.reports.first).textHeard == "one two")
    }

    @Test
    func `a bot that says no ends has ended after half a second`() {
        let telephone = Telephone()
        telephone.say(0..<1_600)
        telephone.run(.milliseconds(600))
        #expect(telephone.reports.isEmpty)
        telephone.run(.milliseconds(400))
        #expect(telephone.reports.map(\.heardMilliseconds) == [200])
        telephone.say(0..<1_600)
        telephone.run(.seconds(2))
        #expect(telephone.reports.map(\.number) == [1, 2])
    }

    @Test
    func `the end of the call closes every account`() throws {
        let telephone = Telephone()
        telephone.say(0..<16_000)
        telephone.playout.endUtterance()
        telephone.say(0..<16_000)
        telephone.run(.milliseconds(500))
        telephone.playout.finish(at: telephone.now)
        telephone.run(.milliseconds(1))
        #expect(telephone.reports.map(\.number) == [1, 2])
        #expect(abs(try #require(telephone.reports.first).heardMilliseconds - milliseconds(telephone)) <= 25)
        #expect(telephone.reports.last?.heardMilliseconds == 0)
    }
}
