import Bots
import Foundation
import Providers
import Testing

@testable import CLI
@testable import Dialing

/// `trunkline campaign` and `trunkline dial` as they are typed, against a double of our own server.
@Suite struct CampaignCommandTests {
    /// A folder of its own, gone with the test.
    private final class Folder {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appendingPathComponent("campaign-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String) -> String {
            _ = FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(text.utf8))
            return "\(path)/\(name)"
        }
        func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
        /// Cells by column, in the order of the rows.
        func results(_ column: String) throws -> [String] {
            let records = CampaignCSV.records(Array(try read("list.csv.results.csv").utf8))
            let index = try #require(records.first?.cells.firstIndex(of: column))
            return records.dropFirst().map { $0.cells[index] }
        }
    }

    private func run(_ words: [String], _ environment: [String: String] = [:]) -> Int32 {
        TrunklineCommand.run(words, environment: environment, bots: .builtIn, dialects: Provider.all)
    }

    private func list(_ count: Int) -> String {
        "number,name\n" + (0..<count).map { "+1555010\(1_000 + $0),P\($0)\n" }.joined()
    }

    private static let quick = #"{"rate":100,"concurrency":50,"provider":"twilio","body":{"lang":"en"}}"#

    @Test func `a list is called, and every row has its result`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        double.set(fates: ["+15550101001": ["busy"], "+15550101002": ["no-answer"], "+15550101003": ["machine"]])
        double.set(apiKey: "key-1")
        let csv = folder.write("list.csv", list(8))
        let words = ["campaign", "run", csv, "--config", folder.write("c.json", Self.quick), "--server", double.url]
        #expect(run(words, ["TRUNKLINE_API_KEY": "key-1"]) == 0)
        #expect(
            try folder.results("result") == ["completed", "busy", "no-answer", "machine"] + Array(repeating: "completed", count: 4))
        #expect(try folder.results("call_id").sorted() == (0..<8).map { "call-\($0)" })
        #expect(double.calls.count == 8)
        #expect(double.problems.isEmpty, "\(double.problems)")
        let first = try #require(double.calls.first { $0.number == "+15550101000" })
        #expect(first.request["body"] == .object(["name": .string("P0"), "lang": .string("en")]))
        #expect(first.request["provider"]?.string == "twilio")
        let permissions = try FileManager.default.attributesOfItem(atPath: csv + ".results.csv")[.posixPermissions] as? Int
        #expect(permissions == 0o600)
        // Once it has begun, a campaign goes on and is not begun again.
        #expect(run(words, ["TRUNKLINE_API_KEY": "key-1"]) == 1)
        #expect(run(["campaign", "resume"] + words.dropFirst(2), ["TRUNKLINE_API_KEY": "key-1"]) == 0)
        #expect(double.calls.count == 8)
    }

    @Test func `a server that dies after it has taken a call, and one that asks to wait, make no double`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        double.set(faults: [
            1: .answer(429, "queue_full", retryAfter: "1"), 4: .hold, 9: .answer(500, "oops", retryAfter: nil),
        ])
        let csv = folder.write("list.csv", list(12))
        let words = ["campaign", "run", csv, "--config", folder.write("c.json", Self.quick), "--server", double.url]
        let restarted = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            #expect(double.waitForHeld())
            double.stop()
            #expect(throws: Never.self) { try double.start() }
            restarted.signal()
        }
        #expect(run(words) == 0)
        restarted.wait()
        #expect(try folder.results("result") == Array(repeating: "completed", count: 12))
        #expect(Set(double.calls.map(\.number)).count == 12)
        #expect(double.calls.count == 12)
        #expect(double.starts > 12)
    }

    @Test func `a campaign that was stopped in the middle goes on where its file ends, wherever that was cut`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        double.set(faults: [6: .answer(403, "forbidden", retryAfter: nil)])
        let csv = folder.write("list.csv", list(15))
        let words = [csv, "--config", folder.write("c.json", #"{"rate":50,"concurrency":3}"#), "--server", double.url]
        #expect(run(["campaign", "run"] + words) == 1)
        #expect(double.calls.count < 15)
        let state = try Data(contentsOf: URL(fileURLWithPath: csv + ".state.jsonl"))
        try state.prefix(state.count / 2).write(to: URL(fileURLWithPath: csv + ".state.jsonl"))
        #expect(run(["campaign", "resume"] + words) == 0)
        #expect(try folder.results("result") == Array(repeating: "completed", count: 15))
        #expect(double.calls.count == 15)
        #expect(Set(double.calls.map(\.number)).count == 15)
    }

    @Test func `a resume holds the list and the settings to what they were`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        let csv = folder.write("list.csv", list(2))
        let config = folder.write("c.json", Self.quick)
        let words = ["campaign", "resume", csv, "--config", config, "--server", double.url]
        #expect(run(words) == 1)
        #expect(run(["campaign", "run"] + words.dropFirst(2)) == 0)
        _ = folder.write("list.csv", list(3))
        #expect(run(words) == 1)
        _ = folder.write("list.csv", list(2))
        _ = folder.write("c.json", #"{"bot":"other"}"#)
        #expect(run(words) == 1)
        _ = folder.write("c.json", Self.quick.replacingOccurrences(of: "100", with: "99"))
        #expect(run(words) == 0)
        #expect(double.calls.count == 2)
    }

    @Test func `with a bad row nobody is called, and a dry run calls nobody`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        let csv = folder.write("list.csv", list(3) + "12,bad\n")
        let words = ["campaign", "run", csv, "--config", folder.write("c.json", Self.quick), "--server", double.url]
        #expect(run(words) == 65)
        #expect(run(words + ["--dry-run"]) == 65)
        #expect(run(words + ["--dry-run", "--skip-bad-rows"]) == 0)
        #expect(double.starts == 0)
        #expect(!FileManager.default.fileExists(atPath: csv + ".state.jsonl"))
        #expect(run(words + ["--skip-bad-rows"]) == 0)
        #expect(double.calls.count == 3)
        #expect(try folder.results("result") == ["completed", "completed", "completed", "bad row"])
    }

    @Test func `a do-not-call list is held to, and must be readable and right`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        let suppressed = folder.write("dnc.txt", "nobody\n")
        let csv = folder.write("list.csv", list(3))
        let config = folder.write("c.json", #"{"rate":50,"suppress":"\#(suppressed)"}"#)
        let words = ["campaign", "run", csv, "--config", config, "--server", double.url]
        #expect(run(words) == 1)
        _ = folder.write("dnc.txt", "+1 555 010 1001 # Bea\n")
        #expect(run(words) == 0)
        #expect(try folder.results("result") == ["completed", "suppressed", "completed"])
        #expect(double.calls.count == 2)
    }

    @Test func `a key that is missing stops the campaign with the mend`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        double.set(apiKey: "key-1")
        let csv = folder.write("list.csv", list(2))
        #expect(run(["campaign", "run", csv, "--config", folder.write("c.json", "{}"), "--server", double.url]) == 1)
        #expect(double.calls.isEmpty)
        #expect(try folder.results("result") == ["waiting", "waiting"])
    }

    @Test func `a campaign that has called nobody may be mended, and begins anew`() throws {
        let (folder, double) = (try Folder(), try CampaignServerDouble())
        defer { double.stop() }
        double.set(faults: [0: .answer(400, "unknown_provider", retryAfter: nil)])
        let csv = folder.write("list.csv", list(2))
        let words = [
            "campaign", "run", csv, "--config", folder.write("c.json", #"{"provider":"twillio"}"#), "--server", double.url,
        ]
        #expect(run(words) == 1)
        _ = folder.write("list.csv", list(3))
        _ = folder.write("c.json", #"{"rate":50}"#)
        #expect(run(["campaign", "resume"] + words.dropFirst(2)) == 0)
        #expect(double.calls.count == 3)
        _ = folder.write("c.json", #"{"rate":50,"attempts":2}"#)
        #expect(run(words) == 1)
        #expect(run(["campaign", "resume"] + words.dropFirst(2)) == 1)
    }

    @Test(arguments: [
        [], ["run"], ["run", "a.csv"], ["go", "a.csv"], ["run", "a", "b", "--config", "c"], ["run", "a", "--config", "/none"],
        ["run", "a", "--config", "/none", "--strange"],
    ])
    func `what cannot be meant is bad usage`(words: [String]) { #expect(run(["campaign"] + words) == 64) }

    @Test func `the time to go is no shorter than the wait for the next attempt`() {
        var news = CampaignBoard.News()
        news.counts.total = 2
        news.counts.endings = [.called(.completed): 1]
        news.counts.open = 1
        let progress = CampaignProgress(doneBefore: 0, at: 90)
        #expect(progress.line(news, isDraining: false, at: 100).hasSuffix("1 open; 10 s to go"))
        news.nextOpening = 160
        #expect(progress.line(news, isDraining: false, at: 100).hasSuffix("1 open; 1 min 0 s to go"))
    }

    @Test func `a campaign's zones are those of the world`() {
        let zones = CampaignTimeZones()
        // Before and after: New York 2030-03-10T07:00Z, London 2030-10-27T01:00Z, Kolkata.
        let table: [(String, Int64, Int64)] = [
            ("America/New_York", 1_899_356_399, -18_000), ("America/New_York", 1_899_356_400, -14_400),
            ("Europe/London", 1_919_293_199, 3_600), ("Europe/London", 1_919_293_200, 0), ("Asia/Kolkata", 1_919_293_200, 19_800),
            ("UTC", 0, 0),
        ]
        for (zone, time, offset) in table { #expect(zones.offset(of: zone, at: time) == offset, "\(zone) \(time)") }
        for zone in ["EST", "GMT+3", "Mars/Olympus", "", "america"] { #expect(zones.offset(of: zone, at: 0) == nil, "\(zone)") }
    }

    @Test func `one call is placed, or refused in the server's words`() throws {
        let double = try CampaignServerDouble()
        defer { double.stop() }
        let words = ["dial", "--to", "+15550101000", "--server", double.url]
        #expect(
            run(words + ["--provider", "twilio", "--body", #"{"a":1}"#, "--key", "k1", "--bot", "menu", "--timeout", "30"]) == 0)
        #expect(run(words + ["--key", "k1", "--json"]) == 0)
        #expect(double.calls.count == 1)
        #expect(double.calls[0].request["wait_secs"]?.number == 10)
        #expect(double.calls[0].request["timeout_secs"]?.number == 30)
        #expect(double.problems.isEmpty)
        double.set(faults: [2: .answer(400, "bad_number", retryAfter: nil)])
        #expect(run(words) == 1)
        double.stop()
        #expect(run(words) == 1)
        for bad in [
            [], ["--to", "1", "--body", "[]"], ["--to", "1", "--wait", "31"], ["--to", "1", "--server", "nowhere"],
            ["--to", "1", "x"],
        ] {
            #expect(run(["dial"] + bad) == 64, "\(bad)")
        }
    }
}
