import Call
import Dialing
import Foundation

/// How a campaign goes, in one line: rewritten each second on a terminal, a new one every ten seconds on anything else.
struct CampaignProgress {
    private static let linePeriod = 10.0

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start: Double
    private let doneBefore: Int
    private var lineDue: Double
    /// Calls asked for, by time: what the rate is told from.
    private var asked: [(time: Double, count: Int)] = []
    private var isShown = false

    /// - Parameter doneBefore: rows that an earlier run has done.
    init(doneBefore: Int, at now: Double) {
        start = now
        self.doneBefore = doneBefore
        lineDue = now + Self.linePeriod
    }

    mutating func show(_ news: CampaignBoard.News, isDraining: Bool, at now: Double) {
        asked.append((now, news.counts.asked))
        asked.removeAll { now - $0.time > Self.linePeriod }
        guard isTerminal || now >= lineDue else { return }
        lineDue = now + Self.linePeriod
        let text = line(news, isDraining: isDraining, at: now)
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K" + text : text + "\n").utf8))
        isShown = true
    }

    /// Leaves the terminal's line.
    func end() { if isTerminal, isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) } }

    func line(_ news: CampaignBoard.News, isDraining: Bool, at now: Double) -> String {
        let counts = news.counts
        var text = "\(counts.done)/\(counts.total) done: \(Self.words(counts)); \(counts.open) open"
        if let first = asked.first, let last = asked.last, last.time > first.time {
            text += String(format: ", %.1f calls/s", Double(last.count - first.count) / (last.time - first.time))
        }
        if isDraining { return text + "; draining, Ctrl-C again leaves at once" }
        if let hold = news.hold { return text + "; waiting: \(hold)" }
        if counts.open == 0, let next = news.nextOpening, next > now {
            return text + "; the next call in \(CampaignForecast.length(next - now))"
        }
        let fresh = counts.done - doneBefore
        if fresh > 0, now > start {
            let pace = Double(counts.total - counts.done) * (now - start) / Double(fresh)
            let left = max(pace, (news.nextOpening ?? now) - now)
            text += "; \(CampaignForecast.length(left)) to go"
        }
        return text
    }

    static func words(_ counts: CampaignCounts) -> String {
        var words = [
            "\(counts.answered) answered", "\(counts[.busy]) busy", "\(counts[.noAnswer]) no answer", "\(counts.failed) failed",
        ]
        words.append("\(counts[.machine]) machine")
        for (count, word) in [
            (counts[.canceled], "canceled"), (counts[.suppressed], "suppressed"), (counts[.expired], "expired"),
            (counts.unknown, "unknown"),
        ] where count > 0 {
            words.append("\(count) \(word)")
        }
        return words.joined(separator: ", ")
    }
}
