/// Hears keys in a call's audio, for providers that send no message for them.
///
/// Goertzel's algorithm at the eight frequencies, over windows of 20 ms every 10 ms. A key is reported once, when two windows in a row
/// hold the same pair and little else, each tone within 2.5 % of its frequency (by its phase from window to window), the column's
/// between 8 dB under and 4 dB over the row's. Source: ITU-T Q.24, table A-1, and its limits of 40 ms that
/// must be heard and 23 ms (some 20) that must not.
///
/// - Units: any packets and rates, regrouped to 20 ms at 8 kHz. No allocation after the first frame. A key is reported 30 to 60 ms
///   after its beginning.
public struct DTMFDetector: Sendable {
    /// A window's half, and the step from one window to the next. Units: samples at 8 kHz.
    private static let half = 80
    /// Quieter is crosstalk. Each tone; units: dBFS.
    private static let leastLevel = -42.0
    /// The two tones' share of the window's power. Speech that hits two of the frequencies holds others too. As the share is also that of
    /// the window that the tones fill, a tone of 23 ms fills one window so far, one of 40 always two.
    private static let leastShare: Float = 0.87
    /// Times the power of the row's tone: -8 and +4 dB.
    private static let twist: ClosedRange<Float> = 0.158...2.52
    private static let windows = 2
    /// How many windows without the key end it: a drop-out of 10 ms makes three at most, a pause of 40 five at least.
    private static let missesToEnd = 4

    private var frames = VoiceFrames()
    private var bank = GoertzelBank()
    private var last = GoertzelBank.Half()
    private var lastWindow: GoertzelBank.Window?
    private var key: Int?
    private var count = 0
    private var isReported = false
    private var misses = 0

    public init() {}

    /// - Parameter body: gets each key that begins, as its character.
    public mutating func process(_ samples: Span<Int16>, at rate: SampleRate, each body: (Character) -> Void) {
        // The frames call back into the rest of this value: they are taken out for as long.
        var frames = frames
        self.frames = .none
        frames.add(samples, at: rate) { frame in
            for start in stride(from: 0, through: frame.count - Self.half, by: Self.half) {
                if let key = hear(frame.extracting(start..<start + Self.half)) { body(key) }
            }
        }
        self.frames = frames
    }

    public mutating func process(_ audio: PCM16, each body: (Character) -> Void) {
        process(audio.samples.span, at: audio.rate, each: body)
    }

    private mutating func hear(_ samples: Span<Float>) -> Character? {
        let now = bank.process(samples)
        let window = bank.window(last, now)
        let before = lastWindow
        last = now
        lastWindow = window
        guard let found = pair(in: window, after: before), !isReported || found == key else {
            misses += 1
            if !isReported || misses >= Self.missesToEnd { forget() }
            return nil
        }
        if found != key { count = 0 }
        key = found
        misses = 0
        count += 1
        guard count >= Self.windows, !isReported else { return nil }
        isReported = true
        return DTMF.keys[found]
    }

    private mutating func forget() {
        key = nil
        count = 0
        isReported = false
        misses = 0
    }

    /// The pair that a window holds, when it passes every test that one window can pass.
    private func pair(in window: GoertzelBank.Window, after before: GoertzelBank.Window?) -> Int? {
        guard let before else { return nil }
        var (row, column) = (0, 4)
        for index in 1..<4 where window.power[index] > window.power[row] { row = index }
        for index in 5..<8 where window.power[index] > window.power[column] { column = index }
        guard let low = bank.level(of: row, in: window, after: before),
            let high = bank.level(of: column, in: window, after: before),
            min(low, high) > Self.leastPower, Self.twist.contains(high / low), low + high > Self.leastShare * window.energy
        else { return nil }
        return row * 4 + column - 4
    }

    private static let leastPower = Float(0.5 * 32_767 * 32_767 * Decibels.amplitude(ofLevel: 2 * leastLevel))
}
