import Audio
import Call

/// What the server sends.
extension SimulatedProvider {
    /// Takes in one message of the server's. What comes after the end is not looked at.
    public mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        guard ending == .up else { return }
        lastMoment = max(lastMoment, now)
        complaints.now = now - origin
        bytes.removeAll(keepingCapacity: true)
        do {
            let understood = try dialect.read(message, kind, with: &scanner, audio: &bytes, warnings: &complaints)
            try obey(understood, at: now)
        } catch {
            complaints.add(error)
            if dialect.answersComplaints {
                waiting.append(.complaint(error))
            } else if provider == .vonage, kind == .binary {
                // Vonage ends the connection (close code 1006) over a frame of the wrong size.
                ending = .brokenOff
                isClosing = true
                waiting = []
            }
        }
    }

    private mutating func obey(_ message: ServerMessage, at now: Moment) throws(Complaint) {
        if let unheard = options.unheard { throw unheard }
        switch message {
        case .audio: try play(at: now)
        case .mark(let name):
            counts.marks += 1
            guard playout.mark(name, at: now) else {
                throw Complaint("more than \(PlayoutModel.maximumMarks) marks wait")
            }
        case .clear:
            counts.clears += 1
            if clearsAt.count < Self.maximumClears { clearsAt.append(now - origin) }
            playout.clear(dialect.clearStyle, at: now)
            if dialect.clearStyle == .confirms {
                // Marks that had played already come first.
                for name in playout.takeDueMarks() { waiting.append(.markReturned(name)) }
                waiting.append(.cleared)
            }
        case .keys(let keys): keysFromServer += keys.prefix(Self.maximumKeys - keysFromServer.count)
        }
    }

    private mutating func play(at now: Moment) throws(Complaint) {
        // Spans of stored arrays would hold all of `self`: the arrays move out and back.
        let bytes = bytes
        var samples: [Int16] = []
        swap(&samples, &self.samples)
        defer { swap(&samples, &self.samples) }
        samples.removeAll(keepingCapacity: true)
        guard options.outbound.encoding.decode(bytes.span, into: &samples) else {
            throw Complaint("audio that ends in half a sample")
        }
        playout.advance(to: now)
        guard playout.rate.time(of: playout.queued + samples.count) <= dialect.playoutLimit else {
            throw Complaint("buffer overflow: more than \(dialect.playoutLimit.milliseconds) ms wait to be played")
        }
        if firstCallerSound != nil, soundAnswered == nil, Sound.isHeard(in: samples.span) { soundAnswered = now }
        playout.accept(samples.span, at: now)
        echo?.arrived(samples.span, at: now)
    }
}
