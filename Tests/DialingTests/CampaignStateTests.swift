import Call
import LibCrypto
import Testing

@testable import Dialing

@Suite struct CampaignStateTests {
    private static let start = Double(unix("2030-03-12T12:00:00Z"))
    private static let csv = "number\n" + (0..<12).map { "+1555010\(1_000 + $0)\n" }.joined()
    private static let json = #"{"rate":5,"concurrency":4,"attempts":3,"spacing":{"busy":1,"no-answer":2}}"#

    private func fate(_ row: Int, _ nth: Int) -> (DialEnd, Double) {
        switch row % 4 {
        case 0: (.completed, 20)
        case 1: (nth == 0 ? .busy : .completed, 7)
        case 2: (.noAnswer, 12)
        default: (.failed, 3)
        }
    }

    /// What every row is owed, however often the campaign was cut.
    private func check(_ server: VirtualServer, _ plan: CampaignPlan, _ note: String) {
        for row in 0..<12 {
            let calls = server.placed(row)
            #expect(calls.count == [1, 2, 3, 1][row % 4], "row \(row) \(note)")
            for (a, b) in zip(calls, calls.dropFirst()) { #expect(a.at + a.length <= b.at, "row \(row) \(note)") }
        }
        #expect(plan.counts.done == 12, "\(note)")
        #expect(plan.counts.answered == 6, "\(note)")
        #expect(plan.counts[.noAnswer] == 3, "\(note)")
        #expect(plan.counts[.failed] == 3, "\(note)")
    }

    @Test func `a campaign that is cut at any byte goes on with no double and no miss`() throws {
        var whole = VirtualServer()
        whole.fate = fate
        var run = try CampaignRun(Self.csv, Self.json, from: Self.start)
        #expect(run.run(&whole) == .done)
        check(whole, run.plan, "whole")
        for length in stride(from: 0, to: run.file.count, by: 13) {
            var server = VirtualServer()
            server.fate = fate
            var first = try CampaignRun(Self.csv, Self.json, from: Self.start)
            // The line of that byte is written, and nothing after it is done.
            _ = first.run(&server, bytes: length + 1)
            let torn = Array(first.file.prefix(length))
            var second = try CampaignRun(Self.csv, Self.json, file: torn, from: first.now + 5)
            #expect(second.run(&server) == .done)
            check(server, second.plan, "cut at \(length)")
        }
    }

    @Test func `a campaign whose file lost its tail goes on with no double and no miss`() throws {
        var chance = SplitMix64(state: 7)
        for seed in 0..<40 {
            var server = VirtualServer()
            server.fate = fate
            var file: [UInt8] = []
            var now = Self.start
            for cut in 0..<6 {
                var faults = SplitMix64(state: UInt64(seed * 100 + cut))
                let plan = (0..<200).map { _ in Int.random(in: 0..<8, using: &faults) }
                server.fault = { request in
                    switch plan[request % plan.count] {
                    case 0: .answerLost
                    case 1: .requestLost
                    case 2: .tooMany(1)
                    case 3: .refused
                    default: nil
                    }
                }
                var run = try CampaignRun(Self.csv, Self.json, file: file, from: now)
                _ = run.run(&server, until: now + Double.random(in: 0...40, using: &chance))
                // A tail of the file is gone, whatever was promised by it.
                file = Array(run.file.dropLast(Int.random(in: 0...400, using: &chance)))
                now = run.now + 1
            }
            server.fault = { _ in nil }
            var last = try CampaignRun(Self.csv, Self.json, file: file, from: now)
            #expect(last.run(&server) == .done)
            check(server, last.plan, "seed \(seed)")
        }
    }

    @Test func `records are read as they were written`() throws {
        let identity = try CampaignIdentity(list: [1], settings: Array("{}".utf8), rows: 9, OpenSSLCryptography())
        let records: [CampaignRecord] = [
            .began(identity, at: 1.5), .intent(row: 8, attempt: 2, queueSeconds: 60, at: 2),
            .accepted(row: 8, attempt: 2, call: "call-1", at: 3), .withdrawn(row: 1, attempt: 1, at: 4),
            .ended(
                row: 8, attempt: 2,
                CampaignOutcome(
                    .noAnswer, providerCallID: "CA1", dialedAt: 5, answeredAt: 6, endedAt: 7, machine: "human",
                    detail: "a \"word\"",
                    isExpired: true), at: 8), .done(row: 0, .refused, detail: "why", at: 9),
        ]
        let state = try #require(try CampaignState.read(records.flatMap(\.line)))
        #expect(state.identity == identity)
        #expect(state.records == Array(records.dropFirst()))
        #expect(try CampaignState.read([]) == nil)
    }

    @Test(arguments: [
        (["withdrawn"], true), ([], false), (["withdrawn", "intent"], false), (["accepted"], false),
        (["accepted", "ended"], false),
        (["refused"], false), (["withdrawn", "suppressed"], true), (["unknown"], false),
        (["accepted", "ended", "suppressed"], false),
    ])
    func `nobody was called when the server surely had nothing`(after: [String], hasCalledNobody: Bool) throws {
        let list = CampaignIdentity(id: "c", list: "l", settings: "s", rows: 2)
        let records: [String: CampaignRecord] = [
            "intent": .intent(row: 1, attempt: 1, queueSeconds: 60, at: 1), "withdrawn": .withdrawn(row: 1, attempt: 1, at: 2),
            "accepted": .accepted(row: 1, attempt: 1, call: "call-1", at: 2),
            "ended": .ended(row: 1, attempt: 1, CampaignOutcome(.busy), at: 3),
            "refused": .done(row: 1, .refused, detail: nil, at: 2),
            "unknown": .done(row: 1, .unknown, detail: nil, at: 2), "suppressed": .done(row: 1, .suppressed, detail: nil, at: 4),
        ]
        let all = [.began(list, at: 0)] + (["intent"] + after).compactMap { records[$0] }
        #expect(try CampaignState.read(all.flatMap(\.line))?.hasCalledNobody == hasCalledNobody)
    }

    @Test func `a state file that is damaged before its end is refused with the line`() throws {
        let identity = try CampaignIdentity(list: [1], settings: Array("{}".utf8), rows: 2, OpenSSLCryptography())
        let first = CampaignRecord.began(identity, at: 1).line
        let good = CampaignRecord.intent(row: 1, attempt: 1, queueSeconds: 1, at: 2).line
        #expect(try CampaignState.read(first + good + Array("{\"type\":\"int".utf8))?.length == first.count + good.count)
        #expect(try CampaignState.read(first + good + Array("{\"type\":\"int\n".utf8))?.length == first.count + good.count)
        #expect(try CampaignState.read(first + [0, 0, 0, 0])?.length == first.count)
        for bytes in [
            first + Array("{}\n".utf8) + good, good, first + CampaignRecord.intent(row: 2, attempt: 1, queueSeconds: 1, at: 2).line,
        ] {
            #expect(throws: CampaignError.self) { try CampaignState.read(bytes) }
        }
    }

    @Test func `another list and other settings are told apart, and what may change may change`() throws {
        func identity(_ list: String, _ json: String) throws -> CampaignIdentity {
            try CampaignIdentity(list: Array(list.utf8), settings: Array(json.utf8), rows: 1, OpenSSLCryptography())
        }
        let first = try identity("a", #"{"bot":"menu","rate":1}"#)
        #expect(
            first.difference(
                to: try identity("a", #"{"rate":9,"bot" : "menu","concurrency":3,"suppress":"x","expected_seconds":1}"#)) == nil)
        #expect(first.difference(to: try identity("b", #"{"bot":"menu"}"#))?.contains("the list is not") == true)
        #expect(first.difference(to: try identity("a", #"{"bot":"echo"}"#))?.contains("the settings are not") == true)
        #expect(try identity("a", #"{"name":"x"}"#).id != identity("a", #"{"name":"y"}"#).id)
    }

    @Test func `a state file holds no numbers`() throws {
        var server = VirtualServer()
        server.fate = fate
        var run = try CampaignRun(Self.csv, Self.json, from: Self.start)
        _ = run.run(&server)
        #expect(!String(decoding: run.file, as: UTF8.self).contains("1555010"))
    }

    @Test(arguments: [
        (201, #"{"call_id":"call-1"}"#, CampaignAnswer.accepted(call: "call-1", isReplayed: false)),
        (201, "{}", .stop("the answer to POST /start carries no call_id; is this a Trunkline server?")),
        (400, #"{"error":{"code":"bad_number","message":"m"}}"#, .refused("m (400 bad_number)")),
        (403, #"{"error":{"code":"destination_not_allowed","message":"m"}}"#, .refused("m (403 destination_not_allowed)")),
        (403, #"{"error":{"code":"forbidden","message":"m"}}"#, .stop("m (403 forbidden)")),
        (400, #"{"error":{"code":"no_credentials","message":"m"}}"#, .stop("m (400 no_credentials)")),
        (404, "", .stop("the server answered 404")), (429, "", .later(seconds: 7, "the server answered 429")),
        (503, "", .later(seconds: 7, "the server answered 503")),
        (500, "", .lost("the server answered 500", isSurelyNotTaken: false)),
    ])
    func `a server's answers are understood`(status: Int, body: String, answer: CampaignAnswer) {
        let headers = status == 429 || status == 503 ? ["retry-after": "7"] : [:]
        #expect(CampaignAnswer(HTTPResponse(status: status, headers: headers, body: Array(body.utf8))) == answer)
    }

    @Test func `a server's words about calls are understood`() throws {
        let body = #"""
            {"calls":[{"call_id":"a","status":"ringing"},{"call_id":"b","status":"queued"},
             {"call_id":"c","status":"ended","reason":"busy","provider_call_id":"CA1","dialed_at":1,"ended_at":3,"detail":"d","machine":null},
             {"call_id":"d","status":"ended","reason":"canceled","created_at":10,"dialed_at":null,"ended_at":70},
             {"call_id":"e","status":"ended","reason":"a new word"}],"unknown":["f"]}
            """#
        let states = try #require(CampaignStates(Array(body.utf8)))
        #expect(states.unknown == ["f"])
        #expect(states.calls["a"] == .underWay)
        #expect(states.calls["b"] == .queued)
        #expect(states.calls["c"] == .ended(CampaignOutcome(.busy, providerCallID: "CA1", dialedAt: 1, endedAt: 3, detail: "d")))
        var waited = CampaignOutcome(.canceled, endedAt: 70)
        waited.waited = 60
        #expect(states.calls["d"] == .ended(waited))
        #expect(states.calls["e"] == .ended(CampaignOutcome(.unknown)))
        #expect(CampaignStates(Array("{}".utf8)) == nil)
    }
}
