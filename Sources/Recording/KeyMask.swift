import Audio

/// Silences the tones of keys in samples that still wait.
struct KeyMask: Sendable {
    /// How far back a tone may have begun when it is recognised. Units: milliseconds. The detector takes 60 at most.
    static let before = 80
    /// What is listened to at once. Units: milliseconds. Long enough to tell a tone's two frequencies.
    static let piece = 20
    /// A key's tone is this near the loudness of the whole, or it is over. Units: decibels.
    static let nearness = 7.0

    private let rate: SampleRate
    private var detector = DTMFDetector()
    /// Nothing was heard yet, or nothing since a silence.
    private var isFresh = true
    /// The tones of the key that sounds.
    private var sounding: (row: ToneMeter, column: ToneMeter)?

    init(rate: SampleRate) { self.rate = rate }

    /// - Parameters:
    ///   - new: the last samples of the queue.
    mutating func heard(_ new: Span<Int16>, in queue: inout SampleQueue) {
        let piece = max(rate.samples(inMilliseconds: Self.piece), 1)
        let base = queue.end - new.count
        for start in stride(from: 0, to: new.count, by: piece) {
            let end = min(start + piece, new.count)
            hear(new.extracting(start..<end), base + start..<base + end, in: &queue)
        }
    }

    private mutating func hear(_ samples: Span<Int16>, _ numbers: Range<Int>, in queue: inout SampleQueue) {
        var found: Character?
        if sounding == nil, isSilent(samples) {
            // Most of a call is: the detector has no work with it.
            if !isFresh { detector = DTMFDetector() }
            isFresh = true
            return
        }
        isFresh = false
        detector.process(samples, at: rate) { found = $0 }
        if let tones = found.flatMap(DTMF.frequencies) {
            sounding = (ToneMeter(hertz: tones.row, rate: rate), ToneMeter(hertz: tones.column, rate: rate))
            queue.silence(numbers.lowerBound - rate.samples(inMilliseconds: Self.before)..<numbers.upperBound)
        } else if let (row, column) = sounding {
            // The piece in which it ends is silenced too.
            queue.silence(numbers)
            let least = Loudness(samples).rms - Self.nearness
            if row.level(of: samples) < least || column.level(of: samples) < least { sounding = nil }
        }
    }

    /// Too quiet for any tone that the detector takes for a key (-42 dBFS each).
    private func isSilent(_ samples: Span<Int16>) -> Bool {
        for index in samples.indices where samples[index].magnitude > Self.quietest { return false }
        return true
    }

    private static let quietest: UInt16 = 200
}
