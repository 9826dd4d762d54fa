import Call

/// The numbers of one rehearsed call.
struct Measurement {
    /// A silence of this length ends what was interrupted. Units: milliseconds.
    private static let stopSilence = 200.0
    /// A bot that stops at once has stopped this long before the caller's own clock says: the end of a sound is its last loud sample.
    /// Units: milliseconds.
    private static let haste = 10.0
    /// After a key, what is heard for so long is still what was interrupted: a bot goes on no sooner than half a second after it.
    /// Units: milliseconds.
    private static let keyTime = 450.0

    /// With the place in the call, when there is one. Units: milliseconds from the start of the stream.
    private(set) var values: [Measure: (value: Double, at: Double?)] = [:]

    init(_ line: RehearsedCall, _ report: CallReport, _ hearing: Hearing) {
        let side = line.side
        let ended = Self.milliseconds(report.duration)
        values[.heard] = (hearing.heard, nil)
        values[.clears] = (Double(report.clears), side.clearsAt.first.map(Self.milliseconds))
        values[.marks] = (Double(report.marks), nil)
        values[.complaints] = (
            Double(report.complaints.total), report.complaints.entries.first.map { Self.milliseconds($0.first) }
        )
        values[.ended] = (ended, ended)
        if let trip = report.roundTrips?.percentile(99) { values[.roundTrip] = (Self.milliseconds(trip), nil) }
        if let lost = report.lostPackets { values[.lostPackets] = (Double(lost), nil) }
        if let first = hearing.sounds(mending: 0).first, let last = hearing.sounds(mending: 0).last {
            values[.gap] = hearing.longestGap.map { ($0.length, $0.at) } ?? (0, nil)
            values[.firstSound] = (first.lowerBound, first.lowerBound)
            values[.level] = (hearing.level, nil)
            values[.endAfterSound] = (max(0, ended - last.upperBound), last.upperBound)
        }
        measureReplies(side.spoken, hearing)
        if let interruption = Self.interruption(line) { measure(interruption, side.clearsAt, hearing) }
    }

    private static func milliseconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e6 }

    private mutating func measureReplies(_ spoken: [SpokenSpan], _ hearing: Hearing) {
        let sounds = hearing.sounds(mending: Hearing.longestGap)
        for span in spoken {
            let end = Self.milliseconds(span.end)
            guard let sound = sounds.first(where: { $0.lowerBound > end }) else {
                values[.reply] = nil
                return
            }
            let delay = sound.lowerBound - end
            if delay > values[.reply]?.value ?? -1 { values[.reply] = (delay, end) }
        }
    }

    /// When the interruption began, and until when nothing may be heard.
    private static func interruption(_ line: RehearsedCall) -> ClosedRange<Double>? {
        switch line.caller.interrupted {
        case .speech(let number):
            guard number < line.side.spoken.count else { return nil }
            let span = line.side.spoken[number]
            return milliseconds(span.start)...max(milliseconds(span.start), milliseconds(span.end))
        case .key(let at): return milliseconds(at)...milliseconds(at) + keyTime
        case nil: return nil
        }
    }

    private mutating func measure(_ interruption: ClosedRange<Double>, _ clears: [Duration], _ hearing: Hearing) {
        let start = interruption.lowerBound
        if let clear = clears.map(Self.milliseconds).first(where: { $0 >= start }) { values[.clear] = (clear - start, clear) }
        let sounds = hearing.sounds(mending: Self.stopSilence)
        guard let sound = sounds.first(where: { $0.lowerBound <= start && $0.upperBound >= start - Self.haste }) else { return }
        values[.stop] = (max(0, sound.upperBound - start), sound.upperBound)
        let stale = hearing.sound(in: sound.upperBound...max(sound.upperBound, interruption.upperBound))
        let next = hearing.sounds(mending: 0).first { $0.lowerBound > sound.upperBound }
        values[.stale] = (stale, stale > 0 ? next?.lowerBound : nil)
    }
}
