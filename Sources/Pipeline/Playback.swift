import Audio
import Call

/// What the caller hears of the bot, as the provider confirms it or, where it does not, by our clock.
///
/// The provider returns a mark when it has played what stands before it. The marks of one stretch return by one and the same time later
/// than our clock says, so between two marks the clock tells where the provider is. A clear throws back what it finds: the moment of
/// that, on the same way back, says how far the provider had come.
struct Playback {
    enum Event {
        case botStarted
        case botStopped
        case utterance(UtteranceReport)
        /// Everything before the position has played, now.
        case confirmed(Int)
        /// Sent, and never played.
        case cut(Range<Int>)
    }

    /// A clear that has been sent and not been answered.
    private struct Clearing {
        /// As it was then.
        let timeline: PlaybackTimeline
        let at: Moment
        /// When a mark came back that was not played, or the provider said that it had carried out the clear.
        var thrownBackAt: Moment?
        var position: Int { timeline.position }
    }

    /// Added to the time that marks take, before what is sent counts as played for want of them.
    private static let grace: Int64 = 50_000_000

    private let profile: PlayoutProfile
    private var spacing: Int
    /// Whether the provider is asked at all.
    private var asks: Bool
    private(set) var timeline: PlaybackTimeline
    private(set) var book: UtteranceBook
    private var marks = Confirmations()
    private var clearing: Clearing?
    /// Behind the last sample of speech that was sent.
    private var speechEnd = 0
    private var isSpeaking = false
    /// From a clear to the provider's answer, last time. Units: nanoseconds.
    private var roundTrip: Int64?
    private var events = Queue<Event>()

    /// - Parameter spacing: between two marks while the bot speaks; `nil`: the provider is not asked.
    init(_ profile: PlayoutProfile, rate: SampleRate, spacing: Duration?, at now: Moment) {
        self.profile = profile
        asks = profile.confirmsPlayback && spacing != nil
        self.spacing = rate.samples(inMilliseconds: Int((spacing ?? .zero).milliseconds))
        timeline = PlaybackTimeline(rate: rate, at: now)
        timeline.remembers = asks
        book = UtteranceBook(rate: rate)
    }

    mutating func change(spacing: Duration?) {
        asks = profile.confirmsPlayback && spacing != nil
        self.spacing = timeline.rate.samples(inMilliseconds: Int((spacing ?? .zero).milliseconds))
        timeline.remembers = asks
    }

    /// Whether the caller hears the bot.
    var isHeard: Bool { isSpeaking }
    var hasEvents: Bool { !events.isEmpty }
    mutating func popEvent() -> Event? { events.popFirst() }

    // MARK: What the bot says

    mutating func queued(_ audio: PCM16, at now: Moment) -> Int {
        let number = book.open(at: now)
        book.queued(audio.nanoseconds)
        return number
    }

    mutating func add(_ words: [SpokenWord], at now: Moment) {
        _ = book.open(at: now)
        book.add(words)
    }

    mutating func completeUtterance() -> Int? { book.complete() }

    // MARK: What leaves

    /// Counts a packet as sent.
    ///
    /// - Parameters:
    ///   - count: its samples.
    ///   - speech: those of them, from the first, that are speech.
    /// - Returns: when it plays, and whether a mark is to follow it.
    mutating func sent(_ count: Int, speech: Int, of utterance: Int, at now: Moment) -> (playsAt: Moment, wantsMark: Bool) {
        let position = timeline.position
        let playsAt = timeline.send(count, at: now)
        guard speech > 0 else { return (playsAt, false) }
        speechEnd = position + speech
        let isFirst = book.sent(speech, of: utterance, position: position, at: now)
        return (playsAt, asks && (isFirst || timeline.position - marks.lastMark >= spacing))
    }

    /// The utterance's last sample has left.
    ///
    /// - Returns: whether a mark is to follow.
    mutating func sentWhole(_ utterance: Int, at now: Moment) -> Bool {
        book.sentWhole(utterance)
        advance(at: now)
        return asks && marks.lastMark < timeline.position && speechEnd > marks.position
    }

    /// Whether speech was sent behind the last mark.
    var wantsMark: Bool { asks && speechEnd > marks.lastMark }

    /// The name of a mark behind what was sent so far.
    mutating func mark(at now: Moment) -> String {
        marks.asked(timeline.position, due: timeline.end, at: now)
        return "\(Confirmations.prefix)\(timeline.position)"
    }

    // MARK: Interruption

    /// Whether the provider may still have speech to play.
    func holdsSpeech(at now: Moment) -> Bool {
        guard speechEnd > marks.position else { return false }
        let delay = max(Playout.providerDelay.nanoseconds, (marks.offset ?? 0) &+ Self.grace)
        return timeline.endMoment(of: speechEnd).nanoseconds &+ delay > now.nanoseconds
    }

    /// What waited is dropped, but for some utterances.
    ///
    /// - Parameter clears: a clear leaves now.
    mutating func interrupt(keeping kept: Set<Int>, clears: Bool, at now: Moment) {
        if clearing != nil { settle(at: now, isAnswered: false) }
        book.cut(keeping: kept)
        if clears {
            let before = Clearing(timeline: timeline, at: now)
            clearing = before
            timeline.cut(
                at: max(now, profile.clearFinishesPacket ? timeline.endMoment(of: finished(timeline.position(at: now))) : now))
            speechEnd = 0
            if isSpeaking { stop() }
            if !asks || !marks.isAnswering { settle(at: now, isAnswered: false) }
        } else {
            for account in book.accounts where account.isCut { book.sentWhole(account.report.number) }
        }
        advance(at: now)
    }

    /// The name of a mark behind a clear: it returns when the clear was carried out.
    var fence: String? { !asks ? nil : clearing.map { "\(Confirmations.prefix)clear-\($0.position)" } }

    // MARK: The provider's word

    /// - Returns: `false` when the mark is none of ours.
    mutating func returned(_ name: String, at now: Moment) -> Bool {
        guard name.hasPrefix(Confirmations.prefix) else { return false }
        let rest = name.dropFirst(Confirmations.prefix.count)
        guard let position = Int(rest) else {
            if name == fence { settle(at: now, isAnswered: true) }
            return rest.hasPrefix("clear-")
        }
        if let clearing, position > clearing.position {
            settle(at: clearing.thrownBackAt ?? now, isAnswered: clearing.thrownBackAt != nil)
        }
        switch marks.returned(position, isClearing: clearing != nil, at: now) {
        case .played(let position): events.append(.confirmed(position))
        case .early:
            guard let clearing else { marks.miss(); break }
            if clearing.thrownBackAt == nil { self.clearing?.thrownBackAt = now }
        case .unknown: break
        }
        advance(at: now)
        return true
    }

    /// The provider says that it has carried out the clear. The ``fence`` says so the way by which marks come, which is the one whose time is
    /// known, so that is waited for.
    mutating func cleared(at now: Moment) {
        guard let clearing else { return }
        if !asks || !marks.isAnswering { return settle(at: now, isAnswered: true) }
        self.clearing?.thrownBackAt = clearing.thrownBackAt ?? now
    }

    /// - Parameter isAnswered: the provider's answer to the clear has come this moment.
    private mutating func settle(at now: Moment, isAnswered: Bool) {
        guard let clearing else { return }
        self.clearing = nil
        // Where a packet is finished first, the answer waits for that: it says nothing about the way.
        let roundTrip = now.nanoseconds &- clearing.at.nanoseconds
        let isTimely = isAnswered && marks.isTimely(roundTrip &- (profile.clearFinishesPacket ? packetTime : 0))
        if isTimely, !profile.clearFinishesPacket { self.roundTrip = roundTrip }
        var reach = clearing.at
        if asks, let offset = marks.usualOffset {
            let answer = isTimely ? now.nanoseconds : clearing.at.nanoseconds &+ (self.roundTrip ?? offset)
            reach = Moment(nanoseconds: answer &- offset)
        }
        var heard = clearing.timeline.position(at: reach)
        if profile.clearFinishesPacket { heard = min(finished(heard - (isTimely ? lateness : 0)), clearing.position) }
        heard = max(heard, marks.position)
        if heard < clearing.position { events.append(.cut(heard..<clearing.position)) }
        while let index = book.accounts.firstIndex(where: \.isCut) {
            let isKnown = isTimely && marks.offset != nil
            let isConfirmed = book.accounts[index].end <= marks.position
            begin(index, in: clearing.timeline)
            events.append(.utterance(book.close(index, heardUpTo: heard, isEstimate: !isKnown && !isConfirmed)))
        }
        marks.settle(at: clearing.position)
        if profile.clearFinishesPacket, isTimely, marks.offset != nil {
            marks.correct(behind: clearing.position, by: timeline.correct(clearing.position, to: reach))
        }
    }

    /// The call is over: every account is closed.
    mutating func finish(at now: Moment) {
        if clearing != nil { settle(at: now, isAnswered: false) }
        advance(at: now)
        let heard = max(timeline.position(at: Moment(nanoseconds: now.nanoseconds &- (marks.offset ?? 0))), marks.position)
        if heard < timeline.position { events.append(.cut(heard..<timeline.position)) }
        if isSpeaking { stop() }
        book.cut(keeping: [])
        while !book.accounts.isEmpty {
            let isConfirmed = book.accounts[0].end <= marks.position
            begin(0, in: timeline)
            events.append(.utterance(book.close(0, heardUpTo: heard, isEstimate: !isConfirmed)))
        }
    }

    /// Says when an utterance began to be heard that is closed before anybody could know that it was. If it was not, nothing was heard of it.
    private mutating func begin(_ index: Int, in timeline: PlaybackTimeline) {
        let account = book.accounts[index]
        guard !account.isHeard, let start = account.start else { return }
        let heardAt = timeline.startMoment(of: start).nanoseconds &+ (marks.offset ?? 0)
        book.began(index, heardAt: Moment(nanoseconds: heardAt))
    }

    /// Units: nanoseconds.
    private var packetTime: Int64 { timeline.rate.nanoseconds(ofSamples: profile.packetSamples) }

    /// How far behind the packet that a clear lets finish the answer to it may seem to come: a quarter of a packet. Units: samples.
    private var lateness: Int { profile.packetSamples / 4 }

    /// The end of the packet in which the position lies.
    private func finished(_ position: Int) -> Int {
        min((max(position, 0) + profile.packetSamples - 1) / profile.packetSamples * profile.packetSamples, timeline.position)
    }

    // MARK: Time

    /// When ``advance(at:)`` will have something to say.
    var wake: Moment? {
        let answer = clearing.map { $0.at + Playout.longestConfirmation }
        return earliest(answer, book.next(isClearing: clearing != nil).flatMap(due))
    }

    private func due(_ next: UtteranceBook.Next) -> Moment? {
        switch next {
        case .start(let position): startDeadline(of: position)
        case .end(let position): deadline(timeline.endMoment(of: position))
        }
    }

    /// When something counts as played even without the provider's word.
    private func deadline(_ moment: Moment) -> Moment {
        guard asks else { return moment }
        let patience = marks.isAnswering ? Playout.longestConfirmation.nanoseconds : 0
        return Moment(nanoseconds: moment.nanoseconds &+ (marks.offset ?? 0) &+ patience)
    }

    /// When speech counts as begun. Once marks have told how late they return, the clock knows that as well as they do; a mark comes behind a
    /// whole packet, 200 ms on Exotel.
    private func startDeadline(of position: Int) -> Moment {
        let start = timeline.startMoment(of: position)
        guard isTimeKnown else { return deadline(start) }
        return Moment(nanoseconds: start.nanoseconds &+ (marks.offset ?? 0))
    }

    private var isTimeKnown: Bool { asks && marks.isAnswering && marks.offset != nil }

    mutating func advance(at now: Moment) {
        if let clearing, clearing.at + Playout.longestConfirmation <= now {
            if clearing.thrownBackAt == nil { marks.miss() }
            settle(at: clearing.thrownBackAt ?? now, isAnswered: clearing.thrownBackAt != nil)
        }
        var index = 0
        while index < book.accounts.count {
            if book.accounts[index].isCut, clearing != nil {
                index += 1
                continue
            }
            guard isOver(index, at: now) else { break }
        }
        let heard = asks && marks.isAnswering ? marks.position : timeline.position(at: now)
        timeline.forget(before: heard)
        book.forget(before: heard)
    }

    /// Begins and closes an account as far as time allows.
    ///
    /// - Returns: whether it was closed.
    private mutating func isOver(_ index: Int, at now: Moment) -> Bool {
        let account = book.accounts[index]
        if !account.isHeard, let start = account.start {
            let isConfirmed = marks.position > start
            guard isConfirmed || startDeadline(of: start) <= now else { return false }
            if !isConfirmed, asks, !isTimeKnown { marks.miss() }
            let heardAt = timeline.startMoment(of: start).nanoseconds &+ (marks.offset ?? 0)
            book.began(index, heardAt: Moment(nanoseconds: min(heardAt, now.nanoseconds)))
            if !isSpeaking, !account.isCut {
                isSpeaking = true
                events.append(.botStarted)
            }
        }
        guard account.isSent else { return false }
        let isConfirmed = asks && marks.position >= account.end
        guard account.sent == 0 || isConfirmed || deadline(timeline.endMoment(of: account.end)) <= now else { return false }
        if isSpeaking { stop() }
        events.append(.utterance(book.close(index, heardUpTo: .max, isEstimate: !isConfirmed)))
        return true
    }

    private mutating func stop() {
        isSpeaking = false
        events.append(.botStopped)
    }
}
