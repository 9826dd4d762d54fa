import Testing
import Wire

/// What is JSON and what is not. The classes are those of Nicolas Seriot's *JSONTestSuite* (`y_` good, `n_` bad).
@Suite struct `JSON scanner` {
    static let good = [
        "[]", "{}", " {} ", "\t[\r\n]\n", "0", "-0", "1", "-1.5e+10", "1E22", "0e1", "0e+1", "1.5E-2", "true", "false", "null",
        #""""#, #""a""#, #"" ""#, #"{"":0}"#, #"{"a":{},"b":[]}"#, "[[]   ]", "[null, 1, \"1\", {}]", "[1,null,null,null,2]",
        #"["\u0060\u012a\u12AB"]"#, #"["\uD801\udc37"]"#, #"["\ud83d\ude39\ud83d\udc8d"]"#, #"["\"\\\/\b\f\n\r\t"]"#,
        #"["\\u0000"]"#, #"["\u0000"]"#, #"["\uDBFF\uDFFE"]"#, #"["\uFFFF"]"#, #"["\u002c"]"#, "[\"\u{7F}\"]", "[\"é\"]", "[\"€\"]",
        "[\"😀\"]", "[\"\u{10FFFF}\"]", "[\"\u{2028}\u{2029}\u{FEFF}\"]", #"{"a":"b","a":"c"}"#, #"{"a":1,"a":1}"#,
        "[123456789012345678901234567890]", "[1e999]", "[-0.0]", "[1.0E+2]", #"{"min":-1.0e+28,"max":1.0e+28}"#, "[ 4]",
        #"{"x":[{"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}],"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
        #""12345678""#, #""1234567""#, #""123456789012345\"""#, "\"1234567é12345678\"",
    ]

    static let bad = [
        "", " ", "[", "]", "{", "}", "[1 true]", "[1,]", "[,1]", "[1,,2]", "[,]", "[1:2]", "[\"a\",\n4\n,1,", "[\"x\"]]", "[x",
        "[3[4]]",
        "[\"\"],", "[1]x", "{}}", "{} {}", "1 2", "[1}", "{\"a\":1]", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{'a':1}",
        "{1:1}",
        "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1,,\"b\":2}", "{\"a\":\"a\" 123}", "{\"a\",\"b\"}", "{:\"b\"}", "{\"a\":1 \"b\":2}",
        "{null:null,null:null}", "{\"a\":true} x", "{\"a\":/*comment*/1}", "[1]//", "#", "*", "<.>", "\\", "[\\n]",
        "nul", "nulll", "tru", "truee", "fals", "falsee", "True", "NULL", "NaN", "[NaN]", "Infinity", "[-Infinity]", "[nan]", "-",
        "-a", "+1", "[+1]", "01", "-01", "[-012]", "00", ".5", "[.123]", "1.", "[1.]", "[-2.]", "[2.e3]", "[0.e1]", "1e", "1e+",
        "1eE2",
        "[0E]", "[0e+]", "[1.0e-]", "0x1", "[0x42]", "1.5.5", "[9.e+]", "[1+2]", "1_000", "[1 000.0]", "[- 1]", "[--2.]", "1a",
        "[1ea]",
        "\"", "\"a", "[\"a", "\"\\\"", "\"\\", "\"\\x\"", "\"\\a\"", "\"\\'\"", "\"\\u\"", "\"\\u1\"", "\"\\u12\"", "\"\\u123\"",
        "\"\\u12g4\"", "\"\\U0041\"", "\"\\u+123\"", "\"\\uD800\"", "\"\\uD800x\"", "\"\\uD800\\n\"", "\"\\uD800\\u\"",
        "\"\\uD800\\uD800\"",
        "\"\\uD800\\u0041\"", "\"\\uDC00\"", "\"\\uD800\\uDC0\"", "\"a\nb\"", "\"a\tb\"", "\"a\u{0}b\"", "\"\u{1F}\"", "'a'", "a",
        "\u{FEFF}{}",
        "\u{A0}[]", "[\u{2028}]", "\u{0B}[]", "\u{0C}[]", "[\u{0}]", "{\"a\":\"b\"}\u{0}", "é", "[\"\\\u{0}\"]", "[\"\\é\"]",
        "[\\u0020\"a\"]",
        "\"1234567\u{1}9012345678\"", "\"12345678901234567890",
    ]

    static let badBytes: [[UInt8]] = [
        [0x22, 0x80, 0x22], [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xC1, 0xBF, 0x22], [0x22, 0xC3, 0x22],
        [0x22, 0xC3],
        [0x22, 0xE0, 0x80, 0x80, 0x22], [0x22, 0xE0, 0x9F, 0xBF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
        [0x22, 0xE2, 0x82, 0x41, 0x22], [0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xF0, 0x9F, 0x98, 0x22],
        [0x22, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x80, 0x22],
        [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], [0x7B, 0x00, 0x7D, 0x00], [0x00], [0xFE, 0xFF],
    ]

    @Test(arguments: good)
    func `good JSON is taken`(text: String) throws {
        var scanner = JSONScanner()
        _ = try scanner.scan(Array(text.utf8).span)
    }

    @Test(arguments: bad)
    func `bad JSON is refused`(text: String) {
        var scanner = JSONScanner()
        let error = #expect(throws: WireError.self) { _ = try scanner.scan(Array(text.utf8).span) }
        #expect(error?.problem == .invalidJSON && error?.path == "message")
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    @Test(arguments: badBytes)
    func `bytes that are no UTF-8 are refused`(bytes: [UInt8]) {
        var scanner = JSONScanner()
        #expect(throws: WireError.self) { _ = try scanner.scan(bytes.span) }
    }

    @Test func `a special byte is found at any place of a long string`() {
        var scanner = JSONScanner()
        for special in [0x00, 0x1F, 0x22, 0x5C, 0x80, 0xA0, 0xFF] as [UInt8] {
            for place in 0..<40 {
                for plain in [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x41] as [UInt8] {
                    var bytes = [0x22] + [UInt8](repeating: plain, count: 40) + [0x22]
                    #expect(throws: Never.self) { _ = try scanner.scan(bytes.span) }
                    bytes[place + 1] = special
                    let error = #expect(throws: WireError.self) { _ = try scanner.scan(bytes.span) }
                    // A quote ends the string, what follows it is garbage. A backslash before the last quote leaves no end.
                    let offset =
                        switch special {
                        case 0x22: plain == 0x20 ? 41 : place + 2
                        case 0x5C where place == 39: 42
                        default: place + 1
                        }
                    #expect(error?.offset == offset)
                }
            }
        }
    }

    @Test func `nesting and the number of values end at their limits`() throws {
        var scanner = JSONScanner()
        let deepest =
            String(repeating: "[", count: JSONScanner.maximumDepth) + String(repeating: "]", count: JSONScanner.maximumDepth)
        _ = try scanner.scan(Array(deepest.utf8).span)
        let most = "[" + Array(repeating: "0", count: JSONScanner.maximumValues - 1).joined(separator: ",") + "]"
        _ = try scanner.scan(Array(most.utf8).span)
        for text in [
            "[\(deepest)]", String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 100_000),
            "[0,\(most.dropFirst())",
        ] {
            let error = #expect(throws: WireError.self) { _ = try scanner.scan(Array(text.utf8).span) }
            #expect(error?.problem == .tooLarge)
        }
    }

    @Test(arguments: ["[]", "1", "null", #""a""#, "true"])
    func `a message that is no object is named so`(text: String) {
        var scanner = JSONScanner()
        let error = #expect(throws: WireError.self) { _ = try scanner.scanObject(Array(text.utf8).span) }
        #expect(error == WireError(.notAnObject, at: "message"))
    }

    @Test func `every beginning of a message is refused and the whole is taken`() throws {
        let message = Array(#"{"event":"media","n":-1.5e3,"media":{"payload":"AAé\u00e9\ud83d\ude39==","l":[true,null,{}]}}"#.utf8)
        var scanner = JSONScanner()
        for end in 0..<message.count {
            #expect(throws: WireError.self) { _ = try scanner.scan(Array(message[..<end]).span) }
        }
        _ = try scanner.scan(message.span)
    }
}
