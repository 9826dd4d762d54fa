import Capture
import Testing

@Suite struct CaptureTests {
    @Test func `entries with the same content are equal`() {
        #expect(CaptureEntry(at: 1, .inward, .text("a")) == CaptureEntry(at: 1, .inward, .text("a")))
        #expect(CaptureEntry(at: 1, .inward, .text("a")) != CaptureEntry(at: 2, .inward, .text("a")))
    }
}
