import Call
import Wire

/// Checks the rows of a list.
struct RowReader {
    /// Where the columns with a meaning are.
    struct Columns {
        let number: Int
        let timeZone: Int?
        let priority: Int?
    }

    let columns: Columns
    let settings: CampaignSettings
    let header: [String]
    /// Where each number stands first.
    var lines: [String: Int] = [:]
    /// Zones that were looked up.
    private var known: [String: Bool] = [:]

    init(columns: Columns, settings: CampaignSettings, header: [String]) {
        self.columns = columns
        self.settings = settings
        self.header = header
    }

    mutating func row(_ record: CampaignCSV.Record, _ zones: some CampaignZones) throws(CampaignProblem) -> CampaignRow {
        if let problem = record.problem { throw CampaignProblem(line: record.line, column: nil, words: problem) }
        guard record.cells.count == header.count else {
            throw CampaignProblem(
                line: record.line, column: nil,
                words: "has \(record.cells.count) cells, the header \(header.count); quote cells that hold a comma")
        }
        return CampaignRow(
            line: record.line, number: try number(record), timeZone: try zone(record, zones), priority: try priority(record),
            body: try body(record), cells: record.cells)
    }

    private func problem(_ record: CampaignCSV.Record, _ column: Int, _ words: String) -> CampaignProblem {
        CampaignProblem(line: record.line, column: header[column], words: words)
    }

    private func number(_ record: CampaignCSV.Record) throws(CampaignProblem) -> PhoneNumber {
        let text = CampaignText.trimmed(record.cells[columns.number])
        guard !text.isEmpty else { throw problem(record, columns.number, "the number is missing") }
        guard CampaignText.isE164(text) else {
            let mend =
                text.lowercased().contains("e+")
                ? "a spreadsheet has rounded it; format the column as text and enter the number anew"
                : "write +, country code and number, 7 to 15 digits with nothing between them"
            throw problem(record, columns.number, "\(CampaignList.masked(PhoneNumber(text))) is not E.164: \(mend)")
        }
        return PhoneNumber(text)
    }

    private mutating func zone(_ record: CampaignCSV.Record, _ zones: some CampaignZones) throws(CampaignProblem) -> String? {
        let own = columns.timeZone.map { CampaignText.trimmed(record.cells[$0]) } ?? ""
        guard let zone = own.isEmpty ? settings.timeZone : own else {
            guard settings.hours.isAlways else {
                throw CampaignProblem(
                    line: record.line, column: columns.timeZone.map { header[$0] },
                    words: "no time zone, and the campaign has calling hours: fill the column time_zone or set \"time_zone\"")
            }
            return nil
        }
        let isKnown = known[zone] ?? (zones.offset(of: zone, at: 0) != nil)
        known[zone] = isKnown
        guard isKnown else {
            throw CampaignProblem(
                line: record.line, column: columns.timeZone.map { header[$0] },
                words: "there is no time zone \(zone.prefix(40)); write an IANA name such as Europe/London")
        }
        return zone
    }

    private func priority(_ record: CampaignCSV.Record) throws(CampaignProblem) -> Int? {
        guard let column = columns.priority else { return nil }
        let text = CampaignText.trimmed(record.cells[column])
        guard !text.isEmpty else { return nil }
        guard let priority = Int(text), (0...9).contains(priority) else {
            throw problem(record, column, "must be a whole number from 0 to 9")
        }
        return priority
    }

    /// Empty cells leave the settings' own member as it is.
    private func body(_ record: CampaignCSV.Record) throws(CampaignProblem) -> JSONValue? {
        var members = settings.body
        for (index, cell) in record.cells.enumerated()
        where index != columns.number && index != columns.timeZone && index != columns.priority && !cell.isEmpty {
            members[header[index]] = .string(cell)
        }
        guard !members.isEmpty else { return nil }
        let body = JSONValue.object(members)
        let count = body.bytes.count
        guard count <= CampaignSettings.longestBody else {
            throw CampaignProblem(
                line: record.line, column: nil,
                words:
                    "the call's body has \(count) bytes as JSON, at most \(CampaignSettings.longestBody) are taken; shorten a cell")
        }
        return body
    }
}
