import Audio
import Call
import Simulation
import Testing
import Wire

/// What a load says of itself, of the server and of the machine.
struct LoadReportTests {
    /// Two echo calls on a virtual clock; the far end swaps their audio from the given packet on.
    private func load(swappedFrom swap: Int = .max, silent: Bool = true) throws -> LoadReport {
        let book = SignatureBook(inbound: .muLaw8000, outbound: .muLaw8000)
        var lines = try (0..<2).map { call in
            try Line(.twilio) { options in
                options.expectsEcho = true
                options.signature = CallSignature(book, call: call, for: .twilio)
            }
        }
        for index in lines.indices { lines[index].side.start(at: .zero) }
        var packets = 0
        for milliseconds in 1...2_000 {
            if silent, milliseconds == 1_400 { for index in lines.indices { lines[index].side.fallSilent() } }
            var said: [[String]] = [[], []]
            for index in lines.indices {
                lines[index].run(toMilliseconds: milliseconds) { _, bytes, _, _ in
                    let payload = String(decoding: bytes, as: UTF8.self).text(between: #""payload":""#, and: "\"")
                    if !payload.isEmpty { said[index].append(payload) }
                }
            }
            if !said[0].isEmpty { packets += 1 }
            for index in lines.indices {
                for payload in said[packets > swap ? 1 - index : index] { lines[index].receive(Server.twilioMedia(payload)) }
            }
        }
        for index in lines.indices {
            lines[index].side.hangUp()
            lines[index].run(toMilliseconds: 2_000)
        }
        return LoadReport(lines.map { $0.side.report })
    }

    @Test func `two calls that hear themselves are good`() throws {
        let load = try load()
        let echo = try #require(load.echo)
        #expect(echo.exact == echo.packets)
        #expect(echo.packets == 2 * 69)
        #expect(load.isGood(planned: 2))
        #expect(!load.isGood(planned: 3))
    }

    @Test func `two calls whose audio is swapped are not good`() throws {
        let load = try load(swappedFrom: 30)
        #expect(load.echo?.foreign == 2 * 39)
        #expect(!load.isGood(planned: 2))
        #expect(ReportTable.text(load).contains("78 of another call"))
    }

    @Test func `reports of several loops add up to that of one`() throws {
        var sum = LoadReport()
        sum.add(try load())
        sum.add(try load())
        sum.addFailure("no connection")
        #expect(sum.calls == 4)
        #expect(sum.echo?.exact == 4 * 69)
        #expect(sum.roundTrips.count == 4 * 69)
        #expect(sum.failures == ["no connection": 1])
        #expect(!sum.isGood(planned: 4))
    }

    @Test func `a generator that is late with its own packets says so`() throws {
        var load = try load()
        load.lateness = LatencyHistogram()
        for _ in 0..<99 { load.lateness.record(.milliseconds(1)) }
        #expect(!load.isGeneratorTired)
        #expect(!ReportTable.text(load).contains("the generator's, not the server's"))
        for _ in 0..<2 { load.lateness.record(.milliseconds(40)) }
        #expect(load.isGeneratorTired)
        #expect(ReportTable.text(load).contains("the generator's, not the server's"))
    }

    @Test func `what a process used is read from the files of the kernel`() throws {
        let head = "1234 (a (b) c) S 1 1 1 0 -1 4194304 2000 0 0 0 "
        let status = "Name:\ta (b) c\nVmPeak:\t  99999 kB\nVmRSS:\t   20480 kB\n"
        let rest = " 0 0 20 0 3 0 100 1000000 5000"
        let before = try #require(ProcessSample(stat: head + "100 50" + rest, status: status, at: .zero))
        #expect(before.ticks == 150)
        #expect(before.residentKiB == 20_480)
        let after = try #require(ProcessSample(stat: head + "300 100" + rest, status: status, at: .zero + .seconds(10)))
        let use = ServerUse(
            before: before, first: before, last: after, peak: 30_480, frames: 50_000, calls: 100, ticksPerSecond: 100)
        #expect(use.cpuSeconds == 2.5)
        #expect(use.percentOfCore == 25)
        #expect(use.microsecondsPerFrame == 50)
        #expect(use.residentPerCall == 100)
        #expect(ProcessSample(stat: "", status: status, at: .zero) == nil)
        #expect(ProcessSample(stat: "1 (x) S 1 2", status: status, at: .zero) == nil)
        #expect(ProcessSample(stat: head + "300 100" + rest, status: "Name: x\n", at: .zero) == nil)
    }

    @Test func `the report for machines has its keys`() throws {
        var load = try load()
        load.addFailure("a \"quoted\" reason")
        load.measured = .seconds(3)
        let text = LoadReportJSON.text(load, planned: 2)
        _ = try JSONValue(parsing: Array(text.utf8))
        let keys = [
            "good", "stopped", "calls_planned", "calls", "calls_failed", "calls_silent", "failures", "endings", "measured_s",
            "round_trip_ms", "round_trip_before_ms_max", "answer_delay_ms", "packets", "late_after_ms", "gaps", "gap_ms",
            "gap_ms_max",
            "own_lateness_ms", "generator_tired", "server", "complaints",
        ]
        for key in keys { #expect(text.contains("\"\(key)\":"), "\(key)") }
        #expect(text.contains(#""round_trip_ms":{"count":138,"p50":0.000,"#))
        #expect(text.contains(#""measured_s":3.000,"#))
        #expect(text.contains(#""failures":{"a \"quoted\" reason":1}"#))
        #expect(!text.contains("\n"))
    }
}
