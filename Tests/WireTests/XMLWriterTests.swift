import Testing
import Wire

@Suite struct `XML writer` {
    @Test func `elements are indented by two spaces and closed in order`() {
        var xml = XMLWriter()
        xml.begin("Response")
        xml.begin("Connect", [("a", "1"), ("b", "2")])
        xml.element("Stream", [("url", "wss://h/ws?a=1&b=2")], text: "x<y")
        xml.empty("Pause", [("length", "1")])
        #expect(
            xml.document == """
                <?xml version="1.0" encoding="UTF-8"?>
                <Response>
                  <Connect a="1" b="2">
                    <Stream url="wss://h/ws?a=1&amp;b=2">x&lt;y</Stream>
                    <Pause length="1"/>
                  </Connect>
                </Response>

                """)
    }

    @Test func `closing more than was opened changes nothing`() {
        var xml = XMLWriter()
        xml.empty("a")
        xml.end()
        #expect(xml.document.hasSuffix("?>\n<a/>\n"))
    }

    @Test(arguments: [
        (#""><Dial>"#, "&quot;&gt;&lt;Dial&gt;"), ("]]>", "]]&gt;"), ("a&amp;b", "a&amp;amp;b"), ("'", "&apos;"),
        ("\t\n\r", "&#9;&#10;&#13;"),
        ("\r\n", "&#13;&#10;"), ("a\u{0}\u{8}\u{B}\u{1F}b\u{FFFE}\u{FFFF}", "ab"), ("é😀\u{7F}\u{FFFD}", "é😀\u{7F}\u{FFFD}"),
        ("", ""),
    ])
    func `text can only be text`(text: String, escaped: String) { #expect(XMLWriter.escaped(text) == escaped) }
}
