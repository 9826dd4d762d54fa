import Audio
import Call
import Wire

/// The media path of an admitted call: serializer, pipeline, playout.
struct LiveCall: ~Copyable {
    let start: StreamStart
    var counters: CallCounters
    private(set) var activity: Activity
    var farewell = Farewell()
    /// Set when a frame or the provider ended the call at once.
    var verdict: Termination?
    var logbook = CallLogbook()
    /// Hears both sides; `nil` while nothing is recorded.
    var tap: (any CallTap)? { didSet { playout.isRecorded = tap != nil } }

    private var serializer: any StreamSerializer
    var pipeline: PipelineWorker
    var playout: Playout
    private var inbound: RateConverter?
    private let resamplers: any ResamplerFactory
    private let confirmation: Interval
    let profile: PlayoutProfile
    private var events: [CallEvent]
    var tracker: ConversationTracker
    private var hearsInBandKeys: Bool
    /// What the host is to do or to write down.
    var asks = Queue<CallOutput>()
    private var sink: [Frame] = []
    private var source: [Frame] = []
    var clearIsDue = false
    /// The mark that follows a clear.
    var fence: String?
    private var marksOut = MarksOut()
    private var playoutWake: Moment?

    /// - Parameter events: what the provider said between its `start` and now.
    init(
        _ admission: consuming Admission, call: CallInfo, bot: BotPipeline, resamplers: any ResamplerFactory, limits: CallLimits,
        counters: CallCounters, at now: Moment
    ) {
        start = admission.start
        serializer = admission.serializer
        events = admission.events
        self.counters = counters
        activity = Activity(at: now)
        self.resamplers = resamplers
        confirmation = Interval(limits.confirmation)
        profile = serializer.playout
        pipeline = PipelineWorker(bot)
        hearsInBandKeys = bot.conversation?.hearsInBandKeys ?? false
        tracker = ConversationTracker(stop: bot.conversation?.times?.stop ?? UserTurn.Times().stop, at: now)
        playout = Playout(profile, rate: start.outbound.rate, resamplers: resamplers, isLive: bot.isLive, at: now)
        if let background = bot.background {
            playout.background = background.mixer(at: start.outbound.rate)
            if playout.background == nil { logbook.write(.botError("there is no background sound at \(start.outbound.rate)")) }
        }
        if let rate = bot.inputRate, rate != start.inbound.rate { inbound = RateConverter(to: rate, resamplers: resamplers) }
        push(Frame(.start(call)), at: now)
        handleEvents(at: now)
    }

    // MARK: In

    mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) throws(WireError) {
        var broken: WireError?
        do throws(WireError) { try serializer.decode(message, kind, at: now, into: &events) } catch { broken = error }
        if events.contains(where: \.isStart) { broken = broken ?? WireError(.secondStart, at: "start") }
        handleEvents(at: now)
        if let broken { throw broken }
    }

    mutating func push(_ frame: Frame, at now: Moment) {
        if case .transferAnswered(let answer) = frame.content { note(.transferAnswered(answer)) }
        pipeline.push(frame, at: now)
        run(at: now)
    }

    mutating func tick(at now: Moment) {
        if let wake = serializer.wake, wake <= now {
            serializer.release(at: now, into: &events)
            handleEvents(at: now)
        }
        if let wake = pipeline.wake, wake <= now {
            pipeline.wakeProcessors(at: now)
            run(at: now)
        }
        note(tracker.poll(at: now))
        if let wake = playout.newsWake, wake <= now {
            playout.advance(at: now)
            run(at: now)
        }
    }

    /// Another bot takes the call from here. What the one before it has said is played to its end.
    mutating func change(to bot: BotPipeline, _ call: CallInfo, at now: Moment) {
        end(pipelineWith: .completed, at: now)
        sink.removeAll()
        source.removeAll()
        pipeline = PipelineWorker(bot)
        hearsInBandKeys = bot.conversation?.hearsInBandKeys ?? false
        playout.change(isLive: bot.isLive, at: now)
        inbound = bot.inputRate.flatMap { $0 == start.inbound.rate ? nil : RateConverter(to: $0, resamplers: resamplers) }
        note(.handedOver(bot: call.bot))
        push(Frame(.start(call)), at: now)
        if playout.isHeard { push(Frame(.botStartedSpeaking), at: now) }
    }

    /// The call is over: the processors see `cancel` as their last frame, whatever they push is dropped.
    mutating func cancel(_ reason: Termination, at now: Moment) {
        // Told before playout's last word: a turn that the end cut short was interrupted.
        let turn = tracker.ended(at: now)
        playout.finish(at: now)
        _ = tellNews(at: now)
        note(turn)
        end(pipelineWith: reason, at: now)
    }

    private mutating func end(pipelineWith reason: Termination, at now: Moment) {
        pipeline.push(Frame(.cancel(reason)), at: now)
        _ = pipeline.run(at: now, sink: &sink, source: &source)
    }

    private mutating func handleEvents(at now: Moment) {
        guard !events.isEmpty else { return }
        for event in events { handle(event, at: now) }
        events.removeAll(keepingCapacity: true)
        run(at: now)
    }

    private mutating func handle(_ event: CallEvent, at now: Moment) {
        switch event {
        case .audio(let audio):
            counters.mediaIn += 1
            activity.note(audio.samples.span, at: now)
            tap?.caller(audio.samples.span, at: now)
            hear(audio, at: now)
        case .key(let key):
            counters.keys += 1
            activity.note(at: now)
            tap?.key(at: now)
            if !hearsInBandKeys { note(.key(key)) }
            pipeline.push(Frame(.inputDTMF(key)), at: now)
        case .markReturned(let name):
            if playout.returned(name, at: now) { return }
            let wasPlayed = marksOut.returned(name)
            if name == Farewell.mark {
                farewell.confirmed()
            } else {
                pipeline.push(Frame(.markReturned(name, wasPlayed: wasPlayed)), at: now)
            }
        case .providerError(let code):
            counters.providerErrors += 1
            logbook.write(.providerError(code: code))
        case .stopped:
            verdict = verdict ?? farewell.word(at: now) ?? .callerHungUp
        case .cleared: playout.cleared(at: now)
        case .started: break
        }
    }

    private mutating func hear(_ audio: PCM16, at now: Moment) {
        guard let rate = inbound?.target else { return pipeline.push(Frame(.inputAudioRaw(audio)), at: now) }
        guard let samples = inbound?.convert(audio) else {
            return logbook.write(.botError("the caller's audio at \(audio.rate) cannot be converted to \(rate)"))
        }
        if !samples.isEmpty { pipeline.push(Frame(.inputAudioRaw(PCM16(samples: samples, rate: rate))), at: now) }
    }

    // MARK: Through the pipeline

    /// Frames that turned round at the head travel in a further round; an `end` needs one.
    private static let roundsPerTurn = 16

    private mutating func run(at now: Moment) {
        for _ in 0..<Self.roundsPerTurn {
            guard pipeline.run(at: now, sink: &sink, source: &source) else { break }
            for frame in sink { leaveDownstream(frame, at: now) }
            sink.removeAll(keepingCapacity: true)
            let turnsRound = !source.isEmpty
            for frame in source { leaveUpstream(frame, at: now) }
            source.removeAll(keepingCapacity: true)
            guard tellNews(at: now) || turnsRound else { return }
        }
        logbook.write(.botError("the pipeline moved more than \(Pipeline.hopsPerTurn) frames in one turn and still was not done"))
        verdict = verdict ?? .botFailed
    }

    /// Tells the bot and the log what has been heard.
    ///
    /// - Returns: whether frames were pushed.
    private mutating func tellNews(at now: Moment) -> Bool {
        var isTold = false
        while let news = playout.popNews() {
            switch news {
            case .botStarted:
                tell(.botStartedSpeaking, .botStartedSpeaking, at: now)
                tracker.botStarted(at: now)
            case .botStopped:
                tell(.botStoppedSpeaking, .botStoppedSpeaking, at: now)
                tracker.botStopped(at: now)
            case .utterance(let report):
                tell(.utterance(report), .utterance(report), at: now)
                note(tracker.utterance(report))
            case .confirmed(let position):
                tap?.confirmed(position: position, at: now)
                continue
            case .cut(let positions):
                tap?.cut(positions)
                continue
            }
            isTold = true
        }
        return isTold
    }

    private mutating func tell(_ content: Frame.Content, _ event: ConversationEvent, at now: Moment) {
        note(event)
        pipeline.push(Frame(content), at: now)
    }

    mutating func note(_ event: ConversationEvent?) { if let event { asks.append(.event(event)) } }

    /// What the host is to do next.
    mutating func popAsk() -> CallOutput? { asks.popFirst() }

    // MARK: Out

    /// Writes the next message that is due.
    ///
    /// - Returns: `true` when the buffer holds one.
    mutating func encodeNext(at now: Moment, into buffer: inout MessageBuffer) -> Bool {
        if clearIsDue {
            clearIsDue = false
            if serializer.encode(.clear, into: &buffer) {
                marksOut.cleared()
                return true
            }
        }
        if let name = fence.take(), serializer.encode(.mark(name), into: &buffer) { return true }
        while true {
            switch playout.poll(at: now) {
            case .audio:
                counters.mediaOut += 1
                let packet = playout.packet
                activity.note(packet.span, at: now)
                tap?.sent(packet.span, position: playout.left.position, playsAt: playout.left.playsAt)
                serializer.encode(audio: packet.span, into: &buffer)
                return true
            case .mark(let name):
                if serializer.encode(.mark(name), into: &buffer) {
                    marksOut.sent(name)
                    return true
                }
            case .keys(let keys):
                if profile.keys == .request {
                    asks.append(.sendKeys(keys))
                    continue
                }
                if serializer.encode(.keys(keys), into: &buffer) { return true }
                logbook.write(.botError("\(start.provider) has no message for keys"))
            case .allSent:
                farewell.sent(playhead: counters.mediaOut > 0 ? playout.playhead : nil)
                guard farewell.verdict(confirmation, at: now) == nil, profile.confirmsPlayback else { continue }
                if serializer.encode(.mark(Farewell.mark), into: &buffer) { return true }
            case .idle(let wake):
                playoutWake = wake
                guard playout.hasNews else { return false }
                run(at: now)
            }
        }
    }

    /// The word of the bot's `end` once it is carried out: its last word was played, or should have been.
    func hasDrained(at now: Moment) -> Termination? { farewell.verdict(confirmation, at: now) }

    /// When something of this call is due next, after ``encodeNext(at:into:)`` has said `false`.
    var wake: Moment? {
        earliest(
            earliest(playoutWake, earliest(pipeline.wake, playout.newsWake)),
            earliest(earliest(serializer.wake, tracker.wake), farewell.deadline(confirmation)))
    }
}

extension CallEvent {
    fileprivate var isStart: Bool { if case .started = self { true } else { false } }
}
