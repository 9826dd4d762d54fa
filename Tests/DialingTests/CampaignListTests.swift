import Call
import Testing
import Wire

@testable import Dialing

@Suite struct CampaignListTests {
    private func list(_ csv: String, _ json: String = "{}") throws -> CampaignList {
        CampaignList(Array(csv.utf8), try settings(json), TableZones())
    }

    @Test func `quotes, commas, line breaks in cells, CRLF and a byte order mark are read`() throws {
        let list = try list(
            "\u{FEFF}name,number,note\r\n\"Ann, \"\"A\"\"\",+15550100001,\"two\r\nlines\"\r\n\r\nBea,+15550100002,\r\n")
        #expect(list.problems.isEmpty)
        #expect(list.rows.map(\.line) == [2, 5])
        #expect(list.rows.map(\.number.exposed) == ["+15550100001", "+15550100002"])
        #expect(list.rows[0].body == .object(["name": .string("Ann, \"A\""), "note": .string("two\r\nlines")]))
        #expect(list.rows[1].body == .object(["name": .string("Bea")]))
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `lines end in three ways, the last one also without an end`(end: String) throws {
        let list = try list(["to,a", "+15550100001,1", "+15550100002,2"].joined(separator: end))
        #expect(list.rows.map(\.line) == [2, 3])
    }

    @Test func `columns lie over the settings' body, and an empty cell leaves it`() throws {
        let list = try list("number,name,lang\n+15550100001,Ann,\n", #"{"body":{"lang":"en","name":"you","n":1}}"#)
        #expect(list.rows[0].body == .object(["lang": .string("en"), "name": .string("Ann"), "n": .number(1)]))
    }

    @Test func `every bad row is named with its line, and numbers are masked`() throws {
        let csv = """
            number,time_zone,priority,note
            +15550100001,Europe/London,,fine
            15550100002,Europe/London,,no plus
            +15550100003,Mars/Olympus,,zone
            +15550100004,,,no zone
            +15550100005,Europe/London,12,priority
            +15550100001,Europe/London,,twice
            +15550100006,Europe/London
            ,Europe/London,,
            1.5555E+11,Europe/London,,
            +15550100007,Europe/London,,\(String(repeating: "x", count: 1_020))
            +15550100008,Europe/London,,a"b
            +15550100009,Europe/London,,"a"b
            +15550100010,Europe/London,,"never closed
            """
        let list = try list(csv, #"{"windows":[{"from":"09:00","to":"18:00"}]}"#)
        let told = list.problems.map(\.description)
        let parts = [
            "line 3, column number: …02 is not E.164: write +", "line 4, column time_zone: there is no time zone Mars/Olympus",
            "line 5, column time_zone: no time zone", "line 6, column priority: must be",
            "line 7, column number: the number …01 stands in line 2",
            "line 8: has 2 cells, the header 4", "line 9, column number: the number is missing",
            "line 10, column number: …11 is not E.164: a spreadsheet",
            "line 11: the call's body has 1031 bytes", "line 12: has a quote inside", "line 13: has text behind",
            "line 14: has a quote that is never",
        ]
        #expect(told.count == parts.count)
        for (line, part) in zip(told, parts) { #expect(line.hasPrefix(part), "\(line)") }
        #expect(!told.joined().contains("5550100"))
        #expect(list.rows.map(\.line) == [2])
    }

    @Test(arguments: [
        ("", "is empty"), ("number\n", "no rows"), ("name\nx\n", "no column is named number"),
        ("number,to\n+15550100001,\n", "both say"),
        ("number;name\n+15550100001;x\n", "semicolons"), ("number,,b\n", "column 2 has no name"),
        ("number,a,A\n", "two columns are named A"),
    ])
    func `a header that cannot be used is said to be so`(csv: String, words: String) throws {
        let list = try list(csv)
        #expect(list.isUnusable)
        #expect(list.problems.first?.words.contains(words) == true, "\(list.problems)")
    }

    @Test func `bytes that are not UTF-8 are a bad row, and UTF-16 is named`() throws {
        let bytes = Array("number,name\n+15550100001,".utf8) + [0xC3, 0x28] + Array("\n+15550100002,ok\n".utf8)
        let list = CampaignList(bytes, try settings("{}"), TableZones())
        #expect(list.problems.map(\.line) == [2])
        #expect(list.rows.count == 1)
        #expect(CampaignList([0xFF, 0xFE, 0x6E, 0], try settings("{}"), TableZones()).problems[0].words.contains("UTF-16"))
    }

    @Test func `a second row of a number is left out when that is asked for`() throws {
        let list = try list("number\n+15550100001\n+15550100001\n+15550100001\n", #"{"duplicates":"skip"}"#)
        #expect(list.rows.count == 1)
        #expect(list.duplicates == [3, 4])
        #expect(list.problems.isEmpty)
    }

    @Test func `what is written is read back`() {
        let cells = ["a,b", "\"q\"", "two\nlines", "", " edge ", "é", "plain"]
        #expect(CampaignCSV.records(Array(CampaignCSV.line(cells).utf8)).map(\.cells) == [cells])
        #expect(CampaignCSV.harmless("=1+1") == "'=1+1")
        #expect(CampaignCSV.harmless("-") == "'-")
        #expect(CampaignCSV.harmless("a=1") == "a=1")
    }

    @Test func `any bytes are read to an end`() {
        var chance = SplitMix64(state: 4)
        let alphabet = Array("\",\r\n+15a\u{0}é".utf8)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &chance)).map { _ in alphabet.randomElement(using: &chance) ?? 0 }
            let records = CampaignCSV.records(bytes)
            #expect(records.allSatisfy { !$0.cells.isEmpty })
        }
    }

    @Test func `a do-not-call list is read as people write it, and what is no number is told`() throws {
        let suppression = CampaignSuppression(Array("# ours\n+1 555 010-0001 # Ann\r\n\n(+44) 20 7946 0000\n0044 20\n".utf8))
        #expect(suppression.count == 2)
        #expect(suppression.badLines == [5])
        #expect(suppression.holds(try list("number\n+15550100001\n").rows[0]))
        #expect(!suppression.holds(try list("number\n+15550100002\n").rows[0]))
    }

    /// Whatever a line means, it suppresses that number or is told: none is passed over, and none becomes another number.
    @Test(arguments: [
        ("+15550100001\r+15550100002\r", ["+15550100001", "+15550100002"], []),
        ("+15550100001;\r\n\"+1 555 010-0002\" ,\r\n", ["+15550100001", "+15550100002"], []),
        ("+15550100001,3\n+15550100002", ["+15550100002"], [1]), ("+15550100001;3", [], [1]),
        ("+15550100001,+15550100002", [], [1]), ("\n+44 (0)20 7946 0000\n", [], [2]),
        ("number\n+15550100001\n", ["+15550100001"], [1]),
        ("+15550100001 \u{A0}\n", ["+15550100001"], []), ("1\u{0}5", [], [1]),
    ])
    func `no line of a do-not-call list slips through`(text: String, numbers: [String], bad: [Int]) throws {
        let suppression = CampaignSuppression(Array(text.utf8))
        #expect(suppression.badLines == bad)
        #expect(suppression.count == numbers.count)
        for number in numbers { #expect(suppression.holds(try list("number\n\(number)\n").rows[0])) }
    }

    @Test(arguments: [
        (#"{"concurency":1}"#, "concurency: no such key; is concurrency meant?"),
        (#"{"zzz":1}"#, "zzz: no such key; here may stand name"),
        (#"{"rate":0}"#, "rate: must be a number"), (#"{"rate":"1"}"#, "rate: must be a number"),
        (#"{"concurrency":1.5}"#, "concurrency: must be a whole"),
        (#"{"machine_detection":"maybe"}"#, "machine_detection: must be one of off, detect, hangup, message"),
        (#"{"retry_on":["unknown"]}"#, "retry_on[0]: a call of which nobody knows"),
        (#"{"retry_on":["completed"]}"#, "retry_on[0]: must be one of"),
        (#"{"spacing":{"bsy":1}}"#, "spacing.bsy: no such key; is busy meant?"),
        (#"{"spacing":{"busy":0}}"#, "spacing.busy: must be a whole"),
        (#"{"windows":[{"days":"mon-fry","from":"09:00","to":"18:00"}]}"#, "windows[0].days: must be days"),
        (#"{"windows":[{"from":"9:00","to":"18:00"}]}"#, "windows[0].from: must be a time"),
        (#"{"windows":[{"from":"09:00","to":"09:00"}]}"#, "windows[0].to: is the same"),
        (#"{"start":"2030-02-30"}"#, "start: must be a day"),
        (#"{"start":"2030-02-02","end":"2030-02-01"}"#, "end: is before start"),
        (#"{"holidays":["tomorrow"]}"#, "holidays[0]: must be a day"), (#"{"from":"me"}"#, "from: is no phone number"),
        (#"[1]"#, "must be a JSON object"), (#"{"#, "the file is not valid JSON"), (#"{"body":1}"#, "body: must be an object"),
    ])
    func `settings that cannot be meant are refused with the place and the mend`(json: String, words: String) {
        let error = #expect(throws: CampaignError.self) { try settings(json) }
        #expect(error?.description.hasPrefix(words) == true, "\(error?.description ?? "")")
    }

    @Test func `all settings are read`() throws {
        let read = try settings(
            #"""
            {"name":"spring","provider":"twilio","from":"+15550100000","bot":"menu","body":{"a":1},"metadata":{"b":2},"rate":2.5,
             "concurrency":20,"timeout_secs":30,"max_duration_secs":600,"machine_detection":"hangup","time_zone":"Europe/London",
             "windows":[{"days":"mon-wed,fri","from":"09:00","to":"18:00"},{"days":"sat","from":"22:00","to":"02:00"}],
             "attempts":3,"spacing":{"busy":5},"retry_on":["busy","machine"],"suppress":"dnc.txt","start":"2030-01-01",
             "end":"2030-12-31","holidays":["2030-12-25"],"duplicates":"skip","expected_seconds":90}
            """#)
        #expect(read.hours.windows.map(\.days) == [[0, 1, 2, 4], [5]])
        #expect(read.hours.windows[1].to == 26 * 3_600)
        #expect(read.spacing[.busy] == 5)
        #expect(read.spacing[.machine] == 240)
        #expect(read.retryOn == [.busy, .machine])
        #expect(read.machineDetection == .hangup)
        #expect((read.rate, read.concurrency, read.attempts) == (2.5, 20, 3))
    }
}
