import Call
import Dialing
import Testing
import Wire

@Suite struct StartRequestTests {
    static func read(_ text: String, hasKey: Bool = false) throws(StartRequest.Problem) -> StartRequest {
        try StartRequest.read(Array(text.utf8), hasKey: hasKey)
    }

    static func problem(_ text: String) throws -> StartRequest.Problem {
        try #require(throws: StartRequest.Problem.self) { try read(text) }
    }

    // MARK: Shapes

    @Test func `a full native request is read`() throws {
        let request = try Self.read(
            #"""
            {"phone_number":"+1 (415) 555-0100","provider":"Telnyx","from":"+1.415.555.0101","bot":"menu","body":{"a":[1,{"b":null}]},
             "timeout_secs":30,"max_duration_secs":600,"machine_detection":"message","metadata":{"row":7},"priority":9,"queue_secs":60,
             "wait_secs":5}
            """#)
        #expect(request.shape == .native)
        #expect(request.to.exposed == "+14155550100")
        #expect(request.from?.exposed == "+14155550101")
        #expect(request.provider == ProviderName("telnyx"))
        #expect(request.bot == "menu")
        #expect(request.body == .object(["a": .array([.number(1), .object(["b": .null])])]))
        #expect(request.metadata == .object(["row": .number(7)]))
        #expect(request.ringTimeout == 30 && request.maximumDuration == 600)
        #expect(request.machineDetection == .message)
        #expect(request.priority == 9 && request.queueTime == 60 && request.waitSeconds == 5)
        let order = request.request(by: ProviderName("telnyx"), from: PhoneNumber("+14155550101"))
        #expect(
            order.ringTimeout == 30 && order.maximumDuration == 600 && order.to == request.to && order.metadata == request.metadata)
    }

    @Test func `what is not sent has its default`() throws {
        let request = try Self.read(#"{"phone_number":"+14155550100","provider":"twilio","from":null,"body":null,"priority":null}"#)
        #expect(request.from == nil && request.body == nil && request.bot == nil && request.waitSeconds == nil)
        let order = request.request(by: ProviderName("twilio"), from: PhoneNumber("+14155550101"))
        #expect(
            order
                == DialRequest(provider: ProviderName("twilio"), to: PhoneNumber("+14155550100"), from: PhoneNumber("+14155550101"))
        )
    }

    @Test(arguments: [
        #"{"phone_number":"+14155550100"}"#, #"{"body":{"user":"u1"},"phone_number":"+14155550100"}"#,
        #"{"to_number":"+14155550100","from_number":"+14155550101"}"#,
        #"{"to_number":"+14155550100","from_number":"+14155550101","body":{"user":"u1"},"campaign":"c","answer_url":"https://x"}"#,
        #"{"dialout_settings":{"phone_number":"+14155550100","caller_id":"0a0b"}}"#,
        #"{"dialout_settings":{"phone_number":"+14155550100"},"body":{"user":"u1"},"createDailyRoom":true}"#,
    ])
    func `what the ecosystem's scripts send is read, and waits`(text: String) throws {
        let request = try Self.read(text)
        #expect(request.shape == .ecosystem)
        #expect(request.to.exposed == "+14155550100")
        #expect(request.waitSeconds == 10)
        #expect(request.from?.exposed == (text.contains("from_number") ? "+14155550101" : nil))
        #expect(request.body == (text.contains("u1") ? .object(["user": .string("u1")]) : nil))
    }

    @Test func `a key, or any native member, makes a bare request native`() throws {
        #expect(try Self.read(#"{"phone_number":"+14155550100"}"#, hasKey: true).shape == .native)
        #expect(try Self.read(#"{"phone_number":"+14155550100"}"#, hasKey: true).waitSeconds == nil)
        #expect(try Self.read(#"{"phone_number":"+14155550100","bot":"echo"}"#).waitSeconds == nil)
        let request = try Self.read(#"{"to_number":"+14155550100","wait_secs":3,"provider":"plivo"}"#, hasKey: true)
        #expect(request.waitSeconds == 3 && request.provider == ProviderName("plivo"))
    }

    // MARK: Numbers

    @Test(arguments: ["+1 415 555 0100", "+1-415-555-0100", "+1.415.555.0100", "+1(415)5550100", "+ 1 415 555 0100"])
    func `spaces, dashes, dots and parentheses do not count`(number: String) throws {
        #expect(try Self.read(#"{"phone_number":"\#(number)"}"#).to.exposed == "+14155550100")
    }

    @Test(arguments: [
        (#""""#, "is empty"), (#""00447700900123""#, "begins with 00"), (#""4155550100""#, "does not begin with +"),
        (#""07700900123""#, "does not begin with +"), (#""tel:+14155550100""#, "does not begin with +"),
        (#"14155550100"#, "not a string"),
        (#""+0441234567""#, "no country code begins so"), (#""+44 (0)7700 900123""#, "leave it out"), (#""+123456""#, "6 digits"),
        (#""+1234567890123456""#, "16 digits"), (#""++14155550100""#, "more in it"), (#""+14155550100;ext=12""#, "extension"),
        (#""+14155550100x1""#, "extension"), (#""+1415555\u0660100""#, "more in it"),
        (#""\u202a+14155550100""#, "does not begin with +"),
        (#""+1\u2011415\u20115550100""#, "more in it"), (#""+１４１５５５５０１００""#, "more in it"), (#""+""#, "0 digits"),
        (#"{}"#, "not a string"),
        ("\"+1\(String(repeating: " ", count: 80))4155550100\"", "too long"),
    ])
    func `what is no E.164 number is refused without repeating it`(spelling: String, why: String) throws {
        for (name, text) in [
            ("phone_number", "{\"phone_number\":\(spelling)}"), ("to_number", "{\"to_number\":\(spelling)}"),
            ("dialout_settings.phone_number", "{\"dialout_settings\":{\"phone_number\":\(spelling)}}"),
        ] {
            let problem = try Self.problem(text)
            #expect(problem.code == "bad_number" && problem.status == 400)
            #expect(problem.sentence.hasPrefix("`\(name)`") && problem.sentence.contains(why))
            #expect(!problem.sentence.contains("5550100") && !problem.sentence.contains("900123"))
        }
    }

    @Test func `the number that calls may be the provider's own spelling`() throws {
        func caller(_ text: String) throws -> String? {
            try Self.read(#"{"phone_number":"+14155550100","from":"\#(text)"}"#).from?.exposed
        }
        #expect(try caller("080 4711-2345") == "08047112345")
        #expect(try caller("14155550101") == "14155550101")
        for text in ["", "+12", "+1 415 x", "\\u0660123456", String(repeating: "1", count: 65)] {
            #expect(throws: StartRequest.Problem.self) { try caller(text) }
        }
        #expect(try Self.problem(#"{"phone_number":"+14155550100","from":12}"#).code == "bad_number")
    }

    // MARK: What is wrong

    @Test(arguments: [
        ("", "bad_json", "not JSON"), ("{", "bad_json", "byte 1"), ("[]", "bad_json", "no object"),
        ("null", "bad_json", "no object"),
        (#"{"phone_number":"+14155550100"} x"#, "bad_json", "byte 32"), (#"{'phone_number':'+1'}"#, "bad_json", "byte 1"),
        (#"{"priority":1e999}"#, "bad_json", "not JSON"), ("{}", "bad_request", "`phone_number` is missing"),
        (#"{"phone_number":null}"#, "bad_request", "`phone_number` is missing"),
        (#"{"from_number":"+14155550100"}"#, "bad_request", "`to_number`"),
        (#"{"phone_number":"+14155550100","phone_number":"+14155550101"}"#, "bad_json", "`phone_number` stands twice"),
        (#"{"phone_number":"+14155550100","body":{"a":{"b":1,"\u0062":2}}}"#, "bad_json", "`b` stands twice"),
        (#"{"phone_number":"+14155550100","to_number":"+14155550100"}"#, "bad_request", "send one of them"),
        (#"{"to_number":"+14155550100","from":"+14155550100","from_number":"+14155550100"}"#, "bad_request", "send one of them"),
        (#"{"dialout_settings":"+14155550100"}"#, "bad_request", "not an object"),
        (#"{"dialout_settings":{}}"#, "bad_request", "is missing"),
    ])
    func `a request that is none says why`(text: String, code: String, why: String) throws {
        let problem = try Self.problem(text)
        #expect(problem.code == code && problem.sentence.contains(why), "\(problem)")
        #expect(!problem.sentence.contains("5550100"))
    }

    @Test(arguments: [
        (#""provider":7"#, "bad_request", "`provider`"), (#""provider":"two words""#, "bad_request", "`provider`"),
        (#""bot":"""#, "bad_request", "`bot`"), (#""bot":["echo"]"#, "bad_request", "`bot`"),
        (#""body":"text""#, "bad_request", "`body`"),
        (#""body":[1]"#, "bad_request", "`body`"), (#""metadata":1"#, "bad_request", "`metadata`"),
        (#""machine_detection":"yes""#, "bad_request", "`off`, `detect`, `hangup`, `message`"),
        (#""machine_detection":true"#, "bad_request", "`machine_detection`"),
        (#""timeout_secs":"30""#, "bad_request", "without quotes"),
        (#""timeout_secs":0"#, "out_of_range", "`timeout_secs`"), (#""timeout_secs":1.5"#, "bad_request", "whole"),
        (#""max_duration_secs":-1"#, "out_of_range", "`max_duration_secs`"),
        (#""max_duration_secs":1e300"#, "out_of_range", "1 to 86400"),
        (#""priority":10"#, "out_of_range", "0 to 9"), (#""priority":-1"#, "out_of_range", "0 to 9"),
        (#""priority":true"#, "bad_request", "0 to 9"),
        (#""queue_secs":0"#, "out_of_range", "1 to 86400 seconds"), (#""queue_secs":86401"#, "out_of_range", "`queue_secs`"),
        (#""wait_secs":31"#, "out_of_range", "1 to 30 seconds"), (#""wait_secs":0"#, "out_of_range", "`wait_secs`"),
        (#""phonenumber":1"#, "bad_request", "`phonenumber` is not known"),
        (#""x":1,"y":2"#, "bad_request", "`x`, `y` are not known"),
        (#""+14155550199":1"#, "bad_request", "a member is not known"), (#""q\u0007":1"#, "bad_request", "a member is not known"),
    ])
    func `a bad member is named`(member: String, code: String, why: String) throws {
        let problem = try Self.problem("{\"phone_number\":\"+14155550100\",\(member)}")
        #expect(problem.code == code && problem.sentence.contains(why), "\(problem)")
        #expect(!problem.sentence.contains("55501"))
    }

    // MARK: Limits

    @Test(arguments: ["body", "metadata"])
    func `a kibibyte travels and a byte more does not`(name: String) throws {
        func text(_ count: Int) -> String {
            "{\"phone_number\":\"+14155550100\", \"\(name)\" : { \"k\" :\n \"\(String(repeating: "x", count: count - 8))\" } }"
        }
        _ = try Self.read(text(1_024))
        let problem = try Self.problem(text(1_025))
        #expect(problem.code == "too_long" && problem.members == ["limit": .number(1_024), "bytes": .number(1_025)])
        #expect(problem.sentence.hasPrefix("`\(name)` has 1025 bytes") && problem.sentence.contains("1024"))
    }

    @Test func `letters that are escaped count as they travel`() throws {
        let text = String(repeating: #"\u00e9"#, count: 508)
        _ = try Self.read(#"{"phone_number":"+14155550100","body":{"k":"\#(text)"},"metadata":{"k":"\#(text)"}}"#)
        #expect(try Self.problem(#"{"phone_number":"+14155550100","body":{"k":"\#(text)\u00e9"}}"#).code == "too_long")
    }

    @Test func `nesting has an end`() throws {
        func text(_ depth: Int) -> String {
            let opened = String(repeating: "[", count: depth - 1)
            return #"{"phone_number":"+14155550100","body":{"a":\#(opened)\#(String(repeating: "]", count: depth - 1))}}"#
        }
        _ = try Self.read(text(32))
        #expect(try Self.problem(text(33)).code == "bad_request")
        #expect(try Self.problem(text(5_000)).code == "bad_json")
        #expect(try Self.problem(String(repeating: " ", count: 16_385)).code == "too_long")
    }

    @Test func `no cut of a request and no changed byte of it is a trap`() throws {
        let whole = Array(#"{"to_number":"+1 415","from_number":"0é","body":{"a":[1,-2.5e3,"\ud83d\ude00"]},"wait_secs":3}"#.utf8)
        for index in whole.indices {
            _ = try? StartRequest.read(Array(whole[..<index]), hasKey: false)
            for byte in [0x00, 0x22, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
                var changed = whole
                changed[index] = byte
                _ = try? StartRequest.read(changed, hasKey: true)
            }
        }
    }

    @Test func `nothing of a request prints its numbers`() throws {
        let request = try Self.read(#"{"phone_number":"+14155550100","from":"+14155550101","bot":"echo"}"#)
        #expect(!"\(request)".contains("5550") && !String(reflecting: request).contains("5550"))
    }

    @Test func `an idempotency key is printable and not long`() throws {
        #expect(try IdempotencyKey("row 7 of list 3").text == "row 7 of list 3")
        #expect(try IdempotencyKey(String(repeating: "k", count: 255)).text.count == 255)
        for text in ["", String(repeating: "k", count: 256), "a\nb", "clé", "a\u{7F}"] {
            let problem = #expect(throws: StartRequest.Problem.self) { try IdempotencyKey(text) }
            #expect(problem?.code == "bad_request" && problem?.sentence.contains("`Idempotency-Key`") == true)
        }
    }
}
