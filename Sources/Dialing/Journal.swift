import Call

/// One line of the journal.
public struct JournalLine: Equatable, Sendable {
    /// Rises by one with each record, through restarts and compactions.
    public let number: UInt64
    /// With its line break.
    public let bytes: [UInt8]

    public init(number: UInt64, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }
}

/// Reads a journal, line by line, and holds what is true at its end.
///
/// A value without files: Server feeds it bytes. It is also how a journal is compacted: ``compacted(unixTime:)`` are the lines of a new
/// one.
public struct JournalFold: Sendable {
    /// Longest line. One with a body and metadata of 1 KiB each, all in escapes, has 13 KiB. Units: bytes.
    public static let longestLine = 262_144
    /// Most problems that are named; a file that is no journal has one a line.
    public static let mostProblems = 100

    /// One call at the end of what was read.
    struct Folded: Sendable {
        var facts: CallFacts
        var standing: CallStanding
        /// Of its last record.
        var number: UInt64
        var undelivered: Set<UInt64> = []

        var call: DialedCall { standing.call(facts) }

        /// It waited, as far as is known.
        fileprivate mutating func doubt() {
            guard standing.status == .queued else { return }
            standing.status = .dialing
            standing.attempts += 1
            standing.dialedAt = standing.dialedAt ?? facts.createdAt
        }
    }

    /// What was wrong with lines that were left out, by line number. A torn last line is no problem: it was never promised to anybody.
    public private(set) var problems: [String] = []
    public private(set) var isPaused = false
    /// The highest number of a record.
    private(set) var last: UInt64 = 0
    /// The highest number before a line that was left out; what it said of the calls until then is not known.
    private var lastBeforeDamage: UInt64?
    private(set) var hasHeader = false
    /// In the order in which they were accepted.
    private(set) var folded: [Folded] = []
    private var places: [String: Int] = [:]
    private var events: [UInt64: (place: Int, standing: CallStanding)] = [:]

    private var reader = JournalLineReader()
    /// The line that is being read. Of one that is too long, only the beginning is kept.
    private var line: [UInt8] = []
    private var lineLength = 0
    private var lines = 0
    private var wholeBytes = 0

    public init() {}

    /// Takes the next piece of the file, cut anywhere.
    public mutating func read(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            rest = rest[(end + 1)...]
            lines += 1
            wholeBytes += lineLength + 1
            takeLine()
            line.removeAll(keepingCapacity: true)
            lineLength = 0
        }
        keep(rest)
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        line += bytes.prefix(max(0, Self.longestLine - line.count))
        lineLength += bytes.count
    }

    /// The file has ended.
    ///
    /// A line that was left out may have said that a waiting call went out: those that waited then count as `dialing`, and are looked up
    /// before they are placed.
    ///
    /// - Returns: how many bytes of it hold whole lines; what is behind them is a torn last line and is to be cut off.
    public mutating func end() -> Int {
        line = []
        lineLength = 0
        if let lastBeforeDamage {
            for place in folded.indices where folded[place].number <= lastBeforeDamage { folded[place].doubt() }
        }
        return wholeBytes
    }

    private mutating func takeLine() {
        guard lineLength <= Self.longestLine else { return leaveOut("longer than \(Self.longestLine) bytes") }
        do throws(JournalProblem) {
            let (number, record) = try reader.read(line)
            last = max(last, number)
            try take(record, number: number)
        } catch {
            leaveOut(error.sentence)
        }
    }

    private mutating func leaveOut(_ why: String) {
        lastBeforeDamage = last
        guard problems.count < Self.mostProblems else { return }
        problems.append(
            problems.count == Self.mostProblems - 1
                ? "line \(lines) and perhaps more were left out" : "line \(lines) was left out: \(why)")
    }

    private mutating func take(_ record: JournalRecord, number: UInt64) throws(JournalProblem) {
        switch record {
        case .opened(let version):
            hasHeader = true
            guard version <= JournalRecord.version else {
                throw JournalProblem(
                    "it says version \(version), this program writes \(JournalRecord.version); what it knows was read")
            }
        case .accepted(let facts):
            let call = DialedCall(id: facts.id, request: facts.request, createdAt: facts.createdAt)
            add(Folded(facts: facts, standing: CallStanding(call), number: number))
        case .call(let facts, let standing): add(Folded(facts: facts, standing: standing, number: number))
        case .state(let id, let standing, let event):
            let place = try place(of: id)
            folded[place].standing = standing
            folded[place].number = number
            if event { note(event: number, of: place, standing) }
        case .event(let id, let standing): note(event: number, of: try place(of: id), standing)
        case .delivered(let event):
            if let gone = events.removeValue(forKey: event) { folded[gone.place].undelivered.remove(event) }
        case .paused: isPaused = true
        case .resumed: isPaused = false
        }
    }

    private mutating func add(_ call: Folded) {
        if let place = places[call.facts.id] {
            folded[place] = call
        } else {
            places[call.facts.id] = folded.count
            folded.append(call)
        }
    }

    private mutating func note(event: UInt64, of place: Int, _ standing: CallStanding) {
        folded[place].undelivered.insert(event)
        events[event] = (place, standing)
    }

    private func place(of id: String) throws(JournalProblem) -> Int {
        guard let place = places[id] else { throw JournalProblem("it is about a call that no line before it names") }
        return place
    }

    // MARK: What is true at the end

    /// The calls, ended ones among them.
    public var calls: [DialedCall] { folded.map(\.call) }

    /// Events that were not delivered, in order.
    public var undelivered: [(call: DialedCall, event: UInt64)] {
        events.sorted { $0.key < $1.key }.map { event, what in (what.standing.call(folded[what.place].facts), event) }
    }

    /// The lines of a new journal that says the same in fewer words. Ended calls older than ``Dialer/remembered`` are left out, and of
    /// the others what nobody needs any more: numbers, bodies.
    ///
    /// - Parameter unixTime: seconds since 1970.
    public func compacted(unixTime: Double) -> [[UInt8]] {
        var lines = [JournalRecord.opened(version: JournalRecord.version).line(number: last, unixTime: unixTime)]
        if isPaused { lines.append(JournalRecord.paused.line(number: last, unixTime: unixTime)) }
        for call in folded {
            var facts = call.facts
            if call.standing.status.end != nil {
                guard unixTime - (call.standing.endedAt ?? facts.createdAt) <= Dialer.remembered else { continue }
                // A number that stays taken is still needed.
                if call.standing.heldUntil.map({ $0 <= unixTime }) ?? true { facts.request = facts.request.masked }
            }
            lines.append(JournalRecord.call(facts, call.standing).line(number: call.number, unixTime: unixTime))
            for event in call.undelivered.sorted() {
                guard let standing = events[event]?.standing else { continue }
                lines.append(JournalRecord.event(id: facts.id, standing).line(number: event, unixTime: unixTime))
            }
        }
        return lines
    }
}
