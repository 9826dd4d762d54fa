import Call
import Pipeline
import Testing

/// The cases of Pipecat's `test_turn_tracking_observer.py` and `test_user_bot_latency_observer.py`, and those of our own times.
struct ConversationTrackerTests {
    private func at(_ milliseconds: Int) -> Moment { .zero + .milliseconds(milliseconds) }

    private func turn(_ number: Int, _ milliseconds: Int, interrupted: Bool = false) -> ConversationEvent {
        .turn(ConversationEvent.Turn(number: number, duration: .milliseconds(milliseconds), wasInterrupted: interrupted))
    }

    private func report(queued: Int, sent: Int? = nil, heard: Int? = nil, isEstimate: Bool = false) -> UtteranceReport {
        UtteranceReport(
            number: 1, isEstimate: isEstimate, queuedAt: at(queued), sentAt: sent.map { at($0) }, heardAt: heard.map { at($0) })
    }

    private func latency(_ queued: Int, _ sent: Int?, _ heard: Int?, isEstimate: Bool = false) -> ConversationEvent {
        .latency(
            ConversationEvent.TurnLatency(
                queued: .milliseconds(queued), sent: sent.map { .milliseconds($0) }, heard: heard.map { .milliseconds($0) },
                isEstimate: isEstimate))
    }

    // MARK: Turns

    @Test func `the first turn begins with the call and ends when the caller speaks after the bot`() {
        var tracker = ConversationTracker(at: .zero)
        #expect(tracker.userStarted(at: at(1_000)) == nil)
        tracker.userStopped(at: at(2_000))
        tracker.botStarted(at: at(3_000))
        tracker.botStopped(at: at(4_000))
        #expect(tracker.wake == at(6_500))
        #expect(tracker.poll(at: at(6_499)) == nil)
        #expect(tracker.userStarted(at: at(5_000)) == turn(1, 5_000))
        #expect(tracker.wake == nil)
        tracker.botStarted(at: at(6_000))
        tracker.botStopped(at: at(7_000))
        #expect(tracker.poll(at: at(9_500)) == turn(2, 2_000))
        #expect(tracker.poll(at: at(9_500)) == nil && tracker.wake == nil)
        #expect(tracker.ended(at: at(9_600)) == nil, "no turn is open")
    }

    @Test func `a caller who speaks twice before the bot has one turn`() {
        var tracker = ConversationTracker(at: .zero)
        #expect(tracker.userStarted(at: at(100)) == nil)
        tracker.userStopped(at: at(200))
        #expect(tracker.userStarted(at: at(300)) == nil)
    }

    @Test func `speech into the bot's words interrupts the turn, and the bot's stop after it ends nothing`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.botStarted(at: at(100))
        #expect(tracker.userStarted(at: at(1_000)) == turn(1, 1_000, interrupted: true))
        #expect(tracker.interrupted(at: at(1_000)) == nil)
        tracker.botStopped(at: at(1_010))
        #expect(tracker.wake == nil)
        #expect(tracker.ended(at: at(3_000)) == turn(2, 2_000, interrupted: true))
    }

    @Test func `a key that interrupts begins a turn, and speech right after it is of the same`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.botStarted(at: at(100))
        #expect(tracker.interrupted(at: at(1_000)) == turn(1, 1_000, interrupted: true))
        #expect(tracker.userStarted(at: at(1_000)) == nil)
        #expect(tracker.interrupted(at: at(1_500)) == nil)
        tracker.botStarted(at: at(2_000))
        tracker.botStopped(at: at(3_000))
        #expect(tracker.ended(at: at(4_000)) == turn(2, 2_000), "its last word was said")
    }

    @Test func `a bot that starts and stops again goes on with the turn`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.botStarted(at: at(100))
        tracker.botStopped(at: at(200))
        tracker.botStarted(at: at(2_600))
        #expect(tracker.wake == nil)
        tracker.botStopped(at: at(3_000))
        #expect(tracker.poll(at: at(5_500)) == turn(1, 3_000))
    }

    @Test func `after a turn is over only the caller begins the next`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.botStarted(at: at(100))
        tracker.botStopped(at: at(200))
        #expect(tracker.poll(at: at(2_700)) == turn(1, 200))
        tracker.botStarted(at: at(5_000))
        tracker.botStopped(at: at(6_000))
        #expect(tracker.wake == nil)
        #expect(tracker.userStarted(at: at(10_000)) == nil)
        #expect(tracker.ended(at: at(11_000)) == turn(2, 1_000, interrupted: true))
    }

    @Test func `a turn whose time is long over ends with the bot's word, however late that is asked`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.botStarted(at: at(100))
        tracker.botStopped(at: at(200))
        #expect(tracker.userStarted(at: at(9_000)) == turn(1, 200))
        #expect(tracker.ended(at: at(9_500)) == turn(2, 500, interrupted: true))
    }

    // MARK: Latency

    @Test func `the waiting is counted from the caller's last sound`() {
        var tracker = ConversationTracker(stop: .milliseconds(800), at: .zero)
        _ = tracker.userStarted(at: at(1_000))
        tracker.userStopped(at: at(3_800))
        #expect(tracker.utterance(report(queued: 3_900, sent: 3_910, heard: 4_000)) == latency(900, 910, 1_000))
        #expect(tracker.utterance(report(queued: 4_500, sent: 4_510, heard: 4_600)) == nil, "only the first")
        _ = tracker.userStarted(at: at(6_000))
        tracker.userStopped(at: at(7_500), silence: .milliseconds(500))
        #expect(tracker.utterance(report(queued: 8_000, isEstimate: true)) == latency(1_000, nil, nil, isEstimate: true))
    }

    @Test func `what the bot says without being asked is no answer`() {
        var tracker = ConversationTracker(at: .zero)
        #expect(tracker.utterance(report(queued: 100, sent: 100, heard: 200)) == nil)
        _ = tracker.userStarted(at: at(1_000))
        tracker.userStopped(at: at(3_000))
        #expect(tracker.utterance(report(queued: 900, sent: 900, heard: 950)) == nil, "it was queued before the last sound")
        #expect(tracker.utterance(report(queued: 2_300, sent: 3_100, heard: 3_200)) == latency(100, 900, 1_000))
    }

    @Test func `an answer that is interrupted counts, though its account comes in the next turn`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.userStopped(at: at(1_800))
        tracker.botStarted(at: at(2_500))
        _ = tracker.userStarted(at: at(4_000))
        #expect(tracker.utterance(report(queued: 2_000, sent: 2_100, heard: 2_500)) == latency(1_000, 1_100, 1_500))
        tracker.userStopped(at: at(6_800))
        #expect(tracker.utterance(report(queued: 7_000, heard: 7_100)) == latency(1_000, nil, 1_100))
    }

    @Test func `an answer that nobody had heard when the caller went on is none`() {
        var tracker = ConversationTracker(at: .zero)
        tracker.userStopped(at: at(1_800))
        _ = tracker.userStarted(at: at(2_000))
        tracker.userStopped(at: at(3_800))
        #expect(tracker.utterance(report(queued: 1_900)) == nil)
        #expect(tracker.utterance(report(queued: 4_000, sent: 4_010, heard: 4_100)) == latency(1_000, 1_010, 1_100))
    }

    @Test func `silences that nobody answers take no memory, and the latest are measured`() {
        var tracker = ConversationTracker(at: .zero)
        for second in 1...1_000 {
            tracker.userStopped(at: at(second * 1_000))
            _ = tracker.userStarted(at: at(second * 1_000 + 100))
        }
        #expect(tracker.utterance(report(queued: 5_000, heard: 5_050)) == nil)
        #expect(tracker.utterance(report(queued: 1_000_010, heard: 1_000_050)) == latency(810, nil, 850))
    }
}
