import Testing
import Wire

@Suite struct `Form encoding` {
    @Test(
        arguments: [
            ("", []), ("a=1", [("a", "1")]), ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]), ("a", [("a", "")]),
            ("a=", [("a", "")]),
            ("=b", [("", "b")]), ("=", [("", "")]), ("a=b=c", [("a", "b=c")]), ("&&a=1&", [("a", "1")]),
            ("From=%2B15005550006", [("From", "+15005550006")]),
            ("a+b=c+d", [("a b", "c d")]), ("%61=%7e%7E", [("a", "~~")]),
            ("a=%&b=%4&c=%zz&d=%4g", [("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "%4g")]),
            ("a=%C3%A9", [("a", "é")]), ("a=é", [("a", "é")]), ("a=%C3", [("a", "\u{FFFD}")]), ("a=%26%3D%2B%25", [("a", "&=+%")]),
            ("a=%00", [("a", "\u{0}")]),
            ("a=1;b=2", [("a", "1;b=2")]), ("%2541=1", [("%41", "1")]),
        ] as [(String, [(String, String)])])
    func `a form is read in order`(text: String, fields: [(String, String)]) throws {
        #expect(try FormEncoding.fields(text) == fields.map { FormEncoding.Field($0.0, $0.1) })
    }

    @Test func `bytes that are no UTF-8 become replacement characters`() throws {
        #expect(try FormEncoding.fields([0x61, 0x3D, 0xFF].span) == [.init("a", "\u{FFFD}")])
    }

    @Test func `a form ends at its limit`() throws {
        let most = Array(repeating: "a=1", count: FormEncoding.maximumFields).joined(separator: "&")
        #expect(try FormEncoding.fields(most).count == FormEncoding.maximumFields)
        let error = #expect(throws: WireError.self) { try FormEncoding.fields(most + "&b") }
        #expect(error?.problem == .tooLarge)
    }

    @Test(arguments: [
        ("abc-._~09", "abc-._~09"), ("v3:a/b", "v3%3Aa%2Fb"), ("a b+c&d=e?#%", "a%20b%2Bc%26d%3De%3F%23%25"), ("é", "%C3%A9"),
        ("..", "%2E%2E"),
        (".", "%2E"), ("a..b", "a..b"), ("", ""), ("\r\nX: y", "%0D%0AX%3A%20y"),
    ])
    func `a path segment keeps to its segment`(text: String, escaped: String) { #expect(FormEncoding.component(text) == escaped) }

    @Test func `what is written is read back the same`() throws {
        let fields = [FormEncoding.Field("a b", "+&=%"), .init("", ""), .init("é", "\u{0}\n"), .init("a b", "2")]
        let text = FormEncoding.text(fields)
        #expect(text == "a+b=%2B%26%3D%25&=&%C3%A9=%00%0A&a+b=2")
        #expect(try FormEncoding.fields(text) == fields)
    }
}
