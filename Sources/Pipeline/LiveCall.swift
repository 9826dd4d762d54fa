import Audio
import Call
import Wire

/// The media path of an admitted call: serializer, pipeline, playout. Owned by exactly one ``CallEngine``, which cannot be copied.
final class LiveCall {
    /// Input below this peak is silence for the idle time-out: line noise stays under -46 dBFS, speech above.
    static let speechPeak: Int16 = 164
    /// How often the level of the input is looked at, at most, for the idle time-out.
    static let activityGrain = Duration.seconds(1)
    /// The mark that asks whether the bot's last word was played.
    static let endMark = "trunkline-end"

    let start: StreamStart
    var serializer: any StreamSerializer
    private(set) var counters: CallCounters
    private(set) var lastActivity: Moment
    /// Set when an `end` frame has reached playout.
    private(set) var ending: Termination?
    /// Set when a frame or the provider ended the call at once.
    private(set) var verdict: Termination?
    private(set) var logs: [CallLog] = []

    private var pipeline: Pipeline
    private var playout: Playout
    private var inbound: RateConverter?
    private var events: [CallEvent] = []
    private var sink: [Frame] = []
    private var source: [Frame] = []
    private var clearIsDue = false
    private var isEndConfirmed = false
    private var isCanceled = false
    private var allSentAt: Moment?
    private var playoutWake: Moment?

    init(
        start: StreamStart, serializer: any StreamSerializer, call: CallInfo, bot: BotPipeline, resamplers: any ResamplerFactory,
        counters: CallCounters, at now: Moment
    ) {
        self.start = start
        self.serializer = serializer
        self.counters = counters
        lastActivity = now
        pipeline = Pipeline(bot.processors, observers: bot.observers)
        playout = Playout(serializer.playout, rate: start.outbound.rate, resamplers: resamplers, at: now)
        if let rate = bot.inputRate, rate != start.inbound.rate { inbound = RateConverter(to: rate, resamplers: resamplers) }
        push(Frame(.start(call)), at: now)
    }

    // MARK: In

    func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) throws(WireError) {
        defer { handleEvents(at: now) }
        try serializer.decode(message, kind, at: now, into: &events)
    }

    func push(_ frame: Frame, at now: Moment) {
        pipeline.push(frame, at: now)
        run(at: now)
    }

    func tick(at now: Moment) {
        if let wake = serializer.wake, wake <= now {
            serializer.release(at: now, into: &events)
            handleEvents(at: now)
        }
        if let wake = pipeline.wake, wake <= now {
            pipeline.wakeProcessors(at: now)
            run(at: now)
        }
    }

    /// The call is over: the processors see `cancel` as their last frame, whatever they push is dropped.
    func cancel(_ reason: Termination, at now: Moment) {
        guard !isCanceled else { return }
        pipeline.push(Frame(.cancel(reason)), at: now)
        _ = pipeline.run(at: now, sink: &sink, source: &source)
        sink = []
        source = []
    }

    private func handleEvents(at now: Moment) {
        guard !events.isEmpty else { return }
        for event in events { handle(event, at: now) }
        events.removeAll(keepingCapacity: true)
        run(at: now)
    }

    private func handle(_ event: CallEvent, at now: Moment) {
        switch event {
        case .audio(let audio):
            counters.mediaIn += 1
            noteActivity(in: audio, at: now)
            guard inbound != nil else { return pipeline.push(Frame(.inputAudioRaw(audio)), at: now) }
            if let samples = inbound?.convert(audio), !samples.isEmpty, let rate = inbound?.target {
                pipeline.push(Frame(.inputAudioRaw(PCM16(samples: samples, rate: rate))), at: now)
            }
        case .key(let key):
            counters.keys += 1
            lastActivity = now
            pipeline.push(Frame(.inputDTMF(key)), at: now)
        case .markReturned(let name):
            if name == Self.endMark { isEndConfirmed = true } else { pipeline.push(Frame(.markReturned(name)), at: now) }
        case .providerError(let code):
            counters.providerErrors += 1
            logs.append(.providerError(code: code))
        case .stopped:
            verdict = verdict ?? ending ?? .callerHungUp
        case .started, .cleared:
            break
        }
    }

    private func noteActivity(in audio: PCM16, at now: Moment) {
        guard now - lastActivity > Self.activityGrain else { return }
        if audio.samples.contains(where: { $0 > Self.speechPeak || $0 < -Self.speechPeak }) { lastActivity = now }
    }

    // MARK: Through the pipeline

    /// Frames that turned round at the head travel in a further round; an `end` needs one.
    private static let roundsPerTurn = 16

    private func run(at now: Moment) {
        for _ in 0..<Self.roundsPerTurn {
            guard pipeline.run(at: now, sink: &sink, source: &source) else { break }
            for frame in sink { leaveDownstream(frame, at: now) }
            sink.removeAll(keepingCapacity: true)
            guard !source.isEmpty else { return }
            for frame in source { leaveUpstream(frame, at: now) }
            source.removeAll(keepingCapacity: true)
        }
        logs.append(.botError("the pipeline moved more than \(Pipeline.hopsPerTurn) frames in one turn and still was not done"))
        verdict = .botFailed
    }

    private func leaveDownstream(_ frame: Frame, at now: Moment) {
        switch frame.content {
        case .outputAudioRaw(let audio):
            lastActivity = now
            let dropped = playout.droppedSamples
            if !playout.append(audio, isInterruptible: frame.isInterruptible, at: now) {
                logs.append(.botError("audio at \(audio.rate) cannot be converted to \(start.outbound.rate)"))
            }
            if dropped == 0, playout.droppedSamples > 0 { logs.append(.playoutFull) }
            counters.droppedSamples = playout.droppedSamples
        case .ttsStopped: playout.endUtterance()
        case .mark(let name): playout.append(mark: name)
        case .outputDTMF(let keys): playout.append(keys: keys)
        case .interruption:
            counters.interruptions += 1
            clearIsDue = playout.interrupt(at: now) || clearIsDue
            logs.append(.interrupted)
        case .end(let reason):
            ending = ending ?? reason
            playout.end()
        case .cancel(let reason):
            isCanceled = true
            verdict = verdict ?? reason
        case .error(let text): logs.append(.botError(text))
        case .start, .inputAudioRaw, .inputDTMF, .markReturned, .text, .ttsStarted, .custom: break
        }
    }

    private func leaveUpstream(_ frame: Frame, at now: Moment) {
        switch frame.content {
        case .end, .cancel: pipeline.push(frame, at: now)
        case .error(let text): logs.append(.botError(text))
        default: break
        }
    }

    // MARK: Out

    func popLog() -> CallLog? { logs.isEmpty ? nil : logs.removeFirst() }

    /// Writes the next message that is due.
    ///
    /// - Returns: `true` when the buffer holds one.
    func encodeNext(at now: Moment, into buffer: inout MessageBuffer) -> Bool {
        if clearIsDue {
            clearIsDue = false
            if serializer.encode(.clear, into: &buffer) { return true }
        }
        while true {
            switch playout.poll(at: now) {
            case .audio:
                counters.mediaOut += 1
                let packet = playout.packet
                serializer.encode(audio: packet.span, into: &buffer)
                return true
            case .mark(let name):
                if serializer.encode(.mark(name), into: &buffer) { return true }
            case .keys(let keys):
                if serializer.encode(.keys(keys), into: &buffer) { return true }
                logs.append(.botError("this provider has no message for keys"))
            case .allSent:
                allSentAt = now
                guard playout.playhead > now else { isEndConfirmed = true; continue }
                if serializer.playout.confirmsPlayback, serializer.encode(.mark(Self.endMark), into: &buffer) { return true }
            case .idle(let wake):
                playoutWake = wake
                return false
            }
        }
    }

    /// Whether the bot's `end` is carried out: its last word was played, or should have been by `confirmation` ago.
    func hasDrained(confirmation: Duration, at now: Moment) -> Bool {
        guard allSentAt != nil else { return false }
        return isEndConfirmed || now >= drainDeadline(confirmation)
    }

    private func drainDeadline(_ confirmation: Duration) -> Moment {
        serializer.playout.confirmsPlayback ? playout.playhead + confirmation : playout.playhead
    }

    /// When something of this call is due next, after ``encodeNext(at:into:)`` has said `false`.
    func wake(confirmation: Duration) -> Moment? {
        let drain = allSentAt == nil ? nil : drainDeadline(confirmation)
        return earliest(earliest(playoutWake, pipeline.wake), earliest(serializer.wake, drain))
    }
}
