import Call
import Wire

/// What the provider sends.
extension SimulatedProvider {
    /// Says what is to be done now. A message that is to be sent stands in the buffer.
    public mutating func poll(at now: Moment, into message: inout MessageBuffer) -> SimulatedOutput {
        guard ending == .up || isClosing else { return .idle(wake: nil) }
        lastMoment = max(lastMoment, now)
        playout.advance(to: now)
        if ending == .up {
            for name in playout.takeDueMarks() { waiting.append(.markReturned(name)) }
        }
        while !waiting.isEmpty {
            if case .stop = waiting[0], let held = swapped {
                swapped = nil
                return sendMedia(held.packet, held.stamp, at: now, into: &message)
            }
            if write(waiting.removeFirst(), at: now, into: &message) { return .send(.text) }
        }
        if isClosing {
            finish(at: now)
            return .close
        }
        return pollMedia(at: now, into: &message)
    }

    private mutating func pollMedia(at now: Moment, into message: inout MessageBuffer) -> SimulatedOutput {
        // The second of a swapped pair follows the first one at once.
        if let held = swapped, stamp.chunk == held.stamp.chunk + 1 || isMediaOver || isMediaPaused {
            swapped = nil
            return sendMedia(held.packet, held.stamp, at: now, into: &message)
        }
        if isMediaOver || isMediaPaused { return .idle(wake: playout.nextMark) }
        while now >= nextPacket {
            let lateness = now - nextPacket
            counts.lateness = max(counts.lateness, lateness)
            counts.lastLateness = lateness
            stamp.chunk += 1
            stamp.sequence += 1
            stamp.milliseconds = (stamp.chunk + packetsLeftOut) * provider.packetMilliseconds
            let packet = nextSpeech()
            if provider == .telnyx, options.swapsMedia, !stamp.chunk.isMultiple(of: 2) {
                swapped = (packet, stamp)
            } else {
                return sendMedia(packet, stamp, at: now, into: &message)
            }
        }
        return .idle(wake: playout.nextMark.map { min($0, nextPacket) } ?? nextPacket)
    }

    private mutating func nextSpeech() -> CallerSpeech.Packet {
        if isSilent { return speech.silence }
        guard let signature = options.signature else {
            let (packet, beginning) = speech.next()
            if let beginning {
                let start = Duration.milliseconds(stamp.milliseconds - provider.packetMilliseconds)
                spoken.append(SpokenSpan(start: start, end: start + beginning.length))
            }
            return packet
        }
        let bytes = signature.packet(stamp.chunk - 1)
        guard provider != .vonage else { return CallerSpeech.Packet(payload: bytes, hasSound: true) }
        var payload: [UInt8] = []
        Base64.encode(bytes.span, into: &payload)
        return CallerSpeech.Packet(payload: payload, hasSound: true)
    }

    /// When the next packet of caller audio is complete.
    private var nextPacket: Moment {
        origin + .milliseconds((stamp.chunk + packetsLeftOut + 1) * provider.packetMilliseconds)
    }

    /// The caller's line goes dead: no packet is sent, not even silence, until ``resumeMedia(at:)``. The stream stays up.
    public mutating func pauseMedia() { isMediaPaused = true }

    /// Packets flow again from the next one that is due. What was not sent meanwhile is never sent.
    public mutating func resumeMedia(at now: Moment) {
        guard isMediaPaused else { return }
        isMediaPaused = false
        let packet = Duration.milliseconds(provider.packetMilliseconds)
        let due = Int((now - origin).nanoseconds / packet.nanoseconds)
        packetsLeftOut = max(packetsLeftOut, due - stamp.chunk)
    }

    private mutating func sendMedia(
        _ packet: CallerSpeech.Packet, _ stamp: Stamp, at now: Moment, into message: inout MessageBuffer
    ) -> SimulatedOutput {
        message.reset(provider == .vonage ? .binary : .text)
        let kind = dialect.media(packet.payload, stamp, into: &message.storage)
        if packet.hasSound, firstCallerSound == nil { firstCallerSound = now }
        counts.mediaMessages += 1
        let samples = options.inbound.rate.samples(inMilliseconds: provider.packetMilliseconds)
        if !isSilent { echo?.sent(samples: samples, at: now) }
        return .send(kind)
    }

    /// - Returns: `false` when the provider has no such message.
    private mutating func write(_ item: WaitingMessage, at now: Moment, into message: inout MessageBuffer) -> Bool {
        message.reset(.text)
        var stamp = stamp
        stamp.sequence += 1
        stamp.milliseconds = Int((now - origin).milliseconds)
        switch item {
        case .greeting: return dialect.greeting(into: &message.storage)
        case .complaint(let complaint):
            dialect.complaint(complaint, into: &message.storage)
            return true
        case .start: dialect.start(stamp, into: &message.storage)
        case .key(let key): dialect.key(key, stamp, into: &message.storage)
        case .markReturned(let name): dialect.markReturned(name, stamp, into: &message.storage)
        case .cleared:
            if !dialect.cleared(stamp, into: &message.storage) { return false }
        case .stop:
            if options.endsWithoutStop { return false }
            if !dialect.stop(stamp, into: &message.storage) { return false }
        }
        self.stamp.sequence = stamp.sequence
        return true
    }
}
