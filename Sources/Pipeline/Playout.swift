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
    /// Most marks, keys and utterance ends that wait. One for each 30 ms of the longest queue; past it new ones are refused.
    public static let mostCommands = 1_000

    /// What is to be done next.
    public enum Action {
        /// ``packet`` is due: encode and send it.
        case audio
        case mark(String)
        case keys([KeypadEntry])
        /// The `end` that was appended is reached: everything before it has been sent.
        case allSent
        /// Nothing is due. Poll again at the moment, or when something was appended.
        case idle(wake: Moment?)
    }

    private let pause: Interval
    /// From the end of the timeline to the moment at which the next packet may leave: never positive.
    private let advance: Interval
    private var clock: PlayoutClock
    private var rates: RateConverter
    private var queue: PlayoutQueue
    private var packets: Packetizer
    private var tailIsInterruptible = true
    /// Samples that came out of the filter, in all.
    private var convertedSamples = 0
    /// Marks whose last sample is still inside the filter, and the count of converted samples at which it is out.
    private var marksBehindTail: [(mark: Mark, after: Int)] = []
    private var marksDue = Queue<Mark>()
    private var lastAppended: Moment
    private var protectedUntil: Moment
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
        lastAppended = now
        protectedUntil = now
    }

    /// The samples of the packet that ``Action/audio`` speaks of: exactly ``PlayoutProfile/packetSamples``.
    public var packet: ArraySlice<Int16> { packets.packet }
    /// Samples that were dropped at ``longestQueue``.
    public var droppedSamples: Int { queue.droppedSamples }
    /// When all audio that was sent will have played, as modelled.
    public var playhead: Moment { clock.playhead }

    // MARK: What the bot says

    /// Queues audio of any rate and length.
    ///
    /// - Returns: `false` when its rate cannot be converted; nothing is queued.
    public mutating func append(_ audio: PCM16, isInterruptible: Bool = true, at now: Moment) -> Bool {
        guard !isEnding, !audio.samples.isEmpty else { return true }
        if audio.rate == clock.rate {
            finishConversion()
            queue.append(audio.samples[...], isInterruptible: isInterruptible)
        } else {
            if isInterruptible != tailIsInterruptible { finishConversion() }
            guard let converted = rates.convert(audio) else { return false }
            tailIsInterruptible = isInterruptible
            enqueue(converted: converted)
        }
        lastAppended = now
        return true
    }

    /// The utterance is complete: its last partial packet is padded and leaves in its turn.
    public mutating func endUtterance(isInterruptible: Bool = true) {
        guard !isEnding else { return }
        finishConversion()
        queue.append(.utteranceEnd(isInterruptible: isInterruptible))
    }

    /// - Returns: `false` when ``mostCommands`` wait; the mark is refused.
    @discardableResult
    public mutating func append(mark name: String, isInterruptible: Bool = true) -> Bool {
        guard !isEnding else { return true }
        guard hasRoom else { return false }
        let mark = Mark(name: name, isInterruptible: isInterruptible)
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
        finishConversion()
        isEnding = true
        queue.append(.end)
    }

    /// Drops what waits and may be dropped.
    ///
    /// - Returns: whether the provider still holds audio that its clear message should drop. Then it counts as dropped.
    public mutating func interrupt(at now: Moment) -> Bool {
        if tailIsInterruptible { rates.reset() }
        marksBehindTail.removeAll(where: \.mark.isInterruptible)
        finishConversion()
        queue.interrupt()
        marksDue.removeAll(where: \.isInterruptible)
        for mark in packets.interrupt() { marksDue.append(mark) }
        guard clock.holdsAudio(at: now, delay: Self.providerDelay), protectedUntil <= now else { return false }
        clock.restart(at: now)
        return true
    }

    // MARK: What leaves

    /// The next thing to do. Call until it is `idle`.
    public mutating func poll(at now: Moment) -> Action {
        while true {
            if let mark = marksDue.popFirst() { return .mark(mark.name) }
            if packets.isReady { return due(at: now) }
            switch queue.first {
            case .audio(let samples, let isInterruptible):
                queue.removeFirst(samples: packets.take(from: samples, isInterruptible: isInterruptible))
            case .mark(let mark):
                queue.removeFirst()
                if packets.isEmpty { return .mark(mark.name) }
                packets.append(mark)
            case .utteranceEnd:
                queue.removeFirst()
                packets.pad()
            case .keys, .end:
                guard packets.isEmpty else { packets.pad(); continue }
                defer { queue.removeFirst() }
                if case .keys(let keys, _) = queue.first { return .keys(keys) }
                return .allSent
            case nil:
                guard !packets.isEmpty || rates.holdsSamples else { return .idle(wake: nil) }
                // A packet that may not leave yet can still be filled: it is padded when it leaves.
                let flush = max(lastAppended.after(pause), departure)
                guard flush <= now else { return .idle(wake: flush) }
                finishConversion()
                if queue.isEmpty { packets.pad() }
            }
        }
    }

    /// When the next packet may leave.
    private var departure: Moment { clock.timeline.after(advance) }

    private mutating func due(at now: Moment) -> Action {
        let departure = departure
        guard departure <= now else { return .idle(wake: departure) }
        clock.send(packets.packetSamples, at: now)
        if !packets.packetIsInterruptible { protectedUntil = clock.playhead }
        for mark in packets.packetLeft() { marksDue.append(mark) }
        return .audio
    }

    // MARK: The filter's tail

    private var hasRoom: Bool { queue.commands + packets.marks + marksBehindTail.count + marksDue.count < Self.mostCommands }

    private mutating func enqueue(converted: [Int16]) {
        var samples = converted[...]
        while let (mark, after) = marksBehindTail.first, after - convertedSamples <= samples.count {
            let before = samples.prefix(max(0, after - convertedSamples))
            queue.append(before, isInterruptible: tailIsInterruptible)
            convertedSamples += before.count
            samples = samples.dropFirst(before.count)
            queue.append(.mark(mark))
            marksBehindTail.removeFirst()
        }
        convertedSamples += samples.count
        queue.append(samples, isInterruptible: tailIsInterruptible)
    }

    private mutating func finishConversion() {
        if rates.holdsSamples { enqueue(converted: rates.finish()) }
        for (mark, _) in marksBehindTail { queue.append(.mark(mark)) }
        marksBehindTail = []
    }
}
