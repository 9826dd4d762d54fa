import Audio
import Call

/// Puts what the caller heard of the bot at its place in time, from what was sent and what the provider says of it.
///
/// What plays without a break is one stretch and stays in one piece. Its place is where our clock has it, moved by what the
/// confirmations of it were late. See the decision `recording-time`.
///
/// - Units: positions are samples since the recording began, at the outbound rate; those of ``CallTap`` have `sent` in their names.
struct BotTrack: Sendable {
    private struct Stretch {
        /// Number of its first sample: of the call, and of the queue.
        let sentFirst: Int
        let number: Int
        var count = 0
        /// Where our clock has its first sample.
        let planned: Int
        /// Where our clock has the end.
        var plannedEnd: Int
        /// Least lateness of its confirmations.
        var lateness: Int?
        var recent = RecentMinimum()
        /// Position of sample less its number in the stretch, once its first one was given out.
        var place: Int?
        /// Samples given out, or left out.
        var released = 0
        /// An interruption cut its end. How far it was heard is known by one answer; where the next one begins, by many.
        var isCutShort = false
    }

    private let ruler: Ruler
    private var samples = SampleQueue()
    private var stretches: [Stretch] = []
    private var mask: KeyMask?
    /// Of the last stretch that was confirmed.
    private var lateness = 0
    private var floor = Int.min / 2
    /// Positions of the call that were never played, in order.
    private var cuts: [Range<Int>] = []

    init(_ ruler: Ruler, masksKeys: Bool) {
        self.ruler = ruler
        mask = masksKeys ? KeyMask(rate: ruler.rate) : nil
    }

    mutating func sent(_ new: Span<Int16>, position: Int, playsAt: Moment) {
        guard !new.isEmpty else { return }
        let planned = ruler.position(of: playsAt)
        let seam = ruler.rate.samples(inMilliseconds: RecordingLimits.seam)
        if let last = stretches.last, last.sentFirst + last.count == position, abs(last.plannedEnd - planned) <= seam {
            stretches[stretches.count - 1].plannedEnd = planned + new.count
        } else {
            stretches.append(
                Stretch(sentFirst: position, number: samples.end, planned: planned, plannedEnd: planned + new.count))
        }
        stretches[stretches.count - 1].count += new.count
        samples.append(new)
        mask?.heard(new, in: &samples)
    }

    mutating func confirmed(sent position: Int, at now: Moment) {
        guard let index = stretches.lastIndex(where: { $0.sentFirst < position }), let last = stretches.last,
            position <= last.sentFirst + last.count
        else { return }
        var stretch = stretches[index]
        let late = ruler.position(of: now) - stretch.planned - (position - stretch.sentFirst)
        stretch.lateness = min(stretch.lateness ?? late, late)
        stretch.recent.add(late, second: ruler.position(of: now) / ruler.rate.hertz)
        stretches[index] = stretch
    }

    /// These were sent and never played: silence is in their place, or what played there instead.
    mutating func cut(sent positions: Range<Int>) {
        guard !positions.isEmpty else { return }
        cuts.insert(positions, at: cuts.firstIndex { $0.lowerBound > positions.lowerBound } ?? cuts.count)
        guard let index = stretches.lastIndex(where: { $0.sentFirst < positions.upperBound }) else { return }
        split(index, at: positions.upperBound - stretches[index].sentFirst)
        stretches[index].isCutShort = true
    }

    /// What was said behind a cut is a stretch of its own, even where our clock has no break.
    private mutating func split(_ index: Int, at length: Int) {
        let whole = stretches[index]
        guard length < whole.count, whole.released <= length else { return }
        let planned = whole.planned + length
        var rest = Stretch(
            sentFirst: whole.sentFirst + length, number: whole.number + length, planned: planned, plannedEnd: whole.plannedEnd)
        rest.count = whole.count - length
        stretches[index].count = length
        stretches[index].plannedEnd = planned
        stretches.insert(rest, at: index + 1)
    }

    /// Gives out what has settled, and silence up to where nothing more can come.
    mutating func release(at now: Moment, isLast: Bool, into lane: inout Lane) {
        let horizon = ruler.position(of: now) - (isLast ? 0 : ruler.position(of: RecordingLimits.settling))
        while var stretch = stretches.first {
            if let late = stretch.lateness { lateness = late }
            skipCuts(&stretch)
            giveWay(&stretch)
            stretches[0] = stretch
            let place = max(stretch.place ?? stretch.planned + lateness, floor - stretch.released)
            guard place + stretch.released < horizon || stretch.released == stretch.count else { break }
            stretch.place = place
            release(&stretch, to: min(horizon, nextBegin(after: stretch) ?? horizon), into: &lane)
            giveWay(&stretch)
            stretches[0] = stretch
            guard stretch.released == stretch.count, stretches.count > 1 else { break }
            stretches.removeFirst()
        }
        floor = max(floor, horizon)
        lane.fill(to: floor)
    }

    /// Up to ``piece`` at once, so that a drift is put right where it is quiet.
    private mutating func release(_ stretch: inout Stretch, to horizon: Int, into lane: inout Lane) {
        let piece = max(ruler.rate.samples(inMilliseconds: KeyMask.piece), 1)
        while stretch.released < stretch.count, let place = stretch.place, place + stretch.released < horizon {
            let untilCut = cuts.first.map { $0.lowerBound - stretch.sentFirst - stretch.released } ?? .max
            let count = min(piece, stretch.count - stretch.released, horizon - place - stretch.released, untilCut)
            let numbers = stretch.number + stretch.released..<stretch.number + stretch.released + count
            let drift = drift(stretch, numbers)
            let skipped = min(max(-drift, 0), count)
            let begin = place + stretch.released + max(drift, 0)
            stretch.place = place + max(drift, 0) - skipped
            samples.with(numbers.lowerBound + skipped..<numbers.upperBound) { lane.put($0, at: begin) }
            stretch.released += count
            floor = begin + count - skipped
            samples.drop(before: numbers.upperBound)
            skipCuts(&stretch)
        }
    }

    /// Where the next stretch begins, when it is confirmed and began with an interruption of this one.
    private func nextBegin(after stretch: Stretch) -> Int? {
        guard stretch.isCutShort, stretches.count > 1, let lateness = stretches[1].lateness else { return nil }
        return stretches[1].planned + lateness
    }

    /// Leaves out what would be where the next stretch is: of two at one place the later one was played.
    private mutating func giveWay(_ stretch: inout Stretch) {
        guard stretch.released < stretch.count, let begin = nextBegin(after: stretch) else { return }
        let place = stretch.place ?? stretch.planned + (stretch.lateness ?? lateness)
        guard place + stretch.released >= begin else { return }
        stretch.released = stretch.count
        samples.drop(before: stretch.number + stretch.count)
    }

    /// Leaves out what comes next and was never played.
    private mutating func skipCuts(_ stretch: inout Stretch) {
        while let cut = cuts.first, cut.lowerBound <= stretch.sentFirst + stretch.released {
            guard stretch.released < stretch.count || cut.upperBound <= stretch.sentFirst + stretch.count else { return }
            stretch.released = max(stretch.released, min(cut.upperBound - stretch.sentFirst, stretch.count))
            guard cut.upperBound <= stretch.sentFirst + stretch.released else { return }
            cuts.removeFirst()
        }
    }

    /// How much later the stretch is to go on with these samples; negative: earlier.
    private func drift(_ stretch: Stretch, _ numbers: Range<Int>) -> Int {
        guard let place = stretch.place, let recent = stretch.recent.lowest else { return 0 }
        let drift = stretch.planned + recent - place
        func length(_ milliseconds: Int) -> Int { ruler.rate.samples(inMilliseconds: milliseconds) }
        guard abs(drift) > length(RecordingLimits.drift) else { return 0 }
        if samples.isQuiet(numbers) { return drift }
        let spoken = length(RecordingLimits.largestDrift) + 1...length(RecordingLimits.mostSpokenDrift)
        return spoken.contains(abs(drift)) ? drift : 0
    }
}
