import Audio
import Call

/// When the provider plays what was sent, by our clock: from the moment it leaves, one packet behind the other.
///
/// Positions count all samples sent since the stream began. A stretch is a run of them with no break in playback.
struct PlaybackTimeline {
    private struct Stretch {
        let position: Int
        var start: Moment
        /// When its first sample left; `nil`: none has.
        var sentAt: Moment?
    }

    /// Stretches kept. Each break in what the bot says begins one; those that were heard are forgotten, so more than these only
    /// gather when a provider stops confirming, and then the oldest count as played.
    static let mostStretches = 64

    let rate: SampleRate
    /// Whether anybody will ask about what has played by our clock. Without marks nobody does, and only the last stretch is kept.
    var remembers = true
    private var stretches: [Stretch]
    /// Behind the last sample that was sent.
    private(set) var position = 0
    /// When everything that was sent will have played.
    private(set) var end: Moment

    init(rate: SampleRate, at now: Moment) {
        self.rate = rate
        stretches = [Stretch(position: 0, start: now)]
        end = now
    }

    /// Counts samples as sent.
    ///
    /// - Returns: when the first of them plays.
    mutating func send(_ count: Int, at now: Moment) -> Moment {
        if end < now { begin(at: now) }
        let start = end
        if let last = stretches.indices.last, stretches[last].sentAt == nil { stretches[last].sentAt = now }
        position += count
        if let last = stretches.last { end = moment(position, in: last) }
        return start
    }

    /// When the sample before the position has played.
    func endMoment(of position: Int) -> Moment {
        guard let stretch = stretches.last(where: { $0.position < position }) ?? stretches.first else { return end }
        return moment(position, in: stretch)
    }

    /// When the sample at the position begins to play.
    func startMoment(of position: Int) -> Moment {
        guard let stretch = stretches.last(where: { $0.position <= position }) ?? stretches.first else { return end }
        return moment(position, in: stretch)
    }

    /// How far the provider has played.
    func position(at moment: Moment) -> Int {
        var next = position
        for stretch in stretches.reversed() {
            let played = moment.nanoseconds &- stretch.start.nanoseconds
            if played >= 0 { return min(next, stretch.position + samples(in: played)) }
            next = stretch.position
        }
        return next
    }

    /// What was sent and not played is gone; playback is free again at the moment.
    mutating func cut(at moment: Moment) {
        begin(at: moment)
        end = moment
    }

    /// Playback was free at the moment, and not when ``cut(at:)`` said: what was sent from the position on plays by that.
    ///
    /// - Returns: how much later it plays. Units: nanoseconds.
    mutating func correct(_ position: Int, to moment: Moment) -> Int64 {
        guard let index = stretches.lastIndex(where: { $0.position == position }) else { return 0 }
        let start = stretches[index].sentAt.map { max($0, moment) } ?? moment
        let later = start.nanoseconds &- stretches[index].start.nanoseconds
        stretches[index].start = start
        if index == stretches.count - 1 { end = self.moment(self.position, in: stretches[index]) }
        return later
    }

    /// Nobody will ask about what lies before the position.
    mutating func forget(before position: Int) {
        while stretches.count > 1, stretches[1].position <= position { stretches.removeFirst() }
    }

    private mutating func begin(at moment: Moment) {
        if !remembers, stretches.count == 1 {
            stretches[0] = Stretch(position: position, start: moment)
            end = moment
            return
        }
        if stretches.last?.position == position { stretches.removeLast() }
        if stretches.count >= Self.mostStretches { stretches.removeFirst() }
        stretches.append(Stretch(position: position, start: moment))
        end = moment
    }

    private func moment(_ position: Int, in stretch: Stretch) -> Moment {
        Moment(nanoseconds: stretch.start.nanoseconds &+ rate.nanoseconds(ofSamples: position - stretch.position))
    }

    /// Held inside a day: longer is no call.
    private func samples(in nanoseconds: Int64) -> Int {
        Int(min(nanoseconds, 86_400_000_000_000) * Int64(rate.hertz) / 1_000_000_000)
    }
}
