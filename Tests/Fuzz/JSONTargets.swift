import Foundation
import Wire

extension FuzzTarget {
    private static let jsonSeeds: @Sendable () -> [[UInt8]] = {
        ["twilio", "telnyx", "plivo", "exotel", "vonage"].flatMap { Fixtures.messages($0) }
            + [#"{"a":[-1.5e+3,0,1E2,true,false,null,"\u00e9\ud83d\ude39\"\\\/\b","é€😀"],"":{"b":{}}}"#, "[[],{},\"\",0]"].map {
                Array($0.utf8)
            }
    }
    private static let jsonWords = ["true", "false", "null", "\\u00e9", "\\ud83d\\ude39", "1e5", "-0", "[[", "{\"\":", "\\\\", "é"]

    /// The scanner says of every text what Foundation says, but for the differences that are documented, and finds what it noted.
    static let jsonScanner = FuzzTarget(
        name: "json-scanner", seeds: { jsonSeeds() + Fixtures.findings("json-scanner") }, words: jsonWords
    ) { bytes in
        var scanner = JSONScanner()
        do throws(WireError) {
            let root = try scanner.scan(bytes.span)
            walk(root, scanner, bytes.span, depth: 0)
            expect(FoundationJSON.takes(bytes) || FoundationJSON.mayDiffer(bytes), "Foundation refuses what the scanner takes")
        } catch {
            expect(error.offset.map { (0...bytes.count).contains($0) } ?? true, "the offset lies outside the text")
            guard error.problem == .invalidJSON else { return }
            expect(!FoundationJSON.takes(bytes) || FoundationJSON.mayDiffer(bytes), "Foundation takes what the scanner refuses")
        }
    }

    /// A value that was read is the same after it was written and read again.
    static let jsonValue = FuzzTarget(
        name: "json-value", seeds: { jsonSeeds() + Fixtures.findings("json-value") }, words: jsonWords
    ) { bytes in
        guard let value = try? JSONValue(parsing: bytes) else { return }
        let written = value.bytes
        expect(!written.isEmpty, "a value that was read cannot be written")
        expect((try? JSONValue(parsing: written)) == value, "a value is another after it was written and read again")
        guard let text = value.string else { return }
        var spelt: [UInt8] = []
        JSONText.string(text, into: &spelt)
        expect((try? JSONValue(parsing: spelt))?.string == text, "a string is another after JSONText wrote it")
    }

    /// Every node can be asked for everything.
    private static func walk(_ node: JSONScanner.Node, _ scanner: borrowing JSONScanner, _ bytes: Span<UInt8>, depth: Int) {
        expect(depth <= JSONScanner.maximumDepth, "a node lies deeper than the limit")
        let range = scanner.range(node)
        expect(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a node lies outside the text")
        _ = scanner.text(node, in: bytes)
        _ = scanner.integer(node, in: bytes)
        _ = scanner.bool(node, in: bytes)
        _ = scanner.equals(node, "media", in: bytes)
        var decoded: [UInt8] = []
        _ = try? scanner.base64(node, in: bytes, at: "node", into: &decoded)
        _ = try? scanner.strings(node, in: bytes, at: "node")
        _ = scanner.member("event", of: node, in: bytes)
        for child in scanner.children(of: node) { walk(child, scanner, bytes, depth: depth + 1) }
    }
}

/// The reader that others wrote.
private enum FoundationJSON {
    static func takes(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) != nil
    }

    /// The documented differences: Foundation reads UTF-16 and UTF-32 and skips a byte order mark; it refuses numbers that no `Double`
    /// holds, and a zero with an exponent; it decides by its own lights about surrogates without their other half; it takes a comma
    /// behind the last value; it nests deeper.
    static func mayDiffer(_ bytes: [UInt8]) -> Bool {
        if bytes.prefix(4).contains(where: { $0 == 0 || $0 >= 0xEF }) { return true }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.lowercased().contains(#"\ud"#) { return true }
        let tight = text.utf8.filter { !" \t\r\n".utf8.contains($0) }
        let tightText = String(decoding: tight, as: UTF8.self)
        if [",]", ",}", "0e", "0E"].contains(where: { tightText.contains($0) }) { return true }
        let numbers = text.split { !"+-.0123456789eE".contains($0) }
        return numbers.contains { Double($0).map { $0.isInfinite || ($0 == 0 && $0.description.count > 4) } ?? false }
    }
}
