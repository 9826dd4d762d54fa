/// The numbers that are not to be called, whatever a list says.
public struct CampaignSuppression: Equatable, Sendable {
    /// Largest file. Units: bytes. A country's register of a million numbers has sixteen.
    public static let largest = 128 << 20

    private let numbers: Set<String>
    /// Lines that are no number. They suppress nothing, so they are told.
    public let badLines: [Int]

    /// Reads one number a line, E.164; what follows a `#` is a comment. Lines end with CRLF, LF or CR.
    public init(_ bytes: [UInt8] = []) {
        var numbers: Set<String> = []
        var bad: [Int] = []
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 0
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            let entry = Self.entry(bytes[start..<end].prefix { $0 != 0x23 })
            if !entry.isEmpty {
                if let number = Self.number(entry) { numbers.insert(number) } else { bad.append(line) }
            }
            let isCRLF = end + 1 < bytes.count && bytes[end] == 0x0D && bytes[end + 1] == 0x0A
            start = end + (isCRLF ? 2 : 1)
        }
        self.numbers = numbers
        badLines = bad
    }

    /// Without blanks (no-break spaces are `C2 A0`), and without the quotes and empty columns of a spreadsheet at its ends.
    private static func entry(_ line: ArraySlice<UInt8>) -> [UInt8] {
        func isAround(_ byte: UInt8) -> Bool { ",;\"'".utf8.contains(byte) }
        let ink = line.filter { ![0x20, 0x09, 0xC2, 0xA0].contains($0) }
        return Array(ink.drop(while: isAround).reversed().drop(while: isAround).reversed())
    }

    /// As people write them: what parts the digits is left out. `+44 (0)20` is none: with its zero it would be another number.
    private static func number(_ entry: [UInt8]) -> String? {
        let text = String(decoding: entry.filter { !"-.()".utf8.contains($0) }, as: UTF8.self)
        let hasTrunkZero = zip(entry, zip(entry.dropFirst(), entry.dropFirst(2))).contains {
            ($0, $1.0, $1.1) == (0x28, 0x30, 0x29)
        }
        return CampaignText.isE164(text) && !hasTrunkZero ? text : nil
    }

    public var count: Int { numbers.count }
    func holds(_ row: CampaignRow) -> Bool { numbers.contains(row.number.exposed) }
}
