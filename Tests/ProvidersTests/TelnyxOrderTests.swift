import Audio
import Call
import Testing

@testable import Providers

@Suite struct `Telnyx's media in order` {
    /// Numbers in, numbers out, at the given milliseconds.
    private struct Run {
        var order = TelnyxOrder()
        var passed: [Int] = []

        mutating func insert(_ numbers: Int..., at milliseconds: Int64 = 0) {
            for number in numbers {
                var events: [CallEvent] = []
                order.insert(number, PCM16(samples: [Int16(number)], rate: .hz8000), at: Run.moment(milliseconds), into: &events)
                take(events)
            }
        }

        mutating func release(at milliseconds: Int64) {
            var events: [CallEvent] = []
            order.release(at: Run.moment(milliseconds), into: &events)
            take(events)
        }

        private mutating func take(_ events: [CallEvent]) {
            for case .audio(let audio) in events { passed += audio.samples.map { Int($0) } }
        }

        static func moment(_ milliseconds: Int64) -> Moment { .zero + .milliseconds(milliseconds) }
    }

    @Test func `what comes in order passes at once and asks for no wake`() {
        var run = Run()
        for number in 7..<2_000 {
            run.insert(number)
            #expect(run.order.wake == nil)
        }
        #expect(run.passed == Array(7..<2_000))
        #expect(run.order.dropped == 0)
    }

    @Test func `an early message passes after 60 ms, no sooner`() {
        var run = Run()
        run.insert(1, at: 0)
        run.insert(3, at: 20)
        run.insert(4, at: 40)
        #expect(run.order.wake == Run.moment(80))
        run.release(at: 79)
        #expect(run.passed == [1])
        run.release(at: 80)
        #expect(run.passed == [1, 3, 4])
        #expect(run.order.wake == nil)
    }

    @Test func `each gap has its own wait`() {
        var run = Run()
        run.insert(1, at: 0)
        run.insert(3, at: 20)
        run.insert(5, at: 50)
        run.release(at: 80)
        #expect(run.passed == [1, 3])
        #expect(run.order.wake == Run.moment(110))
        run.insert(4, at: 100)
        #expect(run.passed == [1, 3, 4, 5])
    }

    @Test func `the wait counts although nobody calls release`() {
        var run = Run()
        run.insert(1, at: 0)
        run.insert(3, at: 20)
        run.insert(4, at: 90)
        #expect(run.passed == [1, 3, 4])
    }

    @Test func `the missing message is used when it comes with the deadline`() {
        var run = Run()
        run.insert(1, at: 0)
        run.insert(3, at: 0)
        run.insert(2, at: 60)
        #expect(run.passed == [1, 2, 3])
        #expect(run.order.dropped == 0)
    }

    @Test func `what comes too late is dropped and counted`() {
        var run = Run()
        run.insert(1, 3, at: 0)
        run.release(at: 60)
        run.insert(2, at: 61)
        run.insert(4, at: 62)
        #expect(run.passed == [1, 3, 4])
        #expect(run.order.dropped == 1)
    }

    @Test func `any shuffle within the window comes out whole`() {
        var disorder = Disorder(11)
        for _ in 0..<200 {
            var run = Run()
            var numbers = Array(0..<60)
            for start in stride(from: 1, to: 60, by: TelnyxOrder.maximumWaiting) {
                numbers[start..<min(start + TelnyxOrder.maximumWaiting, 60)].shuffle(using: &disorder)
            }
            for number in numbers { run.insert(number) }
            #expect(run.passed == Array(0..<60))
        }
    }

    @Test func `numbers at the ends of the range trap nothing`() {
        var order = TelnyxOrder()
        var events: [CallEvent] = []
        for number in [Int.max, .min, 0, .max, .max - 1, .min, -1, .min + 1, .max] {
            order.insert(number, PCM16(samples: [1], rate: .hz8000), at: .zero, into: &events)
        }
        order.flush(into: &events)
        #expect(events.count + order.dropped == 9)
    }

    @Test func `when the first two are swapped none is lost`() throws {
        var serializer = TelnyxDialect().makeSerializer()
        var events: [CallEvent] = []
        let start = Array(#"{"event":"start","stream_id":"s","start":{"call_control_id":"c"}}"#.utf8)
        try serializer.decode(start.span, .text, at: .zero, into: &events)
        for (chunk, payload) in [(2, "AA=="), (1, "/w=="), (3, "gA==")] {
            let media = Array(#"{"event":"media","media":{"chunk":"\#(chunk)","payload":"\#(payload)"}}"#.utf8)
            try serializer.decode(media.span, .text, at: .zero, into: &events)
        }
        let samples = events.compactMap { if case .audio(let audio) = $0 { audio.samples } else { nil } }
        #expect(samples == [[0], [-32_124], [32_124]])
    }

    @Test func `a stream that was joined late begins where it was joined`() throws {
        var serializer = TelnyxDialect().makeSerializer()
        var events: [CallEvent] = []
        let start = Array(#"{"event":"start","stream_id":"s","start":{"call_control_id":"c"}}"#.utf8)
        try serializer.decode(start.span, .text, at: .zero, into: &events)
        let media = Array(#"{"event":"media","media":{"chunk":"900","payload":"/w=="}}"#.utf8)
        try serializer.decode(media.span, .text, at: .zero, into: &events)
        #expect(events.count == 2 && serializer.wake == nil)
    }

    @Test func `a serializer wakes for what waits and releases it`() throws {
        var serializer = TelnyxDialect().makeSerializer()
        var events: [CallEvent] = []
        func media(_ chunk: Int) -> [UInt8] { Array(#"{"event":"media","media":{"chunk":"\#(chunk)","payload":"/w=="}}"#.utf8) }
        let start = Array(#"{"event":"start","stream_id":"s","start":{"call_control_id":"c"}}"#.utf8)
        try serializer.decode(start.span, .text, at: .zero, into: &events)
        try serializer.decode(media(1).span, .text, at: .zero, into: &events)
        try serializer.decode(media(3).span, .text, at: Run.moment(20), into: &events)
        #expect(events.count == 2 && serializer.wake == Run.moment(80))
        serializer.release(at: Run.moment(80), into: &events)
        #expect(events.count == 3 && serializer.wake == nil)
    }
}
