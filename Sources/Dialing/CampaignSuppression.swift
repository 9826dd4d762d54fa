/// The numbers that are not to be called, whatever a list says.
public struct CampaignSuppression: Equatable, Sendable {
    /// Largest file. Units: bytes. A country's register of a million numbers has sixteen.
    public static let largest = 128 << 20

    private let numbers: Set<String>
    /// Lines that are no number. They suppress nothing, so they are told.
    public let badLines: [Int]

    /// Reads one number a line, E.164; what follows a `#` is a comment.
    public init(_ bytes: [UInt8] = []) {
        var numbers: Set<String> = []
        var bad: [Int] = []
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 0
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let content = bytes[start..<end].prefix { $0 != 0x23 && $0 != 0x0D }
            // Written as people write them: what parts the digits is left out, so that no number slips through.
            let text = String(decoding: content.filter { !" \t-.()\"',;".utf8.contains($0) }, as: UTF8.self)
            if CampaignText.isE164(text) { numbers.insert(text) } else if !text.isEmpty { bad.append(line) }
            start = end + 1
        }
        self.numbers = numbers
        badLines = bad
    }

    public var count: Int { numbers.count }
    func holds(_ row: CampaignRow) -> Bool { numbers.contains(row.number.exposed) }
}
