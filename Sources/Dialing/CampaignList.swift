import Call
import Wire

/// One person to call.
public struct CampaignRow: Equatable, Sendable {
    /// In the list's file, from 1.
    public let line: Int
    /// E.164, with its `+`.
    public let number: PhoneNumber
    /// `nil` where no hours are set and none is needed.
    public let timeZone: String?
    /// 0 to 9; a higher one is called earlier.
    public let priority: Int?
    /// The settings' body with the row's own columns in it; `nil` when there is nothing in it.
    public let body: JSONValue?
    /// As they stand in the file.
    public let cells: [String]
}

/// What is wrong with one row, or with the whole list. Numbers are masked.
public struct CampaignProblem: Equatable, Sendable, CustomStringConvertible {
    public let line: Int
    public let column: String?
    public let words: String

    public var description: String { "line \(line)" + (column.map { ", column \($0)" } ?? "") + ": \(words)" }
}

/// A list that was read and checked.
public struct CampaignList: Equatable, Sendable {
    /// Most bytes of a list.
    public static let largest = 64 << 20
    /// Most rows: what is held in memory of each is some hundred bytes, and a server takes as many calls in a day.
    public static let mostRows = 500_000

    public private(set) var header: [String] = []
    /// Of ``header``.
    public private(set) var numberColumn = 0
    /// The good ones.
    public private(set) var rows: [CampaignRow] = []
    /// What is wrong with the others. Empty for a good list.
    public private(set) var problems: [CampaignProblem] = []
    /// Lines that were left out because their number had come before.
    public private(set) var duplicates: [Int] = []
    /// Nothing of it can be used: the header is wrong.
    public private(set) var isUnusable = false

    /// Reads and checks a whole list.
    public init(_ bytes: [UInt8], _ settings: CampaignSettings, _ zones: some CampaignZones) { read(bytes, settings, zones) }

    private mutating func read(_ bytes: [UInt8], _ settings: CampaignSettings, _ zones: some CampaignZones) {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return refuse(1, "the list is UTF-16; save it as CSV in UTF-8")
        }
        guard bytes.count <= Self.largest else {
            return refuse(1, "the list is over \(Self.largest >> 20) MiB; cut it into several")
        }
        var records = CampaignCSV.records(bytes)[...]
        guard let first = records.popFirst() else { return refuse(1, "the list is empty; its first line names the columns") }
        guard records.count <= Self.mostRows else {
            return refuse(1, "the list has \(records.count) rows, at most \(Self.mostRows) are taken; cut it into several")
        }
        guard let columns = readHeader(first) else { return }
        guard !records.isEmpty else { return refuse(first.line, "the list has no rows, only a header") }
        var reader = RowReader(columns: columns, settings: settings, header: header)
        for record in records {
            do throws(CampaignProblem) {
                let row = try reader.row(record, zones)
                if let earlier = reader.lines.updateValue(row.line, forKey: row.number.exposed) {
                    reader.lines[row.number.exposed] = earlier
                    guard settings.duplicates == .error else {
                        duplicates.append(row.line)
                        continue
                    }
                    throw CampaignProblem(
                        line: row.line, column: header[numberColumn],
                        words: "the number \(Self.masked(row.number)) stands in line \(earlier) already; take one out, or set "
                            + "\"duplicates\": \"skip\"")
                }
                rows.append(row)
            } catch {
                problems.append(error)
            }
        }
    }

    /// The last two digits.
    static func masked(_ number: PhoneNumber) -> String { "…" + number.exposed.suffix(2) }

    private mutating func refuse(_ line: Int, _ words: String) {
        isUnusable = true
        problems.append(CampaignProblem(line: line, column: nil, words: words))
    }

    private static let numberNames = ["number", "phone_number", "to"]

    private mutating func readHeader(_ record: CampaignCSV.Record) -> RowReader.Columns? {
        func refused(_ words: String) -> RowReader.Columns? {
            refuse(record.line, words)
            return nil
        }
        if let problem = record.problem { return refused("the header \(problem)") }
        header = record.cells.map(CampaignText.trimmed)
        if header.count == 1, header[0].contains(";") {
            return refused("the columns are parted by semicolons; save the list with commas")
        }
        if let index = header.firstIndex(of: "") { return refused("column \(index + 1) has no name; name it in the first line") }
        let low = header.map { $0.lowercased() }
        if let twice = header.indices.first(where: { low[..<$0].contains(low[$0]) }) {
            return refused("two columns are named \(header[twice]); give one another name")
        }
        let numbers = low.indices.filter { Self.numberNames.contains(low[$0]) }
        guard let number = numbers.first else {
            return refused("no column is named number, phone_number or to; the first line names the columns")
        }
        guard numbers.count == 1 else {
            return refused("columns \(numbers.map { header[$0] }.joined(separator: " and ")) both say the number; take one out")
        }
        numberColumn = number
        return RowReader.Columns(
            number: number, timeZone: low.firstIndex(of: "time_zone"), priority: low.firstIndex(of: "priority"))
    }
}

extension CampaignProblem: Error {}

enum CampaignText {
    /// `2` for 2.0, `0.5`.
    static func number(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

    /// Without spaces and tabs at its ends.
    static func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\u{A0}" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// `+` and 7 to 15 digits (ITU-T E.164).
    static func isE164(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.hasPrefix("+") && (7...15).contains(digits.count) && digits.first != 0x30
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}
