import Call
import Dispatch
import Foundation
import Net
import Pipeline
import Synchronization
import Testing
import Wire

@testable import Server

/// The loop's and the writer's side, without sockets.
@Suite struct CallLogSinkTests {
    private static func info(_ id: String, stream: String = "S1", resumption: Resumption? = nil) -> CallInfo {
        var start = StreamStart(provider: ProviderName("twilio"))
        start.streamID = stream
        var info = CallInfo(id: id, stream: start, bot: "echo")
        info.resumption = resumption
        return info
    }

    private static func at(_ milliseconds: Int64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }

    private static func counters(_ mediaIn: Int) -> CallCounters {
        var counters = CallCounters()
        counters.mediaIn = mediaIn
        return counters
    }

    /// Each line as `t_ms event`, with a few of its fields.
    private static func short(_ path: String) throws -> [String] {
        try CallLogTests.lines(path).map { line in
            let fields = ["count", "reason", "termination", "stream_id", "transfer", "resumed_at"].compactMap { name in
                line[name].map { "\(name)=\($0.string ?? String(decoding: $0.bytes, as: UTF8.self))" }
            }
            let media = line["counters"]?["media_in"]?.number.map { ["media_in=\(Int($0))"] } ?? []
            let time = line["t_ms"]?.number.map { "\(Int($0))" } ?? "?"
            return ([time, line["event"]?.string ?? "?"] + fields + media).joined(separator: " ")
        }
    }

    private struct Bench {
        let folder = CaptureTests.Folder()
        let log = TestLog()
        let logger: Logger
        let sink: CallLogSink

        init(
            limit: Int = CallLogSink.longestQueue, largestFile: Int = CallLogFile.largestFile,
            mostAsleep: Int = CallLogSink.mostAsleep, thread: WritingThread = WritingThread("call logs"),
            open: CallLogSink.Opener? = nil
        ) throws {
            let log = log
            logger = Logger(level: .debug, format: .text, write: { log.append($0) })
            if let open {
                sink = try CallLogSink(folder: folder.path, keepsKeys: false, logger, limit: limit, thread: thread, open: open)
            } else {
                sink = try CallLogSink(
                    folder: folder.path, keepsKeys: false, logger, limit: limit, largestFile: largestFile, mostAsleep: mostAsleep,
                    thread: thread)
            }
        }

        func desk() -> CallLogDesk { CallLogDesk(sink) { _ in } }
    }

    @Test func `events leave together a tenth of a second after the first`() throws {
        let bench = try Bench()
        var wakes: [Moment] = []
        let desk = CallLogDesk(bench.sink) { wakes.append($0) }
        let stream = desk.open(Self.info("a"), isOutbound: true, at: Self.at(1_000), unixTime: 1)
        stream.append(.userStartedSpeaking, at: Self.at(1_050))
        #expect(wakes == [Self.at(1_100)] && desk.deadline == Self.at(1_100))
        desk.flush(ifDueAt: Self.at(1_050))
        #expect(desk.deadline != nil)
        desk.flush(ifDueAt: Self.at(1_100))
        #expect(desk.deadline == nil)
        stream.close(.completed, CallCounters(), at: Self.at(1_300))
        stream.append(.userStoppedSpeaking, at: Self.at(1_301))
        #expect(wakes == [Self.at(1_100), Self.at(1_400)])
        desk.flush()
        bench.sink.finish(at: Self.at(1_400))
        #expect(
            try Self.short(try #require(bench.folder.files.first)) == [
                "0 call_started stream_id=S1", "50 user_started_speaking", "300 call_ended termination=completed media_in=0",
            ])
    }

    @Test func `a call that comes back from a transfer has one log and one end, also from another loop`() throws {
        let bench = try Bench()
        let (one, other) = (bench.desk(), bench.desk())
        let first = one.open(Self.info("a"), isOutbound: false, at: Self.at(0), unixTime: 1)
        first.append(.transferAsked(timeout: 20), at: Self.at(1_000))
        first.close(.callerHungUp, Self.counters(50), callGoesOn: true, at: Self.at(1_500))
        one.append(.bot("transfer", ["outcome": "no-answer"]), call: "a", at: Self.at(2_000))
        one.flush()
        let back = Resumption(place: "desk", outcome: .noAnswer)
        let second = other.open(Self.info("a", stream: "S2", resumption: back), isOutbound: false, at: Self.at(3_000), unixTime: 4)
        second.append(.key(.one), at: Self.at(3_100))
        second.close(.completed, Self.counters(7), at: Self.at(4_000))
        other.flush()
        // For a call that is over nothing more is written.
        one.append(.userIdle(1), call: "a", at: Self.at(5_000))
        one.close(call: "a", .completed, at: Self.at(5_000))
        bench.sink.finish(at: Self.at(6_000))
        #expect(bench.folder.files.count == 1)
        #expect(
            try Self.short(try #require(bench.folder.files.first)) == [
                "0 call_started stream_id=S1", "1000 transfer_asked", "1500 stream_ended termination=caller-hung-up media_in=50",
                "2000 bot", "3000 stream_started stream_id=S2 transfer=no-answer resumed_at=desk", "3100 key",
                "4000 call_ended termination=completed media_in=57",
            ])
    }

    @Test func `a new stream that opens before the old one is gone does not end the call`() throws {
        let bench = try Bench()
        let desk = bench.desk()
        let first = desk.open(Self.info("a"), isOutbound: false, at: Self.at(0), unixTime: 1)
        let second = desk.open(Self.info("a", stream: "S2"), isOutbound: false, at: Self.at(100), unixTime: 1)
        first.close(.connectionLost, CallCounters(), at: Self.at(200))
        second.close(.completed, CallCounters(), at: Self.at(300))
        desk.flush()
        bench.sink.finish(at: Self.at(400))
        #expect(
            try Self.short(try #require(bench.folder.files.first)).map { $0.split(separator: " ")[1] } == [
                "call_started", "stream_started", "stream_ended", "call_ended",
            ])
    }

    @Test func `a call that never comes back ends when that is told, or with the server`() throws {
        let bench = try Bench()
        let desk = bench.desk()
        for (second, call) in ["a", "b"].enumerated() {
            let stream = desk.open(Self.info(call), isOutbound: false, at: Self.at(0), unixTime: Double(second))
            stream.close(.callerHungUp, CallCounters(), callGoesOn: true, at: Self.at(100))
        }
        desk.close(call: "a", .completed, at: Self.at(900))
        bench.sink.finish(at: Self.at(1_000))
        let ends = try bench.folder.files.map { try #require(try Self.short($0).last) }
        #expect(
            ends == [
                "900 call_ended termination=completed media_in=0", "1000 call_ended termination=caller-hung-up media_in=0",
            ])
    }

    @Test func `past the most calls that may come back the log of the oldest ends`() throws {
        let bench = try Bench(mostAsleep: 2)
        let desk = bench.desk()
        for index in 0..<4 {
            let now = Self.at(Int64(index) * 100)
            let stream = desk.open(Self.info("call-\(index)"), isOutbound: false, at: now, unixTime: Double(index))
            stream.close(.callerHungUp, CallCounters(), callGoesOn: true, at: now)
        }
        // The third comes back; the first is not there to come back to.
        for index in [2, 0] {
            let stream = desk.open(Self.info("call-\(index)", stream: "S2"), isOutbound: false, at: Self.at(900), unixTime: 9)
            stream.close(.completed, CallCounters(), at: Self.at(1_000))
        }
        desk.flush()
        bench.sink.finish(at: Self.at(2_000))
        #expect(bench.folder.files.count == 5)
        let ends = try bench.folder.files.map { try #require(try Self.short($0).last?.split(separator: " ").first) }
        #expect(ends == ["200", "200", "800", "1700", "100"])
    }

    @Test func `when the writer is behind, events are dropped and counted, and the end is written`() throws {
        let (thread, gate) = (WritingThread("call logs"), DispatchSemaphore(value: 0))
        let bench = try Bench(limit: 0, thread: thread)
        let desk = bench.desk()
        thread.run { gate.wait() }
        let stream = desk.open(Self.info("a"), isOutbound: false, at: Self.at(0), unixTime: 1)
        desk.flush()
        for _ in 0..<5 { stream.append(.userStartedSpeaking, at: Self.at(100)) }
        let written = DispatchSemaphore(value: 0)
        thread.run { written.signal() }
        gate.signal()
        written.wait()
        stream.append(.userIdle(1), at: Self.at(200))
        thread.run { gate.wait() }
        desk.flush()
        stream.append(.userIdle(2), at: Self.at(300))
        stream.close(.completed, CallCounters(), at: Self.at(400))
        desk.flush()
        gate.signal()
        bench.sink.finish(at: Self.at(500))
        #expect(
            try Self.short(try #require(bench.folder.files.first)) == [
                "0 call_started stream_id=S1", "200 lines_dropped count=5 reason=backlog", "200 user_idle count=1",
                "400 lines_dropped count=1 reason=backlog", "400 call_ended termination=completed media_in=0",
            ])
    }

    @Test func `a log that has grown too long leaves events out, and says so before its end`() throws {
        let bench = try Bench(largestFile: 500)
        let desk = bench.desk()
        let stream = desk.open(Self.info("a"), isOutbound: false, at: Self.at(0), unixTime: 1)
        for number in 1...1_000 { stream.append(.userIdle(number), at: Self.at(Int64(number))) }
        stream.close(.completed, CallCounters(), at: Self.at(2_000))
        desk.flush()
        bench.sink.finish(at: Self.at(2_000))
        let lines = try Self.short(try #require(bench.folder.files.first))
        let kept = lines.filter { $0.contains("user_idle") }.count
        #expect((1..<5).contains(kept) && lines.count == kept + 3)
        #expect(Array(lines[1...kept]) == (1...kept).map { "\($0) user_idle count=\($0)" })
        #expect(lines[kept + 1] == "2000 lines_dropped count=\(1_000 - kept) reason=file-size")
        #expect(lines[kept + 2].hasPrefix("2000 call_ended"))
    }

    @Test func `a disk that is full ends the log, not the call, and is told once`() throws {
        let bench = try Bench { _, call, _ in
            LineFile(descriptor: Foundation.open("/dev/full", O_WRONLY), path: "/dev/full/\(call)")
        }
        let desk = bench.desk()
        let stream = desk.open(Self.info("a"), isOutbound: false, at: Self.at(0), unixTime: 1)
        for number in 1...3 {
            stream.append(.userIdle(number), at: Self.at(Int64(number)))
            desk.flush()
        }
        stream.close(.completed, CallCounters(), at: Self.at(2_000))
        desk.flush()
        bench.sink.finish(at: Self.at(2_000))
        bench.logger.flush()
        let told = bench.log.text.split(separator: "\n").filter { $0.contains("call log ended: the file takes no more") }
        #expect(told.count == 1 && told.first?.contains("No space left on device") == true)
    }

    @Test func `a stopping server gives up on a disk that hangs, and says so`() throws {
        let (thread, gate) = (WritingThread("call logs"), DispatchSemaphore(value: 0))
        let bench = try Bench(thread: thread)
        thread.run { gate.wait() }
        let isWritten = bench.sink.finish(at: .zero, patience: .milliseconds(1))
        #expect(!isWritten)
        gate.signal()
        bench.logger.flush()
        #expect(bench.log.text.contains("call logs are not written to their end"))
    }
}
