/// Writes an XML 1.0 document, two spaces a level. Everything from outside is escaped: it can be text, never markup.
public struct XMLWriter: Sendable {
    public typealias Attribute = (name: String, value: String)

    private var output = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
    private var open: [String] = []

    public init() {}

    /// Opens an element that holds others.
    ///
    /// - Parameter name: our own word, written as it is; so are the names of attributes.
    public mutating func begin(_ name: String, _ attributes: [Attribute] = []) {
        startTag(name, attributes)
        output += ">\n"
        open.append(name)
    }

    /// Closes the element opened last.
    public mutating func end() {
        guard let name = open.popLast() else { return }
        output += indent + "</" + name + ">\n"
    }

    /// An element with text and no others: `<name>text</name>`, on one line.
    public mutating func element(_ name: String, _ attributes: [Attribute] = [], text: String = "") {
        startTag(name, attributes)
        output += ">" + Self.escaped(text) + "</" + name + ">\n"
    }

    /// An element with nothing inside: `<name/>`.
    public mutating func empty(_ name: String, _ attributes: [Attribute] = []) {
        startTag(name, attributes)
        output += "/>\n"
    }

    /// The document. Elements still open are closed.
    public var document: String {
        var whole = self
        while !whole.open.isEmpty { whole.end() }
        return whole.output
    }

    private var indent: String { String(repeating: "  ", count: open.count) }

    private mutating func startTag(_ name: String, _ attributes: [Attribute]) {
        output += indent + "<" + name
        for (name, value) in attributes { output += " " + name + "=\"" + Self.escaped(value) + "\"" }
    }

    /// Text that means itself inside an element and inside an attribute.
    ///
    /// Characters that XML 1.0 §2.2 does not allow (controls, U+FFFE, U+FFFF) are dropped: no escape could carry them. Line ends and
    /// tabs are written as references, because an attribute would turn them into spaces.
    public static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\t": result += "&#9;"
            case "\n": result += "&#10;"
            case "\r": result += "&#13;"
            case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
