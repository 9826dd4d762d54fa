import Audio
import Call

/// The account of each utterance: handed over, sent, heard.
struct UtteranceBook {
    /// Utterances whose account is open. More only gather when a bot says that many within playout's thirty seconds; then the newest
    /// two count as one.
    static let most = 1_000
    /// Words kept of one utterance: half an hour of fast speech.
    static let mostWords = 10_000

    struct Account {
        /// Samples of the utterance that left one behind the other.
        struct Run {
            let position: Int
            var count: Int
        }

        var report: UtteranceReport
        /// Units: nanoseconds.
        var queued: Int64 = 0
        var sent = 0
        /// Samples of runs that are forgotten because they were heard.
        var heardBefore = 0
        var runs: [Run] = []
        var words: [SpokenWord] = []
        /// The bot hands over nothing more.
        var isComplete = false
        /// Everything that will ever leave has left.
        var isSent = false
        /// The caller has begun to hear it.
        var isHeard = false
        /// An interruption took the rest; how far it was heard is still open.
        var isCut = false

        var start: Int? { runs.first?.position }
        var end: Int { runs.last.map { $0.position + $0.count } ?? 0 }

        func heard(at position: Int) -> Int {
            runs.reduce(heardBefore) { $0 + min(max(position - $1.position, 0), $1.count) }
        }
    }

    private let rate: SampleRate
    private var lastNumber = 0
    private(set) var accounts: [Account] = []

    init(rate: SampleRate) { self.rate = rate }

    /// The number of the utterance that is being handed over; a new one when none is.
    mutating func open(at now: Moment) -> Int {
        let last = accounts.count - 1
        if last >= 0, !accounts[last].isComplete || accounts.count >= Self.most { return accounts[last].report.number }
        lastNumber += 1
        accounts.append(Account(report: UtteranceReport(number: lastNumber, queuedAt: now)))
        return lastNumber
    }

    /// The number of the utterance that was handed over last.
    var newest: Int? { accounts.isEmpty ? nil : accounts[accounts.count - 1].report.number }

    func isComplete(_ number: Int) -> Bool { index(of: number).map { accounts[$0].isComplete } ?? false }

    var isOpen: Bool { !accounts.isEmpty && !accounts[accounts.count - 1].isComplete }

    /// - Parameter length: nanoseconds.
    mutating func queued(_ length: Int64) {
        guard !accounts.isEmpty else { return }
        accounts[accounts.count - 1].queued &+= length
    }

    mutating func add(_ words: [SpokenWord]) {
        guard isOpen, let count = accounts.last?.words.count, count + words.count <= Self.mostWords else { return }
        accounts[accounts.count - 1].words += words
    }

    /// - Returns: the number of the utterance that is complete now; `nil` when none is open.
    mutating func complete() -> Int? {
        guard isOpen else { return nil }
        accounts[accounts.count - 1].isComplete = true
        return accounts[accounts.count - 1].report.number
    }

    /// Samples of an utterance have left.
    ///
    /// - Returns: whether they are its first.
    mutating func sent(_ count: Int, of number: Int, position: Int, at now: Moment) -> Bool {
        guard count > 0, let index = index(of: number) else { return false }
        accounts[index].sent += count
        if let last = accounts[index].runs.last, last.position + last.count == position {
            accounts[index].runs[accounts[index].runs.count - 1].count += count
        } else {
            accounts[index].runs.append(Account.Run(position: position, count: count))
        }
        guard accounts[index].report.sentAt == nil else { return false }
        accounts[index].report.sentAt = now
        return true
    }

    mutating func sentWhole(_ number: Int) { if let index = index(of: number) { accounts[index].isSent = true } }

    mutating func began(_ index: Int, heardAt: Moment) {
        accounts[index].isHeard = true
        accounts[index].report.heardAt = heardAt
    }

    /// An interruption: what still waits belongs to `kept` alone.
    mutating func cut(keeping kept: Set<Int>) {
        for index in accounts.indices where !kept.contains(accounts[index].report.number) {
            accounts[index].isComplete = true
            accounts[index].isCut = true
        }
    }

    /// Closes an account.
    mutating func close(_ index: Int, heardUpTo position: Int, isEstimate: Bool) -> UtteranceReport {
        let account = accounts.remove(at: index)
        var report = account.report
        let heard = account.heard(at: position)
        report.queued = .nanoseconds(account.queued)
        report.sent = .nanoseconds(rate.nanoseconds(ofSamples: account.sent))
        report.heard = .nanoseconds(rate.nanoseconds(ofSamples: heard))
        report.isEstimate = isEstimate && account.sent > 0
        report.wasInterrupted = account.isCut
        if heard == 0 { report.heardAt = nil }
        if !account.words.isEmpty {
            let length = report.heard
            report.textHeard = account.words.filter { $0.end <= length }.map(\.text).joined(separator: " ")
        }
        return report
    }

    /// Joins what was heard of the oldest utterance, so that one with many breaks stays small.
    mutating func forget(before position: Int) {
        guard let first = accounts.first, first.runs.count > 1, let run = first.runs.first, run.position + run.count <= position
        else {
            return
        }
        accounts[0].heardBefore += run.count
        accounts[0].runs.removeFirst()
    }

    /// What is to be heard next of the oldest utterance that is under way.
    enum Next {
        case start(Int)
        case end(Int)
    }

    func next(isClearing: Bool) -> Next? {
        for index in accounts.indices {
            if isClearing, accounts[index].isCut { continue }
            if !accounts[index].isHeard, let start = accounts[index].start { return .start(start) }
            return accounts[index].isSent ? .end(accounts[index].end) : nil
        }
        return nil
    }

    /// Looked up by index: an account is not copied for it.
    private func index(of number: Int) -> Int? { accounts.indices.first { accounts[$0].report.number == number } }
}
