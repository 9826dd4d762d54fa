import Wire

/// A text and its scan. The macros of Testing cannot carry a span, so each call makes its own.
struct ScannedText {
    private let bytes: [UInt8]
    private let scanner: JSONScanner
    let root: JSONScanner.Node

    init(_ text: String) throws {
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        root = try scanner.scan(bytes.span)
        self.bytes = bytes
        self.scanner = scanner
    }

    func member(_ name: String, of object: JSONScanner.Node) -> JSONScanner.Node? {
        scanner.member(name, of: object, in: bytes.span)
    }
    func children(of node: JSONScanner.Node) -> [JSONScanner.Node] { scanner.children(of: node) }
    func object(_ name: String) throws -> JSONScanner.Node { try scanner.object(name, of: root, in: bytes.span, at: name) }
    func string(_ name: String) throws -> JSONScanner.Node { try scanner.string(name, of: root, in: bytes.span, at: name) }
    func text(_ name: String) throws -> String { try scanner.text(name, of: root, in: bytes.span, at: name) }
    func optionalText(_ name: String, of object: JSONScanner.Node) -> String? { scanner.text(name, of: object, in: bytes.span) }
    func text(_ node: JSONScanner.Node) -> String? { scanner.text(node, in: bytes.span) }
    func integer(_ name: String) -> Int? { scanner.integer(name, of: root, in: bytes.span) }
    func bool(_ node: JSONScanner.Node) -> Bool? { scanner.bool(node, in: bytes.span) }
    func equals(_ node: JSONScanner.Node, _ text: String) -> Bool { scanner.equals(node, text, in: bytes.span) }
    func strings(_ node: JSONScanner.Node) throws -> [String: String] { try scanner.strings(node, in: bytes.span, at: "p") }
    func base64(_ node: JSONScanner.Node, into data: inout [UInt8]) throws {
        try scanner.base64(node, in: bytes.span, at: "p", into: &data)
    }
}
