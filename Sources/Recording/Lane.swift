import Audio

/// One voice from the beginning of the recording, without a hole, at the rate of the file.
struct Lane {
    let rate: SampleRate
    private var resampler: any Resampler
    /// Of the next sample, at ``rate``.
    private(set) var position = 0
    /// What is to be silent, in order; those that are past are forgotten.
    private var silences: [Range<Int>] = []
    /// Samples for the file, at its rate.
    private(set) var output: [Int16] = []
    private var scratch: [Int16] = []
    private static let nothing = [Int16](repeating: 0, count: 1_600)

    /// - Returns: `nil` when there is no resampler for the pair of rates.
    init?(from rate: SampleRate, to target: SampleRate, _ resamplers: any ResamplerFactory) {
        guard let resampler = resamplers.makeResampler(from: rate, to: target) else { return nil }
        self.rate = rate
        self.resampler = resampler
    }

    /// The recording begins here.
    mutating func begin(at position: Int) { self.position = position }

    /// Takes samples for a position; what has none left there is cut off.
    mutating func put(_ samples: Span<Int16>, at start: Int) {
        fill(to: start)
        let rest = samples.extracting(droppingFirst: max(position - start, 0))
        guard !rest.isEmpty else { return }
        let range = position..<position + rest.count
        position = range.upperBound
        while let first = silences.first, first.upperBound <= range.lowerBound { silences.removeFirst() }
        guard let first = silences.first, first.lowerBound < range.upperBound else {
            return resampler.process(rest, into: &output)
        }
        // Taken out for as long: the resampler belongs to the same value.
        var scratch = scratch
        self.scratch = []
        scratch.removeAll(keepingCapacity: true)
        scratch.append(addingCapacity: rest.count) { for index in rest.indices { $0.append(rest[index]) } }
        for silence in silences {
            let inside = silence.clamped(to: range)
            for position in inside { scratch[position - range.lowerBound] = 0 }
        }
        resampler.process(scratch.span, into: &output)
        self.scratch = scratch
    }

    /// Silence up to a position.
    mutating func fill(to end: Int) {
        while position < end {
            let count = min(end - position, Self.nothing.count)
            position += count
            resampler.process(Self.nothing.span.extracting(first: count), into: &output)
        }
    }

    /// Silence in place of what lies in the range.
    ///
    /// - Parameter end: `nil` while that is not known.
    mutating func silence(from start: Int, to end: Int?) {
        guard end.map({ $0 > start }) ?? true else { return }
        let place = silences.firstIndex { $0.lowerBound > start } ?? silences.count
        silences.insert(start..<(end ?? .max), at: place)
    }

    /// Ends the silence that has no end.
    mutating func endSilence(at end: Int) {
        guard let index = silences.firstIndex(where: { $0.upperBound == .max }) else { return }
        let start = silences[index].lowerBound
        if end > start { silences[index] = start..<end } else { silences.remove(at: index) }
    }

    /// The rest of what the resampler holds.
    mutating func finish() { resampler.finish(into: &output) }

    /// Silence behind the last sample, up to so many for the file.
    mutating func pad(to count: Int) {
        if output.count < count { output.append(contentsOf: repeatElement(0, count: count - output.count)) }
    }

    mutating func remove(_ count: Int) { output.removeFirst(min(count, output.count)) }
}
