import Simulation
import Testing

struct XMLReaderTests {
    private func read(_ text: String) throws -> XMLElement { try XMLReader.read(Array(text.utf8)) }

    @Test func `elements attributes and text come out decoded`() throws {
        let root = try read(
            "\u{FEFF}<?xml version='1.0'?><!-- a -->\r\n<a x = '1&quot;2' y:z=\"&#x41;&#66;\n\">one<b/>&lt;two&gt;<![CDATA[<&]]><!-- c --><?pi?></a> <!-- end -->"
        )
        #expect(root.name == "a")
        #expect(root["x"] == "1\"2")
        #expect(root["y:z"] == "AB ")
        #expect(root["none"] == nil)
        #expect(root.text == "one<two><&")
        #expect(root.children.map(\.name) == ["b"])
        #expect(root.line == 2)
    }

    @Test func `line ends are line feeds in text and spaces in attributes`() throws {
        let root = try read("<a b='1\r\n2\r3\t4'>1\r\n2\r3</a>")
        #expect(root["b"] == "1\n2 3 4".replacing("\n", with: " "))
        #expect(root.text == "1\n2\n3")
        #expect(try read("<a>\n \u{9}x y\r\n</a>").trimmedText == "x y")
    }

    static let faults: [(String, Int, String)] = [
        ("", 1, "no element"), ("text", 1, "text where"), (" <?xml?><a/>", 1, "first thing"),
        ("<a>\n<b>\n</a>", 3, "</b> of line 2"),
        ("<a", 1, "does not end"), ("<a>", 1, "not closed"), ("<a b=1/>", 1, "not quoted"), ("<a b/>", 1, "no value"),
        ("<a b='1'c='2'/>", 1, "no space"), ("<a b='1' b='2'/>", 1, "twice"), ("<a b='<'/>", 1, "&lt;"),
        ("<a b='1", 1, "does not end"),
        ("<a>&nbsp;</a>", 1, "&nbsp; in"), ("<a>&amp</a>", 1, "begins no entity"), ("<a>&#0;</a>", 1, "no entity"),
        ("<a>&#xD800;</a>", 1, "no entity"), ("<a>&#x110000;</a>", 1, "no entity"), ("<a>&#-1;</a>", 1, "no entity"),
        ("<a>&", 1, "begins no entity"), ("<a>\u{1}</a>", 1, "control"),
        ("<a>]]></a>", 1, "]]>"), ("<a><!-- -- --></a>", 1, "-- inside"), ("<a><!--", 1, "does not end"),
        ("<a><![CDATA[x</a>", 1, "CDATA"), ("<a><!x></a>", 1, "neither"), ("<a/><b/>", 1, "behind"), ("<1/>", 1, "name is missing"),
        ("<a></a", 1, "no >"), ("<!DOCTYPE a><a/>", 1, "DOCTYPE"), ("<a><?xml ?></a>", 1, "middle"), ("<a/>\n\nx", 3, "behind"),
    ]

    @Test(arguments: faults)
    func `what is not well-formed is refused with its line`(text: String, line: Int, words: String) throws {
        let fault = try #require(throws: XMLFault.self) { _ = try read(text) }
        #expect(fault.line == line)
        #expect(fault.words.contains(words), "\(fault)")
    }

    @Test func `what is not UTF-8 is refused`() {
        #expect(throws: XMLFault.self) { _ = try XMLReader.read([0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E]) }
    }

    @Test func `limits hold at their number and not past it`() throws {
        let nested = { (depth: Int) in String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth) }
        #expect(try read(nested(XMLReader.depthLimit)).name == "a")
        #expect(throws: XMLFault.self) { try read(nested(XMLReader.depthLimit + 1)) }
        let wide = { (count: Int) in "<a>" + String(repeating: "<b/>", count: count - 1) + "</a>" }
        #expect(try read(wide(XMLReader.elementLimit)).children.count == XMLReader.elementLimit - 1)
        #expect(throws: XMLFault.self) { try read(wide(XMLReader.elementLimit + 1)) }
        let long = { (bytes: Int) in "<a>" + String(repeating: "x", count: bytes - 7) + "</a>" }
        #expect(try read(long(XMLReader.documentLimit)).text.count == XMLReader.documentLimit - 7)
        #expect(throws: XMLFault.self) { try read(long(XMLReader.documentLimit + 1)) }
        let attributes = { (count: Int) in "<a" + (0..<count).map { " b\($0)='1'" }.joined() + "/>" }
        #expect(try read(attributes(XMLReader.attributeLimit)).attributes.count == XMLReader.attributeLimit)
        #expect(throws: XMLFault.self) { try read(attributes(XMLReader.attributeLimit + 1)) }
    }

    @Test func `a document cut anywhere is refused and no read traps`() throws {
        let whole = Array("<?xml version='1.0'?><!-- c --><R a='&#x41;'><![CDATA[x]]>&amp;<b c=\"d\"/></R>".utf8)
        #expect(try XMLReader.read(whole).name == "R")
        for end in whole.indices { #expect(throws: XMLFault.self) { _ = try XMLReader.read(Array(whole[..<end])) } }
    }
}
