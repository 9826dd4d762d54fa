import Dialing
import Testing

@Suite struct DialStatusTests {
    @Test func `an ended call says why it ended`() {
        #expect(DialStatus.ended(.busy).end == .busy)
        #expect(DialStatus.ended(.busy).word == "ended")
        #expect(DialStatus.ringing.end == nil)
    }
}
