import FoundationEssentials
import Testing
import Wire

/// Our scanner against FoundationEssentials' `JSONDecoder`, which others wrote, over thousands of broken messages.
@Suite struct `JSON scanner and Foundation` {
    static let seeds = [
        #"{"event":"media","sequenceNumber":"2","streamSid":"MZ01","media":{"track":"inbound","chunk":"1","payload":"//8A"}}"#,
        #"{"event":"start","start":{"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
        #"{"a":[-1.5e+3,0,-0,1E2,true,false,null,"\u00e9\ud83d\ude39\"\\\/\b","é€😀"],"":{"b":{}}}"#,
        #"[[],{},"",0,[[[1]]],{"a":{"a":{"a":""}}}]"#, #""\uD83D\uDE00 \n""#, "-12.75e-2", " [ true , false , null ] ",
    ]

    @Test(arguments: seeds.indices)
    func `what one takes the other takes`(index: Int) {
        var random = Disorder(seed: UInt64(index) + 1)
        let seed = Array(Self.seeds[index].utf8)
        var scanner = JSONScanner()
        var taken = 0
        for _ in 0..<1_500 {
            let bytes = random.broken(seed)
            let ours = (try? scanner.scan(bytes.span)) != nil
            let theirs = Self.foundationTakes(bytes)
            if ours { taken += 1 }
            guard ours != theirs, !Self.mayDiffer(bytes) else { continue }
            Issue.record("ours \(ours), Foundation \(theirs): \(String(decoding: bytes, as: UTF8.self)) \(bytes)")
        }
        #expect(taken > 10)
    }

    @Test(arguments: `JSON scanner`.good + `JSON scanner`.bad)
    func `the tables hold for Foundation too`(text: String) {
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        guard !Self.mayDiffer(bytes) else { return }
        #expect(((try? scanner.scan(bytes.span)) != nil) == Self.foundationTakes(bytes))
    }

    @Test(arguments: seeds + `JSON scanner`.good)
    func `the members that both read are the same`(text: String) throws {
        guard let theirs = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return }
        let ours = try ScannedText(text)
        Self.compare(ours, ours.root, theirs)
    }

    private static func compare(_ ours: ScannedText, _ node: JSONScanner.Node, _ value: JSONValue) {
        switch value {
        case .null: #expect(node.kind == .null)
        case .bool(let flag): #expect(ours.bool(node) == flag)
        case .number(let number): #expect(ours.text(node).flatMap { Double($0) } == number)
        case .string(let text): #expect(ours.text(node) == text)
        case .array(let values):
            #expect(ours.children(of: node).count == values.count)
            for (child, value) in zip(ours.children(of: node), values) { compare(ours, child, value) }
        case .object(let members):
            // Of members with the same name each takes another.
            guard ours.children(of: node).count == members.count else { return }
            for (name, value) in members {
                guard let child = ours.member(name, of: node) else {
                    Issue.record("\(name) is missing")
                    continue
                }
                compare(ours, child, value)
            }
        }
    }

    private static func foundationTakes(_ bytes: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))) != nil
    }

    /// The documented differences: Foundation reads UTF-16 and UTF-32 and skips a byte order mark; it refuses numbers that no
    /// `Double` holds; it decides by its own lights about surrogates without their other half. And two that RFC 8259 does not
    /// leave open: it takes a comma behind the last value, and refuses a zero with an exponent (`0e1`).
    private static func mayDiffer(_ bytes: [UInt8]) -> Bool {
        if bytes.prefix(4).contains(where: { $0 == 0 || $0 >= 0xEF }) { return true }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.lowercased().contains(#"\ud"#) { return true }
        let tight = text.filter { !" \t\r\n".contains($0) }
        if [",]", ",}", "0e", "0E"].contains(where: { tight.contains($0) }) { return true }
        let numbers = text.split { !"+-.0123456789eE".contains($0) }
        return numbers.contains { Double($0).map { $0.isInfinite || ($0 == 0 && $0.description.count > 4) } ?? false }
    }
}

/// Reproducible disorder: splitmix64.
struct Disorder: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// The bytes with one to three places changed, lost, doubled, swapped for a word of the grammar, or cut off.
    mutating func broken(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let grammar = Array(#"{}[]":,\/-+.0123456789eEtrufalsn u"#.utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF0]
        for _ in 0..<Int.random(in: 1...3, using: &self) {
            guard let index = bytes.indices.randomElement(using: &self) else { return bytes }
            switch Int.random(in: 0..<12, using: &self) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 1...3: bytes[index] = grammar.randomElement(using: &self) ?? 0
            case 4, 5: bytes.insert(grammar.randomElement(using: &self) ?? 0, at: index)
            case 6, 7: bytes.remove(at: index)
            case 8: bytes.insert(bytes[index], at: index)
            case 9: bytes.swapAt(index, bytes.indices.randomElement(using: &self) ?? index)
            case 10: bytes.insert(0x20, at: index)
            default: if Int.random(in: 0..<4, using: &self) == 0 { bytes.removeLast(bytes.count - index) }
            }
        }
        return bytes
    }
}
