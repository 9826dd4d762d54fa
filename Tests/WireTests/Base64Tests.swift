import FoundationEssentials
import Testing
import Wire

@Suite struct `Base64 of bytes` {
    /// RFC 4648 §10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: vectors)
    func `the vectors of RFC 4648 hold`(plain: String, text: String) {
        #expect(Base64.text(Array(plain.utf8)) == text)
        #expect(Base64.bytes(text) == Array(plain.utf8))
        #expect(Base64.lenientBytes(text) == Array(plain.utf8))
    }

    @Test func `every length agrees with Foundation both ways`() {
        for count in 0...200 {
            let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 67 &+ count &* 13) }
            let text = Data(data).base64EncodedString()
            #expect(Base64.text(data) == text)
            #expect(Base64.bytes(text) == data)
            #expect(Base64.lenientBytes(Base64.urlText(data)) == data)
            #expect(!Base64.urlText(data).contains { "+/=".contains($0) })
        }
    }

    @Test(arguments: [
        "A", "AA", "AAA", "AAAAA", "=", "==", "====", "A===", "AA=A", "AAA=AAAA", "AA==AAAA", "AAA\n", "AA A", " AAAA", "AAAA\n",
        "-___", "AAAé",
        "AA=\u{0}", "AB==", "AAB=", "AAA\u{80}",
    ])
    func `the strict form refuses all else and appends nothing`(text: String) {
        var data: [UInt8] = [7]
        #expect(!Base64.decode(Array(text.utf8).span, into: &data))
        #expect(data == [7])
    }

    @Test func `each byte that is no base64 is refused at each place`() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
            for place in 0..<6 {
                var text = Array("AAAAAAAA".utf8)
                text[place] = byte
                var data: [UInt8] = []
                #expect(!Base64.decode(text.span, into: &data))
            }
        }
    }

    @Test(
        arguments: [
            ("-_-_", [0xFB, 0xFF, 0xBF]), ("+/+/", [0xFB, 0xFF, 0xBF]), (" / /", [0xFB, 0xFF, 0xBF]), ("AQ", [1]), ("AQ==", [1]),
            ("AR", [1]),
            ("AQI", [1, 2]), ("AQJ=", [1, 2]), ("AQ=", [1]), ("", []), ("A", nil), ("AAAAA", nil), ("A=Q=", nil), ("AQ===", nil),
            ("AQ\n", nil),
            ("é", nil), ("==", []),
        ] as [(String, [UInt8]?)])
    func `the lenient form takes what people and URLs make of it`(text: String, data: [UInt8]?) {
        #expect(Base64.lenientBytes(text) == data)
    }

    @Test func `encoding appends behind what is there`() {
        var text = Array("x".utf8)
        Base64.encode([255, 255, 255, 255].span, into: &text)
        #expect(String(decoding: text, as: UTF8.self) == "x/////w==")
    }
}
