import Audio
import Call
import Pipeline
import Testing

struct UserTurnTests {
    private static let voice = VoiceReading(isSpeech: true, confidence: 1, level: -20)
    private static let held = VoiceReading(isSpeech: true, confidence: 0, level: -60)
    private static let quiet = VoiceReading(isSpeech: false, confidence: 0, level: -60)

    /// The numbers, from 1, of the readings that changed something.
    private func changes(_ turn: inout UserTurn, _ readings: [VoiceReading]) -> [Int: UserTurn.Change] {
        var found: [Int: UserTurn.Change] = [:]
        for (index, reading) in readings.enumerated() { found[index + 1] = turn.add(reading) }
        return found
    }

    private func run(_ count: Int, of reading: VoiceReading) -> [VoiceReading] { Array(repeating: reading, count: count) }

    @Test func `a turn begins after 200 ms of speech and ends after 800 ms without`() {
        var turn = UserTurn()
        #expect(changes(&turn, run(30, of: Self.voice) + run(60, of: Self.quiet)) == [10: .started, 70: .stopped])
        #expect(!turn.isSpeaking && turn.silenceToStop == nil)
    }

    @Test func `a cough under the start time begins no turn, however the detector holds its end`() {
        var turn = UserTurn()
        let cough = run(9, of: Self.voice) + run(5, of: Self.held) + run(3, of: Self.quiet)
        #expect(changes(&turn, cough + cough).isEmpty)
    }

    @Test func `a pause under the stop time ends no turn and the held end counts as silence`() {
        var turn = UserTurn(UserTurn.Times(start: .milliseconds(40), stop: .milliseconds(200)))
        let readings = run(5, of: Self.voice) + run(5, of: Self.held) + run(4, of: Self.quiet) + run(5, of: Self.voice)
        #expect(changes(&turn, readings) == [2: .started])
        #expect(turn.silenceToStop == .milliseconds(200))
        #expect(changes(&turn, run(5, of: Self.held) + run(5, of: Self.quiet)) == [10: .stopped])
    }

    @Test func `times of zero follow the detector`() {
        var turn = UserTurn(UserTurn.Times(start: .zero, stop: .milliseconds(-5)))
        #expect(changes(&turn, [Self.voice, Self.quiet, Self.voice]) == [1: .started, 2: .stopped, 3: .started])
    }

    @Test func `a gap is silence of its length`() {
        var turn = UserTurn()
        _ = changes(&turn, run(10, of: Self.voice))
        #expect(turn.addSilence(.milliseconds(799)) == nil)
        #expect(turn.addSilence(.seconds(-1)) == nil)
        #expect(turn.addSilence(.milliseconds(1)) == .stopped)
        #expect(turn.addSilence(.nanoseconds(Int64.max)) == nil)
        _ = changes(&turn, run(9, of: Self.voice))
        #expect(turn.addSilence(.milliseconds(300)) == nil)
        #expect(changes(&turn, run(9, of: Self.voice)).isEmpty)
    }
}

struct UserIdleTests {
    private func at(_ seconds: Int) -> Moment { .zero + .seconds(seconds) }

    @Test func `the caller is asked once for each time that the bot stops, then the call ends`() {
        var idle = UserIdle(askAfter: .seconds(5), endAfter: .seconds(20))
        #expect(idle.wake == nil && idle.poll(at: at(100)) == nil)
        idle.botStarted()
        idle.botStopped(at: at(10))
        #expect(idle.wake == at(15))
        #expect(idle.poll(at: at(14)) == nil)
        #expect(idle.poll(at: at(15)) == .askAgain)
        #expect(idle.poll(at: at(15)) == nil)
        #expect(idle.wake == at(30))
        idle.botStarted()
        #expect(idle.wake == nil)
        idle.botStopped(at: at(18))
        #expect(idle.wake == at(23))
        #expect(idle.poll(at: at(23)) == .askAgain)
        #expect(idle.poll(at: at(30)) == .hangUp)
        #expect(idle.wake == nil && idle.poll(at: at(99)) == nil)
    }

    @Test func `speech and keys begin the waiting anew`() {
        var idle = UserIdle(askAfter: nil, endAfter: .seconds(10))
        idle.botStopped(at: at(0))
        idle.keyPressed()
        #expect(idle.wake == nil)
        idle.botStopped(at: at(8))
        #expect(idle.wake == at(18))
        idle.userStarted()
        idle.botStopped(at: at(12))
        #expect(idle.wake == nil)
        idle.userStopped()
        #expect(idle.wake == nil)
        idle.botStopped(at: at(20))
        #expect(idle.wake == at(30))
    }

    @Test func `zero is never`() {
        var idle = UserIdle(askAfter: .zero, endAfter: .zero)
        idle.botStopped(at: at(0))
        #expect(idle.wake == nil && idle.poll(at: at(1_000_000)) == nil)
    }
}
