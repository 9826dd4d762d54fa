import Call
import Dialing
import Foundation
import Testing

/// The guard against numbers that another library classified (`Tests/InteropTests/test_numbering.py`).
@Suite struct NumberingTests {
    struct Sample {
        let number: String
        let region: String
        let kind: String
    }

    static func samples() throws -> [Sample] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/dialing/numbers.txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let words = line.split(separator: " ").map(String.init)
            return Sample(number: words[0], region: words[1], kind: words[2])
        }
    }

    /// Where the library and the table differ on purpose: 600 is a non-geographic code of Canada and a shared-cost one of Chile; some
    /// ranges are told apart by digits in the middle of the number.
    static func isKnownToDiffer(_ number: String) -> Bool {
        ["+1600", "+1622", "+1633", "+1644", "+1655", "+1677", "+1688", "+56600", "+8160"].contains { number.hasPrefix($0) }
            || number.hasPrefix("+86") || number.dropFirst(5).hasPrefix("976")
    }

    @Test func `special numbers of the world need an entry of their own, and others do not`() throws {
        let everywhere = try DestinationGuard(
            allowing: Array(Set(try Self.samples().map { String($0.number.prefix($0.number.hasPrefix("+1") ? 5 : 8)) })).sorted())
        // Every country's calling code, and nothing longer.
        var found: [String] = []
        for code in (1...999).map({ "+\($0)" }) where !found.contains(where: { code.hasPrefix($0) }) {
            let isService = ["+800", "+808", "+870", "+878", "+881", "+882", "+883", "+888", "+979"].contains(code)
            if !isService, (try? DestinationGuard(allowing: [code])) != nil { found.append(code) }
        }
        let codes = try DestinationGuard(allowing: found)
        let from = PhoneNumber("+4930123456")
        var seen: [String: Int] = [:]
        for sample in try Self.samples() where !Self.isKnownToDiffer(sample.number) {
            seen[sample.kind, default: 0] += 1
            let number = PhoneNumber(sample.number)
            let refusal = codes.refusal(of: number, from: from)
            switch sample.kind {
            case "special": #expect(refusal?.contains("the range is listed") == true, "\(sample)")
            case "free": break
            default:
                let isCaribbean = sample.number.hasPrefix("+1") && sample.region != "US" && sample.region != "CA"
                #expect((refusal == nil) != isCaribbean, "\(sample)")
                #expect(everywhere.refusal(of: number, from: from) == nil, "\(sample)")
            }
        }
        #expect(seen["special", default: 0] > 300 && seen["plain", default: 0] > 1_000)
    }

    @Test func `plain numbers of one country may call each other, and nobody else`() throws {
        let home = try DestinationGuard()
        let plain = try Self.samples().filter { $0.kind == "plain" && !Self.isKnownToDiffer($0.number) }
        // Neighbours that share a calling code and one row of the table.
        let shared = [
            "YT": "RE", "AX": "FI", "SJ": "NO", "VA": "IT", "EH": "MA", "BL": "GP", "MF": "GP", "CC": "AU", "CX": "AU", "TA": "SH",
        ]
        let byRegion = Dictionary(grouping: plain) { shared[$0.region] ?? $0.region }
        let firsts = byRegion.compactMapValues(\.first)
        for (region, samples) in byRegion {
            let from = PhoneNumber(samples[0].number)
            for sample in samples { #expect(home.refusal(of: PhoneNumber(sample.number), from: from) == nil, "\(sample)") }
            // Countries whose codes begin alike, which is where one could be taken for another.
            for (other, sample) in firsts where other != region && from.exposed.hasPrefix(sample.number.prefix(3)) {
                #expect(home.refusal(of: PhoneNumber(sample.number), from: from) != nil, "\(region) to \(sample)")
            }
        }
        #expect(byRegion.count > 200)
    }
}
