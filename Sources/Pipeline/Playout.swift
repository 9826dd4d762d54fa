import Audio
import Call

/// The pacer of one call: holds what the bot says and gives it out in packets, at the pace at which the provider plays it.
///
/// At most ``PlayoutProfile/lead`` is ahead of real time, so an interruption is heard at once and the rest stays ours. After a stall
/// of the loop there is no burst to catch up: the provider's buffer is filled to the lead again and no further.
public struct Playout {
    /// Most audio that waits, in playing time.
    ///
    /// Thirty seconds covers the longest prompt. Past it the oldest samples are dropped and counted, so a bot that talks faster than
    /// real time cannot take the server's memory.
    public static let longestQueue = Duration.seconds(30)

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

    private enum Entry {
        case audio(ArraySlice<Int16>, isInterruptible: Bool)
        case mark(String)
        case keys([KeypadEntry])
        case utteranceEnd
        case end

        var isInterruptible: Bool {
            switch self {
            case .audio(_, let isInterruptible): isInterruptible
            case .mark, .keys, .utteranceEnd: true
            case .end: false
            }
        }
    }

    /// The samples of the packet that ``Action/audio`` speaks of: exactly ``PlayoutProfile/packetSamples``.
    public private(set) var packet: ArraySlice<Int16> = []
    /// Samples that were dropped at ``longestQueue``.
    public private(set) var droppedSamples = 0

    private let profile: PlayoutProfile
    private let packetTime: Duration
    private let longestQueueSamples: Int
    private var clock: PlayoutClock
    private var rates: RateConverter
    private var queue = Queue<Entry>()
    private var queuedSamples = 0
    private var isPacketReady = false
    private var packetIsInterruptible = true
    private var partial: [Int16] = []
    private var partialIsInterruptible = true
    private var marksBehindPartial: [String] = []
    private var marksBehindPacket: [String] = []
    private var marksDue = Queue<String>()
    private var lastAppended: Moment
    private var protectedUntil: Moment
    private var isEnding = false

    /// - Parameter rate: the outbound rate of the stream; audio of any other rate is converted.
    public init(_ profile: PlayoutProfile, rate: SampleRate, resamplers: any ResamplerFactory, at now: Moment) {
        self.profile = profile
        packetTime = .nanoseconds(rate.nanoseconds(ofSamples: profile.packetSamples))
        longestQueueSamples = rate.samples(inMilliseconds: Int(Self.longestQueue.milliseconds))
        clock = PlayoutClock(rate: rate, at: now)
        rates = RateConverter(to: rate, resamplers: resamplers)
        lastAppended = now
        protectedUntil = now
    }

    /// When all audio that was sent will have played, as modelled.
    public var playhead: Moment { clock.playhead }

    // MARK: What the bot says

    /// Queues audio of any rate and length.
    ///
    /// - Returns: `false` when its rate cannot be converted; nothing is queued.
    public mutating func append(_ audio: PCM16, isInterruptible: Bool = true, at now: Moment) -> Bool {
        guard !isEnding, !audio.samples.isEmpty else { return true }
        lastAppended = now
        if audio.rate == clock.rate {
            finishConversion()
            enqueue(audio.samples, isInterruptible: isInterruptible)
            return true
        }
        guard let converted = rates.convert(audio) else { return false }
        enqueue(converted, isInterruptible: isInterruptible)
        return true
    }

    /// The utterance is complete: its last partial packet is padded and leaves in its turn.
    public mutating func endUtterance() {
        guard !isEnding else { return }
        finishConversion()
        queue.append(.utteranceEnd)
    }

    public mutating func append(mark name: String) { if !isEnding { queue.append(.mark(name)) } }

    public mutating func append(keys: [KeypadEntry]) {
        guard !isEnding else { return }
        endUtterance()
        queue.append(.keys(keys))
    }

    /// Nothing more will be said. ``Action/allSent`` comes when everything before this has been sent.
    public mutating func end() {
        guard !isEnding else { return }
        endUtterance()
        isEnding = true
        queue.append(.end)
    }

    /// Drops what waits and may be dropped.
    ///
    /// - Returns: whether the provider still holds audio that its clear message should drop. Then it counts as dropped.
    public mutating func interrupt(at now: Moment) -> Bool {
        queue.removeAll(where: \.isInterruptible)
        queuedSamples = 0
        for index in 0..<queue.count { if case .audio(let samples, _) = queue[index] { queuedSamples += samples.count } }
        if partialIsInterruptible {
            partial.removeAll(keepingCapacity: true)
            marksBehindPartial.removeAll()
        }
        if packetIsInterruptible {
            isPacketReady = false
            marksBehindPacket.removeAll()
        }
        rates.reset()
        guard clock.playhead > now, protectedUntil <= now else { return false }
        clock.restart(at: now)
        return true
    }

    // MARK: What leaves

    /// The next thing to do. Call until it is `idle`.
    public mutating func poll(at now: Moment) -> Action {
        while true {
            if let name = marksDue.popFirst() { return .mark(name) }
            if isPacketReady { return due(at: now) }
            switch queue.first {
            case .audio(let samples, let isInterruptible):
                take(from: samples, isInterruptible: isInterruptible)
            case .mark(let name):
                _ = queue.popFirst()
                if partial.isEmpty { return .mark(name) }
                marksBehindPartial.append(name)
            case .utteranceEnd:
                _ = queue.popFirst()
                padPartial()
            case .keys(let keys):
                _ = queue.popFirst()
                return .keys(keys)
            case .end:
                _ = queue.popFirst()
                return .allSent
            case nil:
                guard !partial.isEmpty || rates.holdsSamples else { return .idle(wake: nil) }
                let pauseEnd = lastAppended + profile.pause
                guard now >= pauseEnd else { return .idle(wake: pauseEnd) }
                finishConversion()
                if queue.isEmpty { padPartial() }
            }
        }
    }

    private mutating func due(at now: Moment) -> Action {
        let leave = clock.playhead + packetTime - profile.lead
        guard leave <= now || clock.playhead <= now else { return .idle(wake: leave) }
        isPacketReady = false
        clock.send(packet.count, at: now)
        for name in marksBehindPacket { marksDue.append(name) }
        marksBehindPacket.removeAll()
        if !packetIsInterruptible { protectedUntil = clock.playhead }
        return .audio
    }

    /// Moves samples from the front of the queue into the packet. A packet that one frame can fill is a slice of it: no copy.
    private mutating func take(from samples: ArraySlice<Int16>, isInterruptible: Bool) {
        let taken = min(profile.packetSamples - partial.count, samples.count)
        if taken < samples.count {
            queue.replaceFirst(with: .audio(samples.dropFirst(taken), isInterruptible: isInterruptible))
        } else {
            _ = queue.popFirst()
        }
        queuedSamples -= taken
        if partial.isEmpty, taken == profile.packetSamples {
            return makeReady(samples.prefix(taken), isInterruptible: isInterruptible)
        }
        partialIsInterruptible = isInterruptible && (partial.isEmpty || partialIsInterruptible)
        partial.append(contentsOf: samples.prefix(taken))
        if partial.count == profile.packetSamples { promotePartial() }
    }

    private mutating func makeReady(_ samples: ArraySlice<Int16>, isInterruptible: Bool) {
        packet = samples
        packetIsInterruptible = isInterruptible
        isPacketReady = true
    }

    private mutating func padPartial() {
        guard !partial.isEmpty else { return }
        partial.append(contentsOf: repeatElement(0, count: max(0, profile.packetSamples - partial.count)))
        promotePartial()
    }

    private mutating func promotePartial() {
        makeReady(partial[...], isInterruptible: partialIsInterruptible)
        partial = []
        marksBehindPacket = marksBehindPartial
        marksBehindPartial = []
    }

    private mutating func enqueue(_ samples: [Int16], isInterruptible: Bool) {
        guard !samples.isEmpty else { return }
        queue.append(.audio(samples[...], isInterruptible: isInterruptible))
        queuedSamples += samples.count
        while queuedSamples > longestQueueSamples, dropOldest(queuedSamples - longestQueueSamples) {}
    }

    /// - Returns: `false` when no audio waits.
    private mutating func dropOldest(_ excess: Int) -> Bool {
        guard let (index, samples, isInterruptible) = oldestAudio() else { return false }
        let dropped = min(excess, samples.count)
        droppedSamples += dropped
        queuedSamples -= dropped
        if dropped < samples.count {
            queue[index] = .audio(samples.dropFirst(dropped), isInterruptible: isInterruptible)
        } else {
            queue.remove(at: index)
        }
        return true
    }

    private func oldestAudio() -> (index: Int, samples: ArraySlice<Int16>, isInterruptible: Bool)? {
        for index in 0..<queue.count {
            if case .audio(let samples, let isInterruptible) = queue[index] { return (index, samples, isInterruptible) }
        }
        return nil
    }

    private mutating func finishConversion() {
        let rest = rates.finish()
        if !rest.isEmpty { enqueue(rest, isInterruptible: true) }
    }
}
