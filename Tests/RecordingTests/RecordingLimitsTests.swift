import Recording
import Testing

struct RecordingLimitsTests {
    @Test func `a sample waits longer than the account of an interruption takes`() {
        #expect(RecordingLimits.settling > .seconds(1))
    }
}
