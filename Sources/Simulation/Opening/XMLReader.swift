/// Reads an answer document: XML 1.0 (Fifth Edition) in UTF-8, without DOCTYPE and so without entities of its own.
///
/// Strict, as the providers are: what is not well-formed is refused with its line. Namespaces are names with a colon.
public struct XMLReader {
    /// Longest document. Units: bytes. Twilio refuses longer ones (11750); the others document no limit.
    public static let documentLimit = 65_536
    /// Elements inside each other. TwiML nests to four (`Response`, `Connect`, `Stream`, `Parameter`); the rest is room.
    public static let depthLimit = 16
    /// Elements of one document. Twilio allows 99 parameters a stream.
    public static let elementLimit = 1_000
    /// Attributes of one element. No verb documents more than thirty.
    public static let attributeLimit = 64

    private let bytes: [UInt8]
    private var cursor = 0
    private var elements = 0

    /// - Returns: the root element.
    public static func read(_ bytes: [UInt8]) throws(XMLFault) -> XMLElement {
        guard bytes.count <= documentLimit else {
            throw XMLFault(line: 1, words: "the document has \(bytes.count) bytes, at most \(documentLimit)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw XMLFault(line: 1, words: "the document is not UTF-8") }
        var reader = XMLReader(bytes)
        return try reader.document()
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func document() throws(XMLFault) -> XMLElement {
        _ = take("\u{FEFF}")
        if !at("<?xml"), firstWord(is: "<?xml") { throw fault("something stands before <?xml: it must be the first thing") }
        if take("<?xml") { try skip(past: "?>", "the XML declaration does not end") }
        try miscellany()
        guard at("<") else { throw fault(peek == nil ? "there is no element" : "text where the first element is due") }
        let root = try element(depth: 1)
        try miscellany()
        guard peek == nil else { throw fault("something stands behind </\(root.name)>") }
        return root
    }

    /// Whether the next thing that is no white space is this word.
    private func firstWord(is word: String) -> Bool {
        var ahead = self
        ahead.skipSpace()
        return ahead.at(word)
    }

    /// Comments, processing instructions and white space.
    private mutating func miscellany() throws(XMLFault) {
        while true {
            skipSpace()
            if at("<!--") {
                try comment()
            } else if at("<?") {
                try instruction()
            } else if at("<!DOCTYPE") {
                throw fault("a DOCTYPE: providers read none")
            } else {
                return
            }
        }
    }

    private mutating func comment() throws(XMLFault) {
        let start = cursor
        cursor += 4
        try skip(past: "--", "a comment does not end", from: start)
        guard take(">") else { throw fault("-- inside a comment") }
    }

    private mutating func instruction() throws(XMLFault) {
        if at("<?xml "), cursor > 0 { throw fault("<?xml in the middle of the document") }
        try skip(past: "?>", "a processing instruction does not end")
    }

    // MARK: elements

    private mutating func element(depth: Int) throws(XMLFault) -> XMLElement {
        guard depth <= Self.depthLimit else { throw fault("more than \(Self.depthLimit) elements inside each other") }
        elements += 1
        guard elements <= Self.elementLimit else { throw fault("more than \(Self.elementLimit) elements") }
        let line = line
        cursor += 1
        let name = try name("an element's name")
        var element = XMLElement(name: name, attributes: try attributes(of: name), line: line)
        if take("/>") { return element }
        guard take(">") else { throw fault(peek == nil ? "<\(name)> does not end" : "no > at the end of <\(name)>") }
        try content(of: &element, depth)
        return element
    }

    private mutating func attributes(of element: String) throws(XMLFault) -> [(name: String, value: String)] {
        var attributes: [(name: String, value: String)] = []
        while true {
            let before = cursor
            skipSpace()
            guard let byte = peek, byte != UInt8(ascii: ">"), !at("/>") else { return attributes }
            guard cursor > before else { throw fault("no space before an attribute of <\(element)>") }
            let name = try name("an attribute of <\(element)>")
            skipSpace()
            guard take("=") else { throw fault("attribute \(name) of <\(element)> has no value") }
            skipSpace()
            guard let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                throw fault("the value of attribute \(name) of <\(element)> is not quoted")
            }
            cursor += 1
            let value = try text(until: quote, "attribute \(name) of <\(element)>")
            cursor += 1
            guard !attributes.contains(where: { $0.name == name }) else {
                throw fault("attribute \(name) of <\(element)> comes twice")
            }
            guard attributes.count < Self.attributeLimit else {
                throw fault("<\(element)> has more than \(Self.attributeLimit) attributes")
            }
            attributes.append((name, value))
        }
    }

    private mutating func content(of element: inout XMLElement, _ depth: Int) throws(XMLFault) {
        while let byte = peek {
            if byte != UInt8(ascii: "<") {
                element.text += try text(until: UInt8(ascii: "<"), "the text of <\(element.name)>")
            } else if take("</") {
                let name = try name("the name of a closing tag")
                guard name == element.name else {
                    throw fault("</\(name)> where </\(element.name)> of line \(element.line) is due")
                }
                skipSpace()
                guard take(">") else { throw fault("no > at the end of </\(name)>") }
                return
            } else if at("<!--") {
                try comment()
            } else if at("<![CDATA[") {
                cursor += 9
                let start = cursor
                try skip(past: "]]>", "a CDATA section does not end")
                element.text += String(decoding: bytes[start..<(cursor - 3)], as: UTF8.self).replacing("\r\n", with: "\n")
            } else if at("<?") {
                try instruction()
            } else if at("<!") {
                throw fault("<! begins neither a comment nor CDATA")
            } else {
                element.children.append(try self.element(depth: depth + 1))
            }
        }
        throw fault("<\(element.name)> of line \(element.line) is not closed")
    }

    // MARK: text

    /// Decoded text up to a byte, which stays. In an attribute white space is spaces.
    private mutating func text(until end: UInt8, _ place: String) throws(XMLFault) -> String {
        let isAttribute = end != UInt8(ascii: "<")
        var decoded: [UInt8] = []
        while let byte = peek, byte != end {
            switch byte {
            case UInt8(ascii: "&"): decoded += Array(try reference(place).utf8)
            case UInt8(ascii: "<"): throw fault("< in \(place); write &lt;")
            case 0x0D:
                cursor += 1
                if peek != 0x0A { decoded.append(isAttribute ? 0x20 : 0x0A) }
            case 0x09, 0x0A:
                decoded.append(isAttribute ? 0x20 : byte)
                cursor += 1
            case 0..<0x20: throw fault("a control character in \(place)")
            default:
                if !isAttribute, at("]]>") { throw fault("]]> in \(place)") }
                decoded.append(byte)
                cursor += 1
            }
        }
        if isAttribute, peek == nil { throw fault("\(place) does not end") }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static let named: [String: Character] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

    /// `&amp;`, `&#38;` or `&#x26;`.
    private mutating func reference(_ place: String) throws(XMLFault) -> Character {
        // The longest is &#x10FFFF; with room for leading zeros.
        let body = bytes[cursor...].dropFirst().prefix(12).prefix { $0 != UInt8(ascii: ";") }
        let name = String(decoding: body, as: UTF8.self)
        guard body.endIndex < bytes.count, bytes[body.endIndex] == UInt8(ascii: ";"), !name.isEmpty else {
            throw fault("& in \(place) begins no entity; write &amp;")
        }
        let found: Character?
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let isHexadecimal = digits.hasPrefix("x")
            let number = UInt32(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10)
            found = number.flatMap { Unicode.Scalar($0) }.flatMap { Self.isCharacter($0) ? Character($0) : nil }
        } else {
            found = Self.named[name]
        }
        guard let found else { throw fault("&\(name.filter { $0.isASCII && !$0.isWhitespace }); in \(place) is no entity of XML") }
        cursor = body.endIndex + 1
        return found
    }

    /// XML 1.0 §2.2.
    private static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0xFFFD, 0x10000...: true
        default: false
        }
    }

    /// Letters, digits, `_ : - .` and all that is not ASCII.
    private mutating func name(_ what: String) throws(XMLFault) -> String {
        let start = cursor
        while let byte = peek, Self.isNameByte(byte, first: cursor == start) { cursor += 1 }
        guard cursor > start else { throw fault("\(what) is missing") }
        return String(decoding: bytes[start..<cursor], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x3A, 0x80...0xFF: true
        case 0x30...0x39, 0x2D, 0x2E: !first
        default: false
        }
    }

    // MARK: bytes

    private var peek: UInt8? { cursor < bytes.count ? bytes[cursor] : nil }

    private func at(_ word: String) -> Bool { bytes[min(cursor, bytes.count)...].starts(with: word.utf8) }

    private mutating func take(_ word: String) -> Bool {
        guard at(word) else { return false }
        cursor += word.utf8.count
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { cursor += 1 }
    }

    private mutating func skip(past word: String, _ complaint: String, from start: Int? = nil) throws(XMLFault) {
        let start = start ?? cursor
        while !at(word) {
            guard cursor < bytes.count else {
                cursor = start
                throw fault(complaint)
            }
            cursor += 1
        }
        cursor += word.utf8.count
    }

    /// Of the cursor.
    private var line: Int { bytes.prefix(cursor).reduce(1) { $1 == 0x0A ? $0 + 1 : $0 } }

    private func fault(_ words: String) -> XMLFault { XMLFault(line: line, words: words) }
}
