/// Comma-separated values, read and written as RFC 4180 has them.
///
/// Read: UTF-8 with or without a byte order mark; lines end with CRLF, LF or CR; a cell in quotes may hold commas, line breaks and
/// doubled quotes. Lines that hold nothing are passed over.
public enum CampaignCSV {
    /// One record, or what is wrong with it.
    public struct Record: Equatable, Sendable {
        /// Of its first character, from 1.
        public let line: Int
        public let cells: [String]
        /// Why it cannot be read as it stands.
        public let problem: String?
    }

    /// Longest cell. Units: bytes. A call's whole body has 1 KiB.
    public static let longestCell = 4_096
    /// Most cells of a record: a list of people has dozens of columns.
    public static let mostCells = 256

    public static func records(_ bytes: [UInt8]) -> [Record] {
        var reader = Reader(bytes: bytes)
        return reader.records()
    }

    /// One record with its line end, quotes where they are needed.
    public static func line(_ cells: [String]) -> String { cells.map(quoted).joined(separator: ",") + "\r\n" }

    /// A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection).
    public static func harmless(_ cell: String) -> String {
        guard let first = cell.utf8.first, "=+-@\t\r".utf8.contains(first) else { return cell }
        return "'" + cell
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) || cell.hasPrefix(" ") || cell.hasSuffix(" ")
        else { return cell }
        return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0
        var line = 1

        private static let quote: UInt8 = 0x22
        private static let comma: UInt8 = 0x2C

        init(bytes: [UInt8]) {
            self.bytes = bytes
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        }

        mutating func records() -> [Record] {
            var records: [Record] = []
            while at < bytes.count {
                if takeLineEnd() { continue }
                records.append(record())
            }
            return records
        }

        private mutating func record() -> Record {
            let first = line
            var cells: [String] = []
            var problem: String?
            while true {
                let (cell, trouble) = cell()
                if problem == nil { problem = trouble }
                if cells.count < CampaignCSV.mostCells {
                    cells.append(cell)
                } else {
                    problem = problem ?? "has more than 256 cells"
                }
                if at < bytes.count, bytes[at] == Self.comma {
                    at += 1
                } else {
                    _ = takeLineEnd()
                    return Record(line: first, cells: cells, problem: problem)
                }
            }
        }

        /// Ends before a comma or a line end.
        private mutating func cell() -> (String, String?) {
            var problem: String?
            var content: [UInt8] = []
            if at < bytes.count, bytes[at] == Self.quote {
                at += 1
                var isClosed = false
                while at < bytes.count, !isClosed {
                    let byte = bytes[at]
                    if byte == Self.quote {
                        let isDoubled = at + 1 < bytes.count && bytes[at + 1] == Self.quote
                        if isDoubled { content.append(byte) } else { isClosed = true }
                        at += isDoubled ? 2 : 1
                    } else if isLineEnd(byte) {
                        let start = at
                        _ = takeLineEnd()
                        content += bytes[start..<at]
                    } else {
                        content.append(byte)
                        at += 1
                    }
                }
                if !isClosed { problem = "has a quote that is never closed" }
                let rest = at
                skipToEnd()
                if at > rest, problem == nil { problem = "has text behind a closing quote; double the quotes inside a cell" }
            } else {
                let start = at
                skipToEnd()
                content = Array(bytes[start..<at])
                if content.contains(Self.quote) {
                    problem = "has a quote inside a cell that is not quoted; quote the cell and double it"
                }
            }
            if content.count > CampaignCSV.longestCell { return ("", problem ?? "has a cell over 4096 bytes") }
            guard let text = String(validating: content, as: UTF8.self), !content.contains(0) else {
                return ("", problem ?? "is not UTF-8; save the list as UTF-8")
            }
            return (text, problem)
        }

        private mutating func skipToEnd() {
            while at < bytes.count, bytes[at] != Self.comma, !isLineEnd(bytes[at]) { at += 1 }
        }

        private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

        private mutating func takeLineEnd() -> Bool {
            guard at < bytes.count, isLineEnd(bytes[at]) else { return false }
            if bytes[at] == 0x0D, at + 1 < bytes.count, bytes[at + 1] == 0x0A { at += 1 }
            at += 1
            line += 1
            return true
        }
    }
}
