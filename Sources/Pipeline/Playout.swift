import Audio
import Call

/// The pacer of one call: holds what the bot says and gives it out in packets, at the pace at which the provider plays it.
///
/// At most ``PlayoutProfile/lead`` is ahead of real time, so an interruption is heard at once and the rest stays ours. After a stall
/// of the loop there is no burst to catch up: the provider's buffer is filled to the lead again and no further. Only a live source,
/// whose audio comes at the caller's own pace, catches up: else it would stay late for the rest of the call.
public struct Playout {
    /// Most audio that waits, in playing time.
    ///
    /// Thirty seconds covers the longest prompt. Past it the oldest samples are dropped and counted, so a bot that talks faster than
    /// real time cannot take the server's memory. The newest frame is never cut: one frame may be of any length.
    public static let longestQueue = Duration.seconds(30)
    /// Longest break in what a live source says that counts as a stall: what was late leaves at once, and the timeline goes on.
    ///
    /// Half a second covers a lost packet's retransmission and a busy machine's pause. After a longer one the source has begun anew.
    public static let longestStall = Duration.milliseconds(500)
    /// A provider plays later than our clock says, by the network's delay and its jitter buffer. For so long after the playhead an
    /// interruption still clears; a clear of nothing costs nothing.
    public static let providerDelay = Duration.milliseconds(200)
    /// From an interruption to the account of what was heard: the provider has answered our clear by then or never will.
    public static let longestConfirmation = Duration.seconds(1)
    /// Between two marks while the bot speaks: how far the clock alone has to carry.
    static let markSpacing = Duration.milliseconds(100)
    /// A live source is an echo or a relay, which nobody cuts short: it is asked about for a recording alone, and half as often, for marks
    /// cost as much as audio. Seldomer, the breaks of an uneven line would lie between two marks.
    static let liveMarkSpacing = Duration.milliseconds(200)
    /// A bot that does not say where its utterances end has ended one when it says nothing for so long.
    static let silence = Interval(.milliseconds(500))
    /// The same for a bot that said where the utterance begins. Pipecat's.
    static let longSilence = Interval(.seconds(3))
    /// Most marks, keys and utterance ends that wait. One for each 30 ms of the longest queue; past it new ones are refused.
    public static let mostCommands = 1_000

    let pause: Interval
    /// From the end of the timeline to the moment at which the next packet may leave: never positive.
    private let advance: Interval
    var clock: PlayoutClock
    var rates: RateConverter
    var queue: PlayoutQueue
    var packets: Packetizer
    var playback: Playback
    private var tailIsInterruptible = true
    /// Samples that came out of the filter, in all.
    private var convertedSamples = 0
    /// Marks whose last sample is still inside the filter, and the count of converted samples at which it is out.
    private var marksBehindTail: [(mark: Mark, after: Int)] = []
    var marksDue = Queue<Mark>()
    var isMarkDue = false
    var lastAppended: Moment
    var lastLeft: Moment
    var protectedUntil: Moment
    private(set) var isLive: Bool
    /// Speech is held back until then at the latest.
    var heldUntil: Moment?
    /// The utterance was begun by word.
    var isAnnounced = false
    /// Mixed into what leaves. While it plays, packets leave without a pause.
    var background: BackgroundMixer?
    /// The packet with the background in it, when there is one.
    var mixed: [Int16] = []
    var isMixed = false
    /// Of the packet that left last: its first sample's position among all that were sent, and when that plays by our clock.
    var left: (position: Int, playsAt: Moment)
    private var isEnding = false

    /// - Parameters:
    ///   - rate: the outbound rate of the stream; audio of any other rate is converted.
    ///   - isLive: the audio comes at the caller's own pace (an echo, a relay).
    public init(
        _ profile: PlayoutProfile, rate: SampleRate, resamplers: any ResamplerFactory, isLive: Bool = false, at now: Moment
    ) {
        packets = Packetizer(packetSamples: profile.packetSamples)
        pause = Interval(profile.pause)
        let packetTime = Interval(nanoseconds: rate.nanoseconds(ofSamples: profile.packetSamples))
        advance = min(packetTime - Interval(profile.lead), Interval(nanoseconds: 0))
        queue = PlayoutQueue(longest: rate.samples(inMilliseconds: Int(Self.longestQueue.milliseconds)))
        clock = PlayoutClock(rate: rate, longestStall: isLive ? Interval(Self.longestStall) : Interval(nanoseconds: 0), at: now)
        rates = RateConverter(to: rate, resamplers: resamplers)
        playback = Playback(profile, rate: rate, spacing: isLive ? nil : Self.markSpacing, at: now)
        self.isLive = isLive
        lastAppended = now
        lastLeft = now
        left = (0, now)
        protectedUntil = now
    }

    /// The samples of the packet that ``Action/audio`` speaks of: exactly ``PlayoutProfile/packetSamples``.
    public var packet: ArraySlice<Int16> { isMixed ? mixed[...] : packets.packet }
    /// Samples that were dropped at ``longestQueue``.
    public var droppedSamples: Int { queue.droppedSamples }
    /// When all audio that was sent will have played, as modelled.
    public var playhead: Moment { playback.timeline.end }
    /// When the next packet may leave.
    var departure: Moment { clock.timeline.after(advance) }

    // MARK: What the bot says

    /// Queues audio of any rate and length.
    ///
    /// - Returns: `false` when its rate cannot be converted; nothing is queued.
    public mutating func append(_ audio: PCM16, isInterruptible: Bool = true, at now: Moment) -> Bool {
        guard !isEnding, !audio.samples.isEmpty else { return true }
        if audio.rate == clock.rate {
            finishConversion()
            queue.append(audio.samples[...], isInterruptible: isInterruptible, utterance: playback.queued(audio, at: now))
        } else {
            if isInterruptible != tailIsInterruptible { finishConversion() }
            guard let converted = rates.convert(audio) else { return false }
            tailIsInterruptible = isInterruptible
            _ = playback.queued(audio, at: now)
            enqueue(converted: converted)
        }
        lastAppended = now
        return true
    }

    /// An utterance begins; the one before it is complete.
    public mutating func beginUtterance() {
        endUtterance()
        isAnnounced = true
    }

    /// Words of the utterance that is being said.
    public mutating func append(_ words: [SpokenWord], at now: Moment) { if !isEnding { playback.add(words, at: now) } }

    /// The utterance is complete: its last partial packet is padded and leaves in its turn.
    public mutating func endUtterance(isInterruptible: Bool = true) {
        guard !isEnding else { return }
        finishConversion()
        isAnnounced = false
        guard let number = playback.completeUtterance() else { return }
        queue.append(.utteranceEnd(number, isInterruptible: isInterruptible))
    }

    /// - Returns: `false` when ``mostCommands`` wait; the mark is refused.
    @discardableResult
    public mutating func append(mark name: String, isInterruptible: Bool = true) -> Bool {
        guard !isEnding else { return true }
        guard hasRoom else { return false }
        let mark = Mark(kind: .named(name), isInterruptible: isInterruptible)
        if rates.holdsSamples {
            marksBehindTail.append((mark, convertedSamples + rates.heldSamples))
        } else {
            queue.append(.mark(mark))
        }
        return true
    }

    /// - Returns: `false` when ``mostCommands`` wait; the keys are refused.
    @discardableResult
    public mutating func append(keys: [KeypadEntry], isInterruptible: Bool = true) -> Bool {
        guard !isEnding else { return true }
        guard hasRoom else { return false }
        finishConversion()
        queue.append(.keys(keys, isInterruptible: isInterruptible))
        return true
    }

    /// Nothing more will be said. ``Action/allSent`` comes when everything before this has been sent.
    public mutating func end() {
        guard !isEnding else { return }
        endUtterance(isInterruptible: false)
        isEnding = true
        queue.append(.end)
    }

    /// Another bot speaks from here on.
    mutating func change(isLive: Bool, at now: Moment) {
        endUtterance()
        resume(at: now)
        self.isLive = isLive
        clock.change(longestStall: isLive ? Interval(Self.longestStall) : Interval(nanoseconds: 0))
        updateSpacing()
    }

    /// Whether somebody keeps what is heard.
    var isRecorded = false { didSet { updateSpacing() } }

    private mutating func updateSpacing() {
        playback.change(spacing: !isLive ? Self.markSpacing : isRecorded ? Self.liveMarkSpacing : nil)
    }

    // MARK: Interruption

    /// Longest time that speech is held back. Whoever holds it decides within two seconds; one that forgets must not make a bot mute.
    public static let longestHold = Duration.seconds(10)

    /// Holds back what has not been sent; what the provider holds plays out.
    public mutating func hold(at now: Moment) { heldUntil = heldUntil ?? now + Self.longestHold }

    /// Goes on with the first sample that was not sent.
    public mutating func resume(at now: Moment) {
        guard heldUntil != nil else { return }
        heldUntil = nil
        lastAppended = max(lastAppended, now)
        if clock.timeline < now { clock.restart(at: now) }
    }

    /// Drops what waits and may be dropped.
    ///
    /// - Returns: whether the provider still holds speech that its clear message should drop. Then it counts as dropped.
    public mutating func interrupt(at now: Moment) -> Bool {
        if tailIsInterruptible { rates.reset() }
        marksBehindTail.removeAll(where: \.mark.isInterruptible)
        finishConversion()
        queue.interrupt()
        marksDue.removeAll { if case .named = $0.kind { $0.isInterruptible } else { false } }
        for mark in packets.interrupt() { marksDue.append(mark) }
        isMarkDue = false
        heldUntil = nil
        let kept = queue.utterances.union(packets.utterances)
        let clears = protectedUntil <= now && playback.holdsSpeech(at: now)
        playback.interrupt(keeping: kept, clears: clears, at: now)
        for number in kept.sorted() where playback.book.isComplete(number) {
            queue.append(.utteranceEnd(number, isInterruptible: false))
        }
        if kept.isEmpty { isAnnounced = false }
        if clears { clock.restart(at: now) }
        return clears
    }

    /// The name of a mark that follows the clear; `nil` when none is to.
    var fence: String? { playback.fence }

    // MARK: What is heard

    /// When ``advance(at:)`` will have news.
    var newsWake: Moment? { playback.wake }
    mutating func advance(at now: Moment) { playback.advance(at: now) }
    mutating func finish(at now: Moment) { playback.finish(at: now) }
    /// Whether the caller hears the bot.
    var isHeard: Bool { playback.isHeard }
    var hasNews: Bool { playback.hasEvents }
    mutating func popNews() -> Playback.Event? { playback.popEvent() }
    /// - Returns: `false` when the mark is the bot's.
    mutating func returned(_ mark: String, at now: Moment) -> Bool { playback.returned(mark, at: now) }
    mutating func cleared(at now: Moment) { playback.cleared(at: now) }

    // MARK: The filter's tail

    private var hasRoom: Bool { queue.commands + packets.marks + marksBehindTail.count + marksDue.count < Self.mostCommands }

    private mutating func enqueue(converted: [Int16]) {
        guard let utterance = playback.book.newest else { return }
        var samples = converted[...]
        while let (mark, after) = marksBehindTail.first, after - convertedSamples <= samples.count {
            let before = samples.prefix(max(0, after - convertedSamples))
            queue.append(before, isInterruptible: tailIsInterruptible, utterance: utterance)
            convertedSamples += before.count
            samples = samples.dropFirst(before.count)
            queue.append(.mark(mark))
            marksBehindTail.removeFirst()
        }
        convertedSamples += samples.count
        queue.append(samples, isInterruptible: tailIsInterruptible, utterance: utterance)
    }

    mutating func finishConversion() {
        if rates.holdsSamples { enqueue(converted: rates.finish()) }
        for (mark, _) in marksBehindTail { queue.append(.mark(mark)) }
        marksBehindTail = []
    }
}
