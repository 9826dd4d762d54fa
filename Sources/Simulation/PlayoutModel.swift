import Audio
import Call

/// What the provider does with the audio it is sent: a queue that plays in real time, and what the caller hears of it.
///
/// Audio that arrives when nothing plays starts to play at once (after ``SimulationOptions/jitterBuffer``); the rest follows without
/// a seam. Marks stand between samples and are due when the samples before them have played.
struct PlayoutModel: Sendable {
    /// A silence this long or shorter, between two pieces of audio that arrived, is a gap in an utterance: the second piece came too
    /// late. A longer one is a pause that the speaker made. Speakers that pause inside an utterance send the silence.
    static let longestGap = Duration.milliseconds(400)

    /// Marks that wait. A server sends a few for each utterance.
    static let maximumMarks = 1_024

    let rate: SampleRate
    let origin: Moment
    private let jitterBuffer: Duration
    private let heardLimit: Int

    /// Not yet played from `head` on.
    private var queue: [Int16] = []
    private var head = 0
    /// Positions at which messages end.
    private var messageEnds: [Int] = []
    /// Samples taken in and samples that left the queue, played or dropped. Positions count like `accepted`.
    private var accepted = 0
    private var consumed = 0
    private var run: Run?
    private var emptiedAt: Moment?
    private var isCleared = false
    private var marks: [(name: String, position: Int)] = []

    /// Samples from the start of the stream, silence where nothing played.
    private(set) var heard: [Int16] = []
    /// Where ``heard`` was filled up with silence because nothing played.
    private(set) var unplayed: [Range<Int>] = []
    private(set) var level = RunningLevel()
    private(set) var gaps = Gaps()
    /// Most samples that ever waited.
    private(set) var deepest = 0
    /// The moment at which the first sample that is no silence was played.
    private(set) var firstSound: Moment?

    /// Audio that plays without a seam.
    private struct Run {
        let since: Moment
        let consumedBefore: Int
    }

    init(rate: SampleRate, origin: Moment, jitterBuffer: Duration, heardLimit: Duration) {
        self.rate = rate
        self.origin = origin
        self.jitterBuffer = jitterBuffer
        self.heardLimit = rate.samples(inMilliseconds: Int(heardLimit.milliseconds))
    }

    /// Samples that wait to be played.
    var queued: Int { accepted - consumed }

    /// When the next mark is due; `nil` when none waits.
    var nextMark: Moment? {
        guard let mark = marks.first else { return nil }
        guard let run else { return emptiedAt ?? origin }
        return run.since + rate.time(of: max(mark.position - run.consumedBefore, 0))
    }

    /// Takes in one message of audio.
    mutating func accept(_ samples: Span<Int16>, at now: Moment) {
        advance(to: now)
        guard !samples.isEmpty else { return }
        if run == nil {
            if let emptiedAt, !isCleared, now + jitterBuffer - emptiedAt <= Self.longestGap {
                gaps.add(now + jitterBuffer - emptiedAt)
            }
            run = Run(since: now + jitterBuffer, consumedBefore: consumed)
            emptiedAt = nil
        }
        isCleared = false
        for index in samples.indices { queue.append(samples[index]) }
        accepted += samples.count
        messageEnds.append(accepted)
        deepest = max(deepest, queued)
    }

    /// - Returns: `false` when too many marks wait; the mark is dropped.
    mutating func mark(_ name: String, at now: Moment) -> Bool {
        advance(to: now)
        guard marks.count < Self.maximumMarks else { return false }
        marks.append((name, accepted))
        return true
    }

    /// Names of the marks that are due, in order; each is returned once.
    mutating func takeDueMarks() -> [String] {
        let due = marks.prefix { $0.position <= consumed }
        guard !due.isEmpty else { return [] }
        let names = due.map { $0.name }
        marks.removeFirst(due.count)
        return names
    }

    mutating func clear(_ style: ClearStyle, at now: Moment) {
        advance(to: now)
        let kept = style == .keepsPlayingMessage ? endOfPlayingMessage : consumed
        if style != .returnsMarks { marks.removeAll { $0.position > kept } }
        for index in marks.indices { marks[index].position = min(marks[index].position, kept) }
        queue.removeLast(accepted - kept)
        accepted = kept
        messageEnds.removeAll { $0 > kept }
        // What comes next begins an utterance: the silence in front of it is no gap.
        emptiedAt = nil
        isCleared = true
        if queued == 0 { run = nil }
    }

    /// Where the message ends of which a part has played; what has played, when there is none.
    private var endOfPlayingMessage: Int {
        guard let run, consumed > run.consumedBefore, let end = messageEnds.first(where: { $0 >= consumed }) else {
            return consumed
        }
        return end
    }
}

extension PlayoutModel {
    /// Plays what is due.
    mutating func advance(to now: Moment) {
        guard let run else { return }
        let due = rate.samples(in: now - run.since) - (consumed - run.consumedBefore)
        play(min(due, queued), of: run)
        if queued == 0 {
            emptiedAt = run.since + rate.time(of: consumed - run.consumedBefore)
            self.run = nil
        }
    }

    private mutating func play(_ count: Int, of run: Run) {
        guard count > 0 else { return }
        if heard.count < heardLimit { keep(count, of: run) }
        var level = level
        level.add(queue.span.extracting(head..<head + count))
        self.level = level
        if firstSound == nil, let first = Sound.first(in: queue.span.extracting(head..<head + count)) {
            firstSound = run.since + rate.time(of: consumed - run.consumedBefore + first)
        }
        consumed += count
        head += count
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 16_384 {
            queue.removeFirst(head)
            head = 0
        }
        if let first = messageEnds.first, first < consumed { messageEnds.removeAll { $0 < consumed } }
    }

    /// Keeps the next samples of the queue, at the place where they are heard.
    private mutating func keep(_ count: Int, of run: Run) {
        let place = rate.samples(in: run.since - origin) + consumed - run.consumedBefore
        if heard.count < place {
            let start = heard.count
            heard.append(contentsOf: repeatElement(0, count: min(place, heardLimit) - start))
            unplayed.append(start..<heard.count)
        }
        heard.append(contentsOf: queue[head..<head + min(count, heardLimit - heard.count)])
    }
}

extension SampleRate {
    /// Whole samples that a duration holds.
    func samples(in duration: Duration) -> Int {
        let nanoseconds = Int(max(duration.nanoseconds, 0))
        return nanoseconds / 1_000_000_000 * hertz + nanoseconds % 1_000_000_000 * hertz / 1_000_000_000
    }

    /// The playing time, rounded up: at its end all samples have played.
    func time(of samples: Int) -> Duration {
        let (seconds, rest) = samples.quotientAndRemainder(dividingBy: hertz)
        return .nanoseconds(Int64(seconds) * 1_000_000_000 + Int64((rest * 1_000_000_000 + hertz - 1) / hertz))
    }
}
