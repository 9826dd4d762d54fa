import Call
import Pipeline
import Wire

/// The log of one call, over all its streams, on the writer's thread: spells and writes.
struct CallLogFile: ~Copyable {
    /// Most bytes of one file; past it events are left out, and counted before the last line. A talkative bot writes 1 MB an hour.
    static let largestFile = 64 << 20

    let call: String
    private var file: LineFile
    private let limit: Int
    private let stamp: EventLine.Stamp
    private var lines: ConversationLines
    private var bytes: [UInt8] = []
    /// Streams that are open now.
    private var streams = 0
    private var counters = CallCounters()
    private var lastWord = Termination.completed
    /// Events that were left out at the limit.
    private var leftOut = 0
    /// The file is complete.
    private(set) var isOver = false

    /// Writes nothing yet.
    init(_ beginning: CallLogNote.Beginning, at now: Moment, keepsKeys: Bool, limit: Int, _ file: consuming LineFile) {
        let info = beginning.info
        call = info.id
        self.file = file
        self.limit = limit
        stamp = EventLine.Stamp(
            callID: info.id, provider: info.provider.text, providerCallID: info.stream.callID, beganAt: now,
            unixTime: beginning.startedAt / 1_000)
        lines = ConversationLines(beganAt: now, keepsKeys: keepsKeys)
    }

    var path: String { file.path }
    /// No stream is open: the call is with another telephone.
    var isAsleep: Bool { streams == 0 && !isOver }

    /// Spells one note. The lines leave with ``flush()``.
    mutating func write(_ note: CallLogNote) {
        guard !isOver else { return }
        switch note.content {
        case .began(let beginning): begin(beginning, note.at)
        case .event(let event):
            guard file.length + bytes.count < limit else { return leftOut += 1 }
            for line in lines.lines(of: event, at: note.at) { line.write(stamp, into: &bytes) }
        case .dropped(let count): writeDropped(count, "backlog", at: note.at)
        case .streamEnded(let word, let counters): endStream(word, counters, callGoesOn: true, at: note.at)
        case .ended(let word, let counters): endStream(word, counters, callGoesOn: false, at: note.at)
        }
    }

    /// Nobody will tell how the call goes on.
    mutating func end(at now: Moment) { if isAsleep { writeEnd(lastWord, at: now) } }

    private mutating func begin(_ beginning: CallLogNote.Beginning, _ now: Moment) {
        let info = beginning.info
        let isFirst = file.length == 0 && bytes.isEmpty
        streams += 1
        var line = EventLine(isFirst ? "call_started" : "stream_started", at: now)
        line.add("stream_id", JSONValue(info.stream.streamID))
        line.add("bot", .string(info.bot))
        if isFirst {
            line.add("direction", .string(beginning.isOutbound ? "outbound" : "inbound"))
            line.add("from", JSONValue(info.from?.masked))
            line.add("to", JSONValue(info.to?.masked))
        }
        if let back = info.resumption {
            line.add("transfer", .string(back.outcome.rawValue))
            line.add("resumed_at", .string(back.place))
        }
        line.write(stamp, into: &bytes)
    }

    private mutating func endStream(_ word: Termination, _ counters: CallCounters, callGoesOn: Bool, at now: Moment) {
        streams = max(0, streams - 1)
        self.counters.add(counters)
        lastWord = word
        if !callGoesOn, streams == 0 { return writeEnd(word, at: now) }
        EventLine(
            "stream_ended", at: now, ["termination": .string(word.rawValue), "counters": CallReport.counters(counters)]
        ).write(stamp, into: &bytes)
    }

    private mutating func writeEnd(_ word: Termination, at now: Moment) {
        for line in lines.finish() { line.write(stamp, into: &bytes) }
        if leftOut > 0 { writeDropped(leftOut, "file-size", at: now) }
        EventLine(
            "call_ended", at: now, ["termination": .string(word.rawValue), "counters": CallReport.counters(counters)]
        ).write(stamp, into: &bytes)
        isOver = true
    }

    private mutating func writeDropped(_ count: Int, _ reason: String, at now: Moment) {
        EventLine("lines_dropped", at: now, ["count": .number(Double(count)), "reason": .string(reason)])
            .write(stamp, into: &bytes)
    }

    /// Gives the lines to the system: from here on they outlive this process.
    ///
    /// - Throws: ``LineFile/Failure`` when the disk takes no more.
    mutating func flush() throws(LineFile.Failure) { try file.append(&bytes) }
}
