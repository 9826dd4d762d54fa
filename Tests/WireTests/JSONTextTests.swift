import Testing
import Wire

@Suite struct `JSON text` {
    private func written(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.string(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("", #""""#), ("a", #""a""#), ("\"\\/", #""\"\\/""#), ("\n\r\t", #""\n\r\t""#),
        ("\u{0}\u{8}\u{1F}\u{7F}", "\"\\u0000\\u0008\\u001f\u{7F}\""),
        ("é€😀\u{2028}", "\"é€😀\u{2028}\""), (#"","event":"clear"#, #""\",\"event\":\"clear""#),
    ])
    func `a string is escaped`(text: String, json: String) { #expect(written(text) == json) }

    @Test func `what is written is read back the same`() throws {
        var scanner = JSONScanner()
        for scalar in (0...0x2FF).compactMap({ Unicode.Scalar($0) }) {
            let text = "a\(Character(scalar))b"
            let bytes = Array(written(text).utf8)
            let node = try scanner.scan(bytes.span)
            #expect(scanner.text(node, in: bytes.span) == text)
        }
    }

    @Test func `numbers, base64 and what is JSON already are appended`() {
        var bytes: [UInt8] = []
        JSONText.raw("[", into: &bytes)
        JSONText.integer(.min, into: &bytes)
        JSONText.raw(",", into: &bytes)
        JSONText.base64([1, 2].span, into: &bytes)
        JSONText.raw("]", into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"[-9223372036854775808,"AQI="]"#)
    }
}
