/// One element of an answer document.
public struct XMLElement: Equatable, Sendable {
    public let name: String
    /// In the order of the document, values decoded. No name comes twice.
    public internal(set) var attributes: [(name: String, value: String)]
    public internal(set) var children: [XMLElement] = []
    /// The element's own text, decoded, without that of its children.
    public internal(set) var text = ""
    /// Where its tag begins. The first line is 1.
    public let line: Int

    public subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

    /// The text without white space at its ends.
    public var trimmedText: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" || character.isNewline }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    public static func == (a: XMLElement, b: XMLElement) -> Bool {
        a.name == b.name && a.children == b.children && a.text == b.text && a.line == b.line
            && a.attributes.elementsEqual(b.attributes) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// Why a document is not the XML that a provider reads.
public struct XMLFault: Error, Equatable, Sendable, CustomStringConvertible {
    public let line: Int
    /// What is wrong. Holds names of elements and attributes, no values and no text.
    public let words: String

    public var description: String { "line \(line): \(words)" }
}
