import Call

extension CampaignPlan {
    /// The results as CSV: the list's own columns, then what became of each row, in the order of the list. Bad rows that were left out and
    /// duplicates come last, by their lines.
    ///
    /// Cells that a spreadsheet would take for a formula get an apostrophe in front, all but the number: that one is `+` and digits, and
    /// the file may be a list again. Times are UTC, of the last call.
    public var results: String {
        var text = CampaignCSV.line(list.header.map(CampaignCSV.harmless) + Self.columns(besides: list.header))
        for (index, (row, life)) in zip(list.rows, lives).enumerated() {
            let own = row.cells.enumerated().map {
                $0.offset == list.numberColumn ? row.number.exposed : CampaignCSV.harmless($0.element)
            }
            text += CampaignCSV.line(own + cells(row.line, life, details[index]))
        }
        let blank = Array(repeating: "", count: list.header.count)
        let left = list.problems.map { ($0.line, "bad row", "\($0)") } + list.duplicates.map { ($0, "duplicate", "") }
        for (line, word, detail) in left.sorted(by: { $0.0 < $1.0 }) {
            text += CampaignCSV.line(blank + ["\(line)", "0", word, "", "", "", "", "", "", CampaignCSV.harmless(detail)])
        }
        return text
    }

    private static let columns = [
        "line", "attempts", "result", "call_id", "provider_call_id", "dialed_at", "answered_at", "ended_at", "machine", "detail",
    ]

    /// A name that the list has already gets `call_` in front until it has not.
    private static func columns(besides header: [String]) -> [String] {
        let taken = Set(header.map { $0.lowercased() })
        return columns.map { name in
            var name = name
            while taken.contains(name) { name = "call_" + name }
            return name
        }
    }

    private func cells(_ line: Int, _ life: CampaignRowLife, _ detail: String?) -> [String] {
        let last = life.outcomes.last
        let result: String
        switch life.stage {
        case .done(let ending): result = ending.word
        case .open: result = "open"
        case .asked: result = "asked"
        case .waiting: result = life.outcomes.isEmpty ? "waiting" : "waits for another attempt"
        }
        let providerCalls = life.outcomes.compactMap(\.providerCallID)
        func time(_ seconds: Double?) -> String { seconds.map(CampaignCalendar.text) ?? "" }
        return [
            "\(line)", "\(life.attempts)", result, life.calls.joined(separator: " "), providerCalls.joined(separator: " "),
            time(last?.dialedAt), time(last?.answeredAt), time(last?.endedAt), last?.machine ?? "", detail ?? last?.detail ?? "",
        ].map(CampaignCSV.harmless)
    }
}
