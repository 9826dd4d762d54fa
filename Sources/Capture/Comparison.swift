import Call

/// How exactly two outbound sides are compared.
public struct ComparisonOptions: Sendable {
    public enum AudioMeasure: String, CaseIterable, Sendable {
        /// Every byte.
        case exact
        /// ``SpectralDistance``: what sounds the same is the same.
        case spectral
        /// Only that there is audio, when, and how much.
        case off
    }

    /// Farthest that a message may be from its time. With ``ReplayTurns/grace`` it stays under 30 ms.
    public static let tolerance = Duration.milliseconds(10)
    /// The same for a server behind a network: two connections' delays, two schedulers and a jitter of the network.
    public static let liveTolerance = Duration.milliseconds(100)

    public var tolerance: Duration
    public var audio: AudioMeasure
    /// Whether the far side was seen through a socket: the word with which it ended the call did not cross it.
    public var isLive: Bool

    public init(tolerance: Duration = tolerance, audio: AudioMeasure = .exact, isLive: Bool = false) {
        self.tolerance = tolerance
        self.audio = audio
        self.isLive = isLive
    }
}

/// What two outbound sides of one call have in common, and what not.
public struct Comparison: Sendable {
    /// In the order of their times.
    public private(set) var differences: [Difference] = []
    /// What could not be compared, in sentences.
    public private(set) var notes: [String] = []
    /// Messages that were expected.
    public let messages: Int
    /// Length of the call as captured. Units: microseconds.
    public let length: Int64

    public var isSame: Bool { differences.isEmpty }

    public init(expected: Capture, got: Capture, _ options: ComparisonOptions = ComparisonOptions()) {
        let tolerance = options.tolerance.nanoseconds / 1_000
        let edges = ComparisonEdges(expected, options, tolerance: tolerance)
        func messages(_ capture: Capture) -> [ComparedMessage] {
            capture.entries.compactMap { entry in
                guard entry.direction == .outward else { return nil }
                switch entry.content {
                case .close: if entry.time >= edges.gone { return nil }
                case .end: if options.isLive { return nil }
                case .json, .text, .binary, .woken: break
                }
                let message = ComparedMessage(entry)
                return message.asksWhatWasHeard ? nil : message
            }
        }
        let sides = ComparedSides(expected: messages(expected), got: messages(got), hearsAudio: options.hears(expected.header))
        self.messages = expected.entries.count {
            $0.direction == .outward && $0.content.isMessage && !ComparedMessage($0).asksWhatWasHeard
        }
        length = expected.lastTime
        notes = Self.notes(expected, sides.expected, options)
        var audio = ComparisonAudio(expected.header, options)
        var all: [Difference] = []
        for pair in sides.pairs() {
            switch pair {
            case .missing(let message):
                if message.time >= edges.missing { continue }
                all.append(Difference(.missing, at: message.time, expected: "\(message)", got: "nothing"))
            case .extra(let message):
                if message.time >= edges.extra { continue }
                all.append(Difference(.extra, at: message.time, expected: "nothing", got: "\(message)"))
            case .moved(let message, let time, let neighbours):
                all.append(
                    Difference(
                        .order, at: message.time, expected: "\(message) before \(neighbours.expected)",
                        got: "it at \(Difference.seconds(time).trimmed) before \(neighbours.got)"))
            case .both(let mine, let theirs):
                let delay = theirs.due - mine.due
                if abs(delay) > tolerance {
                    let word = delay > 0 ? "late" : "early"
                    all.append(
                        Difference(
                            .timing, at: mine.time, expected: "\(mine)",
                            got: "it \(Difference.milliseconds(abs(delay))) \(word)", delay: delay))
                }
                all += content(mine, theirs)
                if mine.kind.isAudio, theirs.kind.isAudio { all += audio.compare(mine, theirs) }
            }
        }
        all += audio.finish()
        let order = all.indices.sorted { (all[$0].time, $0) < (all[$1].time, $1) }
        differences = order.map { all[$0] }.folded(tolerance: tolerance)
    }

    private func content(_ expected: ComparedMessage, _ got: ComparedMessage) -> [Difference] {
        var (mine, theirs) = ("\(expected)", "\(got)")
        if expected.kind == got.kind {
            if expected.hasEnvelope(of: got) { return [] }
            (mine, theirs) = (expected.spelling, got.spelling)
        }
        return [Difference(.message, at: expected.time, expected: mine, got: theirs)]
    }

    private static func notes(
        _ capture: Capture, _ messages: [ComparedMessage], _ options: ComparisonOptions
    ) -> [String] {
        var notes: [String] = []
        if capture.isCut { notes.append("cut at \(Difference.seconds(capture.lastTime).trimmed), compared up to there") }
        switch capture.header.audio {
        case .full: break
        case .noise: notes.append("its audio is noise of the same level: levels compared")
        case .none: notes.append("it has no audio, the bot hears silence: sizes and times compared")
        }
        if options.audio == .off, capture.header.audio != .none { notes.append("audio not compared") }
        if !capture.header.keepsKeys, messages.contains(where: { if case .keys = $0.kind { true } else { false } }) {
            notes.append("its keys are masked: their number compared")
        }
        if !capture.header.keepsKeys, capture.holdsPressedKeys {
            notes.append("the keys pressed in it are masked: the bot gets 0 for each")
        }
        if messages.contains(where: { if case .mark(let name) = $0.kind { ReplayMasking.isMasked(name) } else { false } }) {
            notes.append("names of marks are masked: their order compared")
        }
        return notes
    }
}

extension Capture {
    /// Whether the caller pressed a key: all five dialects' messages of one are events whose name ends so.
    fileprivate var holdsPressedKeys: Bool {
        let word = Array("dtmf\"".utf8)
        return entries.contains { entry in
            guard entry.direction == .inward, case .json(let bytes) = entry.content, bytes.count >= word.count else { return false }
            // Audio in base64 holds no quotation mark.
            return bytes.indices.dropLast(word.count - 1).contains { bytes[$0] == word[0] && bytes[$0...].starts(with: word) }
        }
    }
}

/// Where a comparison ends. Times in microseconds; `max` for never.
private struct ComparisonEdges {
    /// To a far end that has gone, closing is a formality.
    let gone: Int64
    /// What is missing from here on is not missed.
    let missing: Int64
    /// What is extra from here on may be what the capture does not hold any more.
    let extra: Int64

    init(_ capture: Capture, _ options: ComparisonOptions, tolerance: Int64) {
        func first(_ direction: CaptureEntry.Direction, _ isIt: (CaptureEntry.Content) -> Bool) -> Int64? {
            capture.entries.first { $0.direction == direction && isIt($0.content) }?.time
        }
        let left = first(.inward) { if case .close = $0 { true } else { false } } ?? .max
        let ended = first(.outward) { if case .end = $0 { true } else { false } } ?? capture.lastTime
        if options.isLive {
            // Which message is the last before a far end leaves is a matter of microseconds, and of another network.
            let last = min(left, ended) - tolerance
            gone = left == .max ? .max : last
            missing = last
            extra = last
        } else {
            gone = left
            missing = .max
            extra = capture.isCut ? capture.lastTime - tolerance : .max
        }
    }
}

extension ComparisonOptions {
    /// Whether audio of other bytes is other audio.
    fileprivate func hears(_ header: CaptureHeader) -> Bool { audio == .exact && header.audio == .full }
}

extension CaptureEntry.Content {
    /// Whether it went over the socket as a message.
    var isMessage: Bool {
        switch self {
        case .json, .text, .binary: true
        case .close, .end, .woken: false
        }
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
