import Testing
import Wire

@Suite struct `JSON members` {
    @Test(arguments: [
        #"{"event":"media","media":{"payload":"AAAA","track":"inbound"}}"#,
        #"{"media":{"track":"inbound","payload":"AAAA"},"event":"media"}"#,
        #" { "x" : [ { "event" : 1 } ] , "media" : { "y":{"payload":2}, "payload" : "AAAA" } , "event" : "media" } "#,
        #"{"\u0065vent":"m\u0065dia","med\u0069a":{"payload":"\u0041AAA"}}"#,
        #"{"event":1,"media":null,"event":"media","media":{"payload":0,"payload":"AAAA"}}"#,
    ])
    func `a member is found in any order and spelling and the last of several counts`(text: String) throws {
        let json = try ScannedText(text)
        let event = try #require(json.member("event", of: json.root))
        #expect(json.equals(event, "media"))
        #expect(!json.equals(event, "medium"))
        let media = try json.object("media")
        #expect(json.optionalText("payload", of: media) == "AAAA")
        #expect(json.member("even", of: json.root) == nil)
        #expect(json.member("payload", of: json.root) == nil)
        #expect(json.member("payload", of: event) == nil)
    }

    @Test func `a missing member and one of the wrong kind are told apart`() throws {
        let json = try ScannedText(#"{"a":null,"b":[],"c":"x","d":1}"#)
        #expect(throws: WireError(.missing, at: "z")) { try json.object("z") }
        #expect(throws: WireError(.wrongType, at: "a", offset: 5)) { try json.object("a") }
        #expect(throws: WireError(.wrongType, at: "b", offset: 14)) { try json.text("b") }
        #expect(throws: WireError(.wrongType, at: "d", offset: 29)) { try json.string("d") }
        #expect(throws: WireError(.missing, at: "z")) { try json.string("z") }
        #expect(throws: WireError(.missing, at: "z")) { try json.text("z") }
        #expect(json.optionalText("a", of: json.root) == nil)
        #expect(json.optionalText("d", of: json.root) == "1")
    }

    @Test(arguments: [
        ("1", 1), (#""1""#, 1), ("-7", -7), (#""-7""#, -7), ("8000.0", 8000), ("8e3", 8000), (#""8000.0""#, nil), ("1.5", nil),
        (#""""#, nil), (#""-""#, nil), (#""+1""#, nil), (#""1 ""#, nil), (#""0x1""#, nil), ("null", nil), ("true", nil),
        ("[1]", nil),
        ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min),
        (#""-9223372036854775809""#, nil),
        ("1e999", nil), (#""007""#, 7), (#""\u0031\u0032""#, 12),
    ])
    func `a whole number is read from a number and from a string`(text: String, value: Int?) throws {
        let json = try ScannedText(#"{"n":\#(text)}"#)
        #expect(json.integer("n") == value)
    }

    @Test(arguments: [
        (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC\ud83d\ude39""#, "é€😹"),
        ("\"é€😹\"", "é€😹"),
        (#""a\u0000b""#, "a\u{0}b"), (#""\uFFFF""#, "\u{FFFF}"),
        ("\"\(String(repeating: "long ", count: 50))\"", String(repeating: "long ", count: 50)),
        (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
    ])
    func `text comes out without its escapes`(text: String, meaning: String) throws {
        let json = try ScannedText(text)
        #expect(json.text(json.root).map { Array($0.utf8) } == Array(meaning.utf8))
        #expect(json.equals(json.root, meaning))
    }

    @Test func `parameters are collected as text and nested ones are left out`() throws {
        let json = try ScannedText(
            #"{"a":"1","b":2,"c":true,"d":null,"e":{"a":"x"},"f":["y"],"a":"3","\u0067":"\n","h":false}"#)
        #expect(try json.strings(json.root) == ["a": "3", "b": "2", "c": "true", "g": "\n", "h": "false"])
        let list = try #require(json.member("f", of: json.root))
        #expect(try json.strings(list).isEmpty)
        #expect(json.children(of: json.root).count == 9)
        #expect(json.children(of: list).map { json.text($0) } == ["y"])
    }

    @Test func `more parameters than the limit are too large`() throws {
        func object(_ count: Int) -> String { "{" + (0..<count).map { "\"k\($0)\":\"v\"" }.joined(separator: ",") + "}" }
        let most = try ScannedText(object(JSONScanner.maximumMembers))
        #expect(try most.strings(most.root).count == JSONScanner.maximumMembers)
        let more = try ScannedText(object(JSONScanner.maximumMembers + 1))
        let error = #expect(throws: WireError.self) { try more.strings(more.root) }
        #expect(error?.problem == .tooLarge && error?.path == "p")
    }

    @Test(
        arguments: [
            (#""////""#, [255, 255, 255]), (#""\/\/\/\/""#, [255, 255, 255]), (#""AQ==""#, [1]), (#""""#, []), (#""A""#, nil),
            (#""AQ""#, nil),
            (#""AQ=\n""#, nil), (#""____""#, nil), ("7", nil), ("null", nil),
        ] as [(String, [UInt8]?)])
    func `base64 is decoded where it stands`(text: String, data: [UInt8]?) throws {
        let json = try ScannedText(text)
        var decoded: [UInt8] = [9]
        if let data {
            try json.base64(json.root, into: &decoded)
            #expect(decoded == [9] + data)
        } else {
            let error = #expect(throws: WireError.self) { try json.base64(json.root, into: &decoded) }
            #expect(error?.path == "p" && error?.problem == (json.root.kind == .string ? .invalidBase64 : .wrongType))
            #expect(decoded == [9])
        }
    }

    @Test func `a scanner is used again for another message`() throws {
        var scanner = JSONScanner()
        let second = Array(#"{"a":1}"#.utf8)
        _ = try scanner.scan(Array(#"{"a":{"b":[1,2,3]}}"#.utf8).span)
        #expect(throws: WireError.self) { try scanner.scan(Array("{".utf8).span) }
        let root = try scanner.scanObject(second.span)
        let value = scanner.integer("a", of: root, in: second.span)
        #expect(value == 1)
    }
}
