import Audio
import Call
import Testing
import Wire

@testable import Capture

/// What the writer writes, the reader reads; what it did not write is refused with the line and the mend.
@Suite struct CaptureFileTests {
    static let header = CaptureHeader(
        provider: ProviderName("twilio"), startedAt: 1_795_236_900_123_456, inbound: .muLaw8000,
        outbound: MediaFormat(.linear16, .hz16000), bot: "echo \"1\"", build: "0.1.0",
        call: .object(["query": .object(["bot": .string("echo")]), "from": .null]))

    static let entries: [CaptureEntry] = [
        CaptureEntry(at: 0, .inward, .json(Array(#"{"event":"connected","x":[1,{"é":"\n"}]}"#.utf8))),
        CaptureEntry(at: 0, .inward, .text("no JSON:\n\"{\u{1}")),
        CaptureEntry(at: 17, .outward, .json(Array("7".utf8))),
        CaptureEntry(at: 17, .outward, .json(Array(#""text""#.utf8))),
        CaptureEntry(at: 18, .inward, .binary([0, 255, 7])),
        CaptureEntry(at: 18, .inward, .binary([])),
        CaptureEntry(at: 19, .inward, .close(code: 1000)),
        CaptureEntry(at: 19, .outward, .close(code: nil)),
        CaptureEntry(at: 20, .inward, .end(.canceled)),
        CaptureEntry(at: 999_999_999_999_999, .outward, .end(.callerHungUp)),
    ]

    static let firstLine =
        #"{"trunkline_capture":1,"provider":"twilio","started":"2026-11-21T04:55:00.123456Z","inbound":{"encoding":"pcmu","rate":8000},"#
        + #""outbound":{"encoding":"s16le","rate":16000},"bot":"echo \"1\"","build":"0.1.0","audio":"full","keys":"masked","#
        + #""call":{"from":null,"query":{"bot":"echo"}}}"#

    private func read(_ lines: String...) throws(CaptureError) -> Capture {
        try CaptureReader.read(Array(([Self.firstLine] + lines).map { $0 + "\n" }.joined().utf8))
    }

    @Test func `a capture comes back as it was written`() throws {
        var capture = Capture(header: Self.header, entries: Self.entries)
        for cut in [nil, .backlog] + Capture.Cut.allCases {
            capture.cut = cut
            let read = try CaptureReader.read(capture.encoded())
            #expect(read.header == capture.header)
            #expect(read.entries == capture.entries)
            #expect(read.cut == cut)
            #expect(!read.isTorn)
        }
    }

    @Test func `the header is spelt as documented`() {
        let text = String(decoding: Capture(header: Self.header, entries: []).encoded(), as: UTF8.self)
        #expect(text == Self.firstLine + "\n")
    }

    @Test func `the lines are spelt as documented`() {
        let lines = String(decoding: Capture(header: Self.header, entries: Self.entries).encoded(), as: UTF8.self).split(
            separator: "\n")
        #expect(lines.count == Self.entries.count + 1)
        #expect(lines[1] == #"{"t":0,"dir":"in","json":{"event":"connected","x":[1,{"é":"\n"}]}}"#)
        #expect(lines[2] == #"{"t":0,"dir":"in","text":"no JSON:\n\"{\u0001"}"#)
        #expect(lines[5] == #"{"t":18,"dir":"in","binary":"AP8H"}"#)
        #expect(lines[8] == #"{"t":19,"dir":"out","close":null}"#)
        #expect(lines[10] == #"{"t":999999999999999,"dir":"out","end":"caller-hung-up"}"#)
    }

    @Test func `line breaks between the tokens of a message become spaces`() throws {
        let message = Array("{\r\n \"event\":\n\"stop\"}".utf8)
        let capture = Capture(header: Self.header, entries: [CaptureEntry(at: 1, .inward, .json(message))])
        let read = try CaptureReader.read(capture.encoded())
        #expect(read.entries == [CaptureEntry(at: 1, .inward, .json(Array("{   \"event\": \"stop\"}".utf8)))])
    }

    @Test func `a time that runs back is written as the one before`() throws {
        let entries = [CaptureEntry(at: 9, .inward, .text("a")), CaptureEntry(at: 4, .inward, .text("b"))]
        let read = try CaptureReader.read(Capture(header: Self.header, entries: entries).encoded())
        #expect(read.entries.map(\.time) == [9, 9])
    }

    @Test func `lines whose times run back are read in the order of their times, and equal times as they stand`() throws {
        let read = try read(
            #"{"t":5,"dir":"in","json":"a"}"#, #"{"t":9,"dir":"out","json":"late"}"#, #"{"t":5,"dir":"out","json":"b"}"#,
            #"{"t":5,"dir":"in","text":"c"}"#, #"{"t":0,"dir":"out","json":"first"}"#, #"{"t":9,"dir":"in","end":"canceled"}"#)
        #expect(read.entries.map(\.time) == [0, 5, 5, 5, 9, 9])
        #expect(
            read.entries.map(\.content) == [
                .json(Array(#""first""#.utf8)), .json(Array(#""a""#.utf8)), .json(Array(#""b""#.utf8)), .text("c"),
                .json(Array(#""late""#.utf8)), .end(.canceled),
            ])
    }

    @Test func `a capture torn at any byte reads up to its last whole line`() throws {
        let whole = Capture(header: Self.header, entries: Self.entries).encoded()
        let start = Self.firstLine.utf8.count + 1
        for end in start..<whole.count {
            let read = try CaptureReader.read(Array(whole[..<end]))
            let lines = whole[start..<end].filter { $0 == 0x0A }.count
            // A line that lacks nothing but its line break is whole.
            let isWhole = whole[end] == 0x0A
            #expect(read.entries == Array(Self.entries[..<(lines + (isWhole ? 1 : 0))]))
            #expect(read.isTorn == (whole[end - 1] != 0x0A && !isWhole))
        }
        for end in 0..<(start - 1) { #expect(throws: CaptureError.self) { try CaptureReader.read(Array(whole[..<end])) } }
    }

    @Test func `members in any order and members that are news are read`() throws {
        let read = try read(
            #" { "json" : {"event": "stop"} , "dir":"in", "note":"x", "t" : 5 } "#, "{\"dir\":\"out\",\"t\":6,\"close\":1001}\r")
        #expect(
            read.entries == [
                CaptureEntry(at: 5, .inward, .json(Array(#"{"event": "stop"}"#.utf8))),
                CaptureEntry(at: 6, .outward, .close(code: 1001)),
            ])
    }

    @Test func `another version is refused with both versions`() {
        for version in ["2", "\"1\"", "1.5", "null"] {
            let text = Self.firstLine.replacing(#""trunkline_capture":1"#, with: #""trunkline_capture":\#(version)"#) + "\n"
            let error = #expect(throws: CaptureError.self) { try CaptureReader.read(Array(text.utf8)) }
            #expect(error?.description.contains("version \(version), and this build reads version 1") == true)
        }
    }

    @Test(arguments: [
        ("", "the file is empty"), ("\n", "no capture"), ("{}\n", "no capture"), ("[1]\n", "no capture"),
        (firstLine.replacing("2026-11-21", with: "2026-02-30") + "\n", "started must be a time"),
        (firstLine.replacing("\"rate\":8000", with: "\"rate\":8") + "\n", "inbound must be an encoding"),
        (firstLine.replacing("\"audio\":\"full\"", with: "\"audio\":\"some\"") + "\n", "audio must be full, noise or none"),
        (firstLine.replacing("\"bot\":", with: "\"bat\":") + "\n", "bot is missing"),
        (firstLine.replacing(",\"call\":{", with: ",\"cell\":{") + "\n", "call is missing"),
    ])
    func `a broken header says what is wrong`(text: String, sentence: String) {
        let error = #expect(throws: CaptureError.self) { try CaptureReader.read(Array(text.utf8)) }
        #expect(error?.description.hasPrefix("line 1: ") == true)
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("", "not a JSON object"), ("{", "not a JSON object (byte 1)"), ("7", "not a JSON object"),
        (#"{"t":1,"dir":"in","json":{"a":}}"#, "not a JSON object (byte 30)"),
        (#"{"dir":"in","text":""}"#, "t is missing"), (#"{"t":"1","dir":"in","text":""}"#, "t must be a whole number"),
        (#"{"t":-1,"dir":"in","text":""}"#, "t must be a whole number"),
        (#"{"t":9999999999999999,"dir":"in","json":{}}"#, "t must be a whole number"),
        (#"{"t":1,"text":""}"#, "dir is missing"), (#"{"t":1,"dir":"up","text":""}"#, "dir must be in or out"),
        (#"{"t":1,"dir":"in"}"#, "json, text, binary, close, end or woken is missing"),
        (#"{"t":1,"dir":"in","text":"","end":"canceled"}"#, "not two"), (#"{"t":1,"dir":"in","text":7}"#, "text must be a string"),
        (#"{"t":1,"dir":"in","binary":"%"}"#, "binary must be base64"), (#"{"t":1,"dir":"in","close":70000}"#, "close must be"),
        (#"{"t":1,"dir":"out","end":"bored"}"#, "end must be one of completed"), (#"{"t":1,"cut":"why"}"#, "cut must be backlog"),
        (
            #"{"t":1,"dir":"in","text":"\#(String(repeating: "x", count: CaptureLimits.longestLine))"}"#,
            "the line is over 262144 bytes"
        ),
    ])
    func `a broken line is refused with its number`(line: String, sentence: String) {
        let good = #"{"t":1,"dir":"in","json":{"event":"stop"}}"#
        let error = #expect(throws: CaptureError.self) { try read(good, line, good) }
        #expect(error?.description.hasPrefix("line 3: ") == true)
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test func `nothing may follow the line that says cut`() throws {
        let cut = #"{"t":1,"cut":"backlog"}"#
        #expect(try read(cut).cut == .backlog)
        let error = #expect(throws: CaptureError.self) { try read(cut, #"{"t":1,"dir":"in","json":{}}"#) }
        #expect(error == CaptureError(.entryAfterCut, line: 3))
    }

    @Test func `an entry that no line may hold ends the capture`() throws {
        let long = CaptureEntry(at: 1, .inward, .text(String(repeating: "\u{1}", count: CaptureLimits.longestMessage)))
        let read = try CaptureReader.read(Capture(header: Self.header, entries: [long, long]).encoded())
        #expect(read.entries.isEmpty)
        #expect(read.cut == .line)
    }

    @Test func `a message as large and as deep as the wire takes is read`() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        let wide = "[" + String(repeating: "1,", count: 1_022) + "1]"
        let entries = [deep, wide].map { CaptureEntry(at: 1, .inward, .json(Array($0.utf8))) }
        #expect(try CaptureReader.read(Capture(header: Self.header, entries: entries).encoded()).entries == entries)
    }

    @Test func `audio that was left out comes back as silence of the same length`() throws {
        var header = Self.header
        header.audio = .none
        let message = #"{"event":"media","media":{"payload":"\#(Base64.text([1, 2, 3, 4]))"}}"#
        let entries = [
            CaptureEntry(at: 1, .inward, .json(Array(message.utf8))), CaptureEntry(at: 1, .outward, .json(Array(message.utf8))),
            CaptureEntry(at: 2, .outward, .binary([1, 2])),
        ]
        let bytes = Capture(header: header, entries: entries).encoded()
        #expect(
            String(decoding: bytes, as: UTF8.self).contains(
                ##"{"t":1,"dir":"in","json":{"event":"media","media":{"payload":"#4"}}}"##))
        let read = try CaptureReader.read(bytes)
        let silence = #"{"event":"media","media":{"payload":"\#(Base64.text([255, 255, 255, 255]))"}}"#
        let zero = #"{"event":"media","media":{"payload":"\#(Base64.text([0, 0, 0, 0]))"}}"#
        #expect(
            read.entries == [
                CaptureEntry(at: 1, .inward, .json(Array(silence.utf8))), CaptureEntry(at: 1, .outward, .json(Array(zero.utf8))),
                CaptureEntry(at: 2, .outward, .binary([0, 0])),
            ])
        #expect(read.encoded() == bytes)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (1_795_236_900_123_456, "2026-11-21T04:55:00.123456Z"),
        (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"), (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
    ])
    func `a time and its text are each other's`(microseconds: Int64, text: String) {
        #expect(CaptureTime.text(microseconds) == text)
        #expect(CaptureTime.microseconds(text) == microseconds)
    }

    @Test func `days of eight centuries come back`() {
        for day in stride(from: Int64(-146_097), through: 146_097, by: 19) {
            let moment = day * 86_400_000_000 + 3_600_000_000
            guard CaptureTime.microseconds(CaptureTime.text(moment)) != moment else { continue }
            Issue.record("day \(day)")
            return
        }
    }
}
