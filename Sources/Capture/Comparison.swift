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
        let gone = expected.entries.first { entry in
            if entry.direction == .inward, case .close = entry.content { true } else { false }
        }
        let last = expected.isCut ? expected.lastTime : nil
        func messages(_ capture: Capture) -> [ComparedMessage] {
            capture.entries.compactMap { entry in
                guard entry.direction == .outward else { return nil }
                switch entry.content {
                // To a far end that has gone, closing is a formality.
                case .close: if gone.map({ $0.time <= entry.time }) ?? false { return nil }
                case .end: if options.isLive { return nil }
                case .json, .text, .binary: break
                }
                return ComparedMessage(entry)
            }
        }
        let sides = ComparedSides(expected: messages(expected), got: messages(got), hearsAudio: options.hears(expected.header))
        self.messages = expected.entries.count { $0.direction == .outward && $0.content.isMessage }
        length = expected.lastTime
        notes = Self.notes(expected, options)
        var audio = ComparisonAudio(expected.header, options)
        var all: [Difference] = []
        for pair in sides.pairs() {
            switch pair {
            case .missing(let message):
                all.append(Difference(.missing, at: message.time, expected: "\(message)", got: "nothing"))
            case .extra(let message):
                if let last, message.time >= last - tolerance { continue }
                all.append(Difference(.extra, at: message.time, expected: "nothing", got: "\(message)"))
            case .moved(let message, let time, let neighbours):
                all.append(
                    Difference(
                        .order, at: message.time, expected: "\(message) before \(neighbours.expected)",
                        got: "it at \(Difference.seconds(time).trimmed) before \(neighbours.got)"))
            case .both(let mine, let theirs):
                let delay = theirs.time - mine.time
                if abs(delay) > tolerance {
                    let word = delay > 0 ? "late" : "early"
                    all.append(
                        Difference(
                            .timing, at: mine.time, expected: "\(mine)",
                            got: "it \(Difference.milliseconds(abs(delay))) \(word)", delay: delay))
                }
                all += content(mine, theirs, options, expected.header)
                if mine.kind.isAudio, theirs.kind.isAudio { all += audio.compare(mine, theirs) }
            }
        }
        all += audio.finish()
        let order = all.indices.sorted { (all[$0].time, $0) < (all[$1].time, $1) }
        differences = order.map { all[$0] }.folded(tolerance: tolerance)
    }

    private func content(
        _ expected: ComparedMessage, _ got: ComparedMessage, _ options: ComparisonOptions, _ header: CaptureHeader
    ) -> [Difference] {
        var (mine, theirs) = ("\(expected)", "\(got)")
        if case .keys(let written) = expected.kind, case .keys(let sent) = got.kind, !header.keepsKeys {
            if written.count == sent.count { return [] }
        } else if expected.kind == got.kind {
            if expected.hasEnvelope(of: got) { return [] }
            (mine, theirs) = (expected.spelling, got.spelling)
        }
        return [Difference(.message, at: expected.time, expected: mine, got: theirs)]
    }

    private static func notes(_ capture: Capture, _ options: ComparisonOptions) -> [String] {
        var notes: [String] = []
        if capture.isCut { notes.append("cut at \(Difference.seconds(capture.lastTime).trimmed), compared up to there") }
        switch capture.header.audio {
        case .full: break
        case .noise: notes.append("its audio is noise of the same level: levels compared")
        case .none: notes.append("it has no audio: sizes and times compared")
        }
        if options.audio == .off, capture.header.audio != .none { notes.append("audio not compared") }
        let keys = capture.entries.contains { $0.direction == .outward && ComparedMessage($0).isKeys }
        if keys, !capture.header.keepsKeys { notes.append("its keys are masked: their number compared") }
        return notes
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
        case .close, .end: false
        }
    }
}

extension ComparedMessage {
    fileprivate var isKeys: Bool { if case .keys = kind { true } else { false } }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
