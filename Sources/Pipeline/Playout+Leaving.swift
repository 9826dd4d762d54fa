import Call

extension Playout {
    /// What is to be done next.
    public enum Action {
        /// ``Playout/packet`` is due: encode and send it.
        case audio
        case mark(String)
        case keys([KeypadEntry])
        /// The `end` that was appended is reached: everything before it has been sent.
        case allSent
        /// Nothing is due. Poll again at the moment, or when something was appended.
        case idle(wake: Moment?)
    }

    /// The next thing to do. Call until it is `idle`.
    public mutating func poll(at now: Moment) -> Action {
        while true {
            if let mark = marksDue.popFirst() {
                guard let name = name(of: mark, at: now) else { continue }
                return .mark(name)
            }
            if isMarkDue {
                isMarkDue = false
                if playback.wantsMark { return .mark(playback.mark(at: now)) }
            }
            if let heldUntil {
                guard heldUntil <= now else { return wait(until: packets.isReady || !queue.isEmpty ? heldUntil : nil, at: now) }
                resume(at: now)
            }
            if packets.isReady { return leave(at: now) }
            switch queue.first {
            case .audio(let samples, let isInterruptible, let utterance):
                queue.removeFirst(samples: packets.take(from: samples, isInterruptible: isInterruptible, utterance: utterance))
            case .mark(let mark): follow(mark)
            case .utteranceEnd(let number, _):
                follow(Mark(kind: .utteranceEnd(number), isInterruptible: false))
                packets.pad()
            case .keys, .end:
                guard packets.isEmpty else { packets.pad(); continue }
                defer { queue.removeFirst() }
                if case .keys(let keys, _) = queue.first { return .keys(keys) }
                return .allSent
            case nil:
                guard !packets.isEmpty || rates.holdsSamples else { return rest(at: now) }
                // A packet that may not leave yet can still be filled: it is padded when it leaves.
                let flush = max(lastAppended.after(pause), departure)
                guard flush <= now else { return wait(until: flush, at: now) }
                finishConversion()
                if queue.isEmpty { packets.pad() }
            }
        }
    }

    /// The mark at the front of the queue follows the sample before it.
    private mutating func follow(_ mark: Mark) {
        queue.removeFirst()
        if packets.isEmpty { marksDue.append(mark) } else { packets.append(mark) }
    }

    private mutating func name(of mark: Mark, at now: Moment) -> String? {
        switch mark.kind {
        case .named(let name): name
        case .utteranceEnd(let number): playback.sentWhole(number, at: now) ? playback.mark(at: now) : nil
        }
    }

    private mutating func leave(at now: Moment) -> Action {
        let departure = departure
        guard departure <= now else { return .idle(wake: departure) }
        mix(packets.packet)
        count(speech: packets.packetSpeech, of: packets.packetUtterance, at: now)
        lastLeft = now
        if !packets.packetIsInterruptible { protectedUntil = playhead }
        for mark in packets.packetLeft() { marksDue.append(mark) }
        return .audio
    }

    /// Puts the background behind speech, if it plays.
    private mutating func mix(_ speech: ArraySlice<Int16>) {
        isMixed = false
        guard var mixer = background.take() else { return }
        defer { background = mixer }
        guard mixer.isPlaying else { return }
        var output: [Int16] = []
        swap(&output, &mixed)
        mixer.fill(packets.packetSamples, speech: speech.span, into: &output)
        swap(&output, &mixed)
        isMixed = true
    }

    /// Counts a packet as sent.
    private mutating func count(speech: Int, of utterance: Int, at now: Moment) {
        clock.send(packets.packetSamples, at: now)
        left.position = playback.timeline.position
        (left.playsAt, isMarkDue) = playback.sent(packets.packetSamples, speech: speech, of: utterance, at: now)
    }

    /// No speech is due before the moment. The background goes on.
    private mutating func wait(until wake: Moment?, at now: Moment) -> Action {
        guard background?.isPlaying ?? false else { return .idle(wake: wake) }
        let departure = departure
        guard departure <= now else { return .idle(wake: earliest(wake, departure)) }
        mix([])
        count(speech: 0, of: 0, at: now)
        return .audio
    }

    /// Nothing waits. A bot that does not come back has ended its utterance.
    private mutating func rest(at now: Moment) -> Action {
        guard !isLive, playback.wantsMark || playback.book.isOpen else { return wait(until: nil, at: now) }
        let quiet = max(lastAppended, lastLeft)
        if playback.wantsMark {
            let due = quiet.after(pause)
            guard due <= now else { return wait(until: due, at: now) }
            return .mark(playback.mark(at: now))
        }
        let due = quiet.after(isAnnounced ? Self.longSilence : Self.silence)
        guard due <= now else { return wait(until: due, at: now) }
        isAnnounced = false
        if let number = playback.completeUtterance(), playback.sentWhole(number, at: now) { return .mark(playback.mark(at: now)) }
        return wait(until: nil, at: now)
    }
}
