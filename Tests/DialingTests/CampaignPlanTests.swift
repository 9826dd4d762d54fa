import Call
import Testing

@testable import Dialing

@Suite struct CampaignPlanTests {
    private static let noon = Double(unix("2030-03-12T12:00:00Z"))

    private func rows(_ count: Int, _ columns: String = "", _ cells: String = "") -> String {
        "number\(columns)\n" + (0..<count).map { "+1555010\(1_000 + $0)\(cells)\n" }.joined()
    }

    @Test func `calls are placed at the rate, and no more at once than allowed`() throws {
        var server = VirtualServer()
        var run = try CampaignRun(rows(20), #"{"rate":2,"concurrency":4}"#, from: Self.noon)
        #expect(run.run(&server) == .done)
        #expect(run.plan.counts.answered == 20)
        let times = run.posts.map(\.at)
        for (a, b) in zip(times, times.dropFirst()) { #expect(b - a > 0.47) }
        for time in times { #expect(server.calls.values.count { $0.at <= time && $0.at + $0.length > time } <= 4) }
        // Five rounds of four calls of 30 s, each seen to its end within a second and a round of asking.
        #expect(run.now - Self.noon < 5 * 35)
        #expect(run.posts.allSatisfy { $0.queueSeconds == 86_400 })
    }

    @Test func `busy and no answer are called again after their time, as often as allowed, and others are not`() throws {
        let ends: [DialEnd] = [.busy, .noAnswer, .machine, .rejected, .failed, .canceled, .unknown, .completed]
        var server = VirtualServer()
        server.fate = { row, _ in (ends[row], 10) }
        var run = try CampaignRun(
            rows(8), #"{"attempts":3,"spacing":{"busy":5,"no-answer":60},"rate":10}"#, from: Self.noon)
        #expect(run.run(&server) == .done)
        for (row, end) in ends.enumerated() {
            let calls = server.placed(row)
            #expect(calls.count == ([.busy, .noAnswer].contains(end) ? 3 : 1), "\(end)")
            let spacing = end == .busy ? 300.0 : 3_600
            for (a, b) in zip(calls, calls.dropFirst()) { #expect(b.at - (a.at + a.length) >= spacing, "\(end)") }
            #expect(run.plan.counts[end] == 1)
        }
    }

    @Test func `a person who answers the second time is not called a third time`() throws {
        var server = VirtualServer()
        server.fate = { _, nth in (nth == 0 ? .busy : .completed, 10) }
        var run = try CampaignRun(rows(3), #"{"attempts":5,"rate":10}"#, from: Self.noon)
        #expect(run.run(&server) == .done)
        #expect(run.plan.counts.answered == 3)
        #expect(server.calls.count == 6)
    }

    @Test func `calls are placed inside their hours only, and wait at the server no longer than these last`() throws {
        var server = VirtualServer()
        server.fate = { _, nth in (nth < 2 ? .noAnswer : .completed, 20) }
        let csv =
            "number,time_zone\n"
            + (0..<40).map { "+1555010\(1_000 + $0),\(["America/New_York", "Europe/London", "Asia/Kolkata"][$0 % 3])\n" }
            .joined()
        let json =
            #"{"windows":[{"days":"mon-fri","from":"09:00","to":"17:00"}],"attempts":3,"spacing":{"no-answer":360},"rate":0.02}"#
        var run = try CampaignRun(csv, json, from: Double(unix("2030-03-08T14:00:00Z")))
        #expect(run.run(&server) == .done)
        #expect(run.plan.counts.answered == 40)
        for post in run.posts {
            let zone = run.list.rows[post.row].timeZone ?? ""
            let opening = try #require(run.settings.hours.opening(at: Int64(post.at), zone: zone, TableZones()))
            #expect(opening.isOpen)
            #expect(Int64(post.at) + Int64(post.queueSeconds) <= (opening.until ?? 0) - 4)
        }
    }

    @Test func `rows that are not reached by the last day are expired, and say so`() throws {
        var server = VirtualServer()
        var run = try CampaignRun(
            rows(5), #"{"end":"2030-03-12","time_zone":"UTC","rate":0.01,"concurrency":1}"#,
            from: Double(unix("2030-03-12T23:55:00Z")))
        #expect(run.run(&server) == .done)
        #expect(run.plan.counts[.expired] == 5 - run.posts.count)
        #expect((1...4).contains(run.posts.count))
        #expect(run.plan.results.contains(",0,expired,"))
    }

    @Test func `a suppressed number is never called, also when it is added while it waits for another attempt`() throws {
        var server = VirtualServer()
        server.fate = { _, _ in (.busy, 10) }
        var run = try CampaignRun(
            rows(3), #"{"attempts":3,"suppress":"dnc","rate":10}"#, from: Self.noon, suppressed: "+15550101001")
        _ = run.run(&server, until: Self.noon + 60)
        #expect(server.placed(1).isEmpty)
        #expect(server.placed(2).count == 1)
        run.suppress("+15550101001\n+15550101002")
        #expect(run.run(&server) == .done)
        #expect(server.placed(2).count == 1)
        #expect(server.placed(0).count == 3)
        #expect(run.plan.counts[.suppressed] == 2)
    }

    @Test func `nobody is called while the do-not-call list cannot be read`() throws {
        var server = VirtualServer()
        var run = try CampaignRun(rows(3), #"{"suppress":"dnc"}"#, from: Self.noon)
        #expect(run.plan.poll(at: run.time) == .write(.began(run.identity, at: Self.noon)))
        #expect(run.plan.poll(at: run.time) == .idle(wake: nil))
        run.suppress("")
        _ = run.run(&server, until: Self.noon + 1)
        #expect(!run.posts.isEmpty)
    }

    @Test func `a call that waits at the server is taken back when its number is suppressed`() throws {
        var server = VirtualServer()
        var run = try CampaignRun(rows(1), #"{"suppress":"dnc"}"#, from: Self.noon, suppressed: "")
        _ = run.run(&server, until: Self.noon + 5)
        run.suppress("+15550101000")
        var states = CampaignStates()
        states.calls = ["call-0": .queued]
        run.plan.handle(.states(states), at: run.time)
        run.plan.handle(.states(states), at: run.time)
        _ = run.run(&server, until: run.now + 5)
        #expect(run.canceled == ["call-0"])
    }

    @Test func `an answer that was lost does not make a second call`() throws {
        var server = VirtualServer()
        server.fault = { $0 % 3 == 0 ? .answerLost : $0 % 7 == 1 ? .requestLost : nil }
        var run = try CampaignRun(rows(30), #"{"rate":20}"#, from: Self.noon)
        #expect(run.run(&server) == .done)
        #expect(run.plan.counts.answered == 30)
        for row in 0..<30 { #expect(server.placed(row).count == 1) }
        #expect(run.plan.counts.replayed > 0)
    }

    @Test func `a server that cannot be reached is asked one request at a time, ever more seldom`() throws {
        var server = VirtualServer()
        server.fault = { $0 < 8 ? .refused : nil }
        var run = try CampaignRun(rows(10), #"{"rate":20}"#, from: Self.noon)
        #expect(run.run(&server) == .done)
        let failed = run.posts.prefix(8).map(\.at)
        let pauses = zip(failed, failed.dropFirst()).map { ($1 - $0).rounded() }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60])
        #expect(run.plan.counts.answered == 10)
    }

    @Test func `Retry-After is waited for`() throws {
        var server = VirtualServer()
        server.fault = { $0 == 2 ? .tooMany(40) : nil }
        var run = try CampaignRun(rows(6), #"{"rate":10}"#, from: Self.noon)
        #expect(run.run(&server) == .done)
        #expect(run.posts[3].at - run.posts[2].at >= 40)
        #expect(run.plan.counts.answered == 6)
    }

    @Test func `a refused row is that row's result, and what concerns all rows stops the campaign with nothing lost`() throws {
        var server = VirtualServer()
        // The third was turned away before, and its key is free too.
        server.fault = {
            switch $0 {
            case 1: .row("no such destination")
            case 2: .tooMany(1)
            case 4: .stop("set TRUNKLINE_API_KEY")
            default: nil
            }
        }
        var run = try CampaignRun(rows(6), #"{"rate":10}"#, from: Self.noon)
        #expect(run.run(&server) == .stopped("set TRUNKLINE_API_KEY"))
        server.fault = { _ in nil }
        // After a weekend the server has forgotten its keys; what it surely never had is asked for none the less.
        var later = try CampaignRun(rows(6), #"{"rate":10}"#, file: run.file, from: Self.noon + 200_000)
        #expect(later.run(&server) == .done)
        #expect(later.plan.counts[.refused] == 1)
        #expect(later.plan.counts.answered == 5)
        #expect(later.plan.results.contains("no such destination"))
    }

    @Test func `what got no answer is not asked for again once the server may have forgotten its key`() throws {
        var server = VirtualServer()
        server.fault = { _ in .answerLost }
        var run = try CampaignRun(rows(1), "{}", from: Self.noon)
        _ = run.run(&server, until: Self.noon + 1)
        server.fault = { _ in nil }
        var later = try CampaignRun(rows(1), "{}", file: run.file, from: Self.noon + 83_000)
        #expect(later.run(&server) == .done)
        #expect(later.posts.isEmpty)
        #expect(later.plan.counts.unknown == 1)
    }

    @Test func `a call that the server forgot is unknown and not called again`() throws {
        var server = VirtualServer()
        var run = try CampaignRun(rows(2), #"{"attempts":3,"rate":10}"#, from: Self.noon)
        _ = run.run(&server, until: Self.noon + 2)
        var empty = VirtualServer()
        #expect(run.run(&empty) == .done)
        #expect(run.plan.counts.unknown == 2)
        #expect(empty.calls.isEmpty)
    }

    @Test func `a call that the server did not get to in time counts as no attempt`() throws {
        var server = VirtualServer()
        let json = #"{"windows":[{"from":"09:00","to":"12:01"}],"time_zone":"UTC"}"#
        var run = try CampaignRun(rows(1), json, from: Self.noon)
        _ = run.run(&server, until: Self.noon + 0.5)
        var states = CampaignStates()
        var outcome = CampaignOutcome(.canceled, endedAt: Self.noon + 55)
        outcome.waited = 55
        states.calls = ["call-0": .ended(outcome)]
        run.plan.handle(.states(states), at: run.time)
        #expect(run.run(&server) == .done)
        #expect(run.plan.counts.answered == 1)
        #expect(run.posts.map(\.row) == [0, 0])
        #expect(run.posts.last?.at ?? 0 >= Double(unix("2030-03-13T09:00:00Z")))
        #expect(run.plan.results.contains(",2,1,completed,"))
    }

    @Test func `a drained campaign places nothing, waits for its open calls, and goes on later`() throws {
        var server = VirtualServer()
        var run = try CampaignRun(rows(10), #"{"rate":1}"#, from: Self.noon)
        _ = run.run(&server, until: Self.noon + 3)
        run.plan.handle(.drain, at: run.time)
        let posts = run.posts.count
        #expect(run.run(&server) == .drained)
        #expect(run.posts.count == posts)
        #expect(run.plan.counts.done == posts)
        var next = try CampaignRun(rows(10), #"{"rate":5}"#, file: run.file, from: run.now)
        #expect(next.run(&server) == .done)
        #expect(server.calls.count == 10)
    }

    @Test func `the more urgent rows come first`() throws {
        var server = VirtualServer()
        let csv = "number,priority\n+15550101000,1\n+15550101001,\n+15550101002,9\n+15550101003,9\n"
        var run = try CampaignRun(csv, "{}", from: Self.noon)
        #expect(run.run(&server) == .done)
        #expect(run.posts.map(\.row) == [2, 3, 1, 0])
    }

    @Test func `many open calls are asked for in pieces that fit into a request`() throws {
        var asking = CampaignAsking()
        let open = Dictionary(
            uniqueKeysWithValues: (0..<250).map { ("call-" + String(repeating: "x", count: 20) + "\(1_000 + $0)", $0) })
        var seen: [String] = []
        while let calls = asking.next(open, at: .zero) {
            #expect(calls.count <= 100)
            #expect(CampaignRequest.states(calls).utf8.count < 2_000)
            seen += calls
            asking.answered(at: .zero)
        }
        #expect(Set(seen) == Set(open.keys))
        #expect(seen.count == 250)
    }

    @Test func `results are the list's columns and what became of each row`() throws {
        var server = VirtualServer()
        var run = try CampaignRun("name,number,result\n=cmd(),+15550101000,mine\n", "{}", from: Self.noon)
        #expect(run.run(&server) == .done)
        let records = CampaignCSV.records(Array(run.plan.results.utf8))
        #expect(
            records[0].cells == [
                "name", "number", "result", "line", "attempts", "call_result", "call_id", "provider_call_id", "dialed_at",
                "answered_at",
                "ended_at", "machine", "detail",
            ])
        #expect(Array(records[1].cells.prefix(7)) == ["'=cmd()", "+15550101000", "mine", "2", "1", "completed", "call-0"])
        #expect(records[1].cells[8] == "2030-03-12T12:00:00Z")
    }

    @Test func `a forecast is the plain sum of what is asked`() throws {
        func forecast(_ csv: String, _ json: String, _ at: String, _ suppressed: String = "") throws -> CampaignForecast {
            let read = try settings(json)
            let list = CampaignList(Array(csv.utf8), read, TableZones())
            return CampaignForecast(
                list, read, CampaignSuppression(Array(suppressed.utf8)), TableZones(), unixTime: Double(unix(at)))
        }
        // By rate: the last of 100 calls begins after 99 s; by concurrency: ten rounds of ten.
        let byRate = try forecast(rows(100), #"{"rate":1,"concurrency":1000}"#, "2030-03-12T12:00:00Z")
        #expect(byRate.end == byRate.start + 99 + 60)
        let bySlots = try forecast(rows(100), #"{"rate":100,"concurrency":10,"expected_seconds":30}"#, "2030-03-12T12:00:00Z")
        #expect(abs((bySlots.end ?? 0) - bySlots.start - 300) < 2)
        let csv =
            "number,time_zone\n+15550101000,Europe/London\n+15550101001,Asia/Kolkata\n+15550101002,Asia/Kolkata\nx,\n+15550101003,Europe/London\n"
        let json = #"{"windows":[{"from":"09:00","to":"18:00"}]}"#
        let zones = try forecast(csv, json, "2030-03-12T08:00:00Z", "+15550101000")
        #expect((zones.rows, zones.suppressed, zones.bad, zones.openNow) == (3, 1, 1, 2))
        #expect(zones.zones.map(\.name) == ["Asia/Kolkata", "Europe/London"])
        #expect(zones.zones.map(\.isOpen) == [true, false])
        #expect(zones.end == Double(unix("2030-03-12T09:01:00Z")))
        #expect(zones.text(try settings(json), TableZones()).contains("Europe/London: 1, closed until 2030-03-12 09:00:00 there"))
        let late = try forecast(rows(10), #"{"end":"2030-03-12","time_zone":"UTC","rate":0.01}"#, "2030-03-12T23:51:00Z")
        #expect(late.unreached == 4)
    }
}
