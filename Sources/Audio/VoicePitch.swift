/// Whether the last 40 ms repeat themselves as a voice does, between 70 and 400 Hz, and whether they are rather a tone or two.
struct VoicePitch: Sendable {
    /// What it finds.
    struct Finding: Equatable, Sendable {
        /// How alike the sound is to itself one pitch period ago, 0...1. Noise stays under 0.5.
        var periodicity: Float = 0
        /// The period. Units: samples at 4 kHz.
        var period = 0
        /// What a predictor of four coefficients takes off the sound: much for one tone or two. Units: dB.
        var gain4: Float = 0
        /// The same with six: three tones. Units: dB.
        var gain6: Float = 0
        var rawPeriodicity: Float = 0
    }

    // All lengths are in samples at 4 kHz.
    private static let length = 160
    private static let window = 100
    private static let shortest = 10
    private static let longest = 57
    private static let order = 6

    /// The half-band filter's past, then one frame. Units: linear amplitude.
    private var input = [Float](repeating: 0, count: VoiceFrames.length + 6)
    /// The last 40 ms.
    private var low = [Float](repeating: 0, count: length)
    private var scaled = [Int16](repeating: 0, count: length)
    private var tapered = [Int16](repeating: 0, count: length)
    private var residual = [Float](repeating: 0, count: length)
    private static let hann: [Float] = (0..<length).map { index in
        Float(0.5 - 0.5 * Phase(turns: (Double(index) + 0.5) / Double(length)).cosine)
    }

    /// Adds a frame of ``VoiceFrames/length`` samples.
    mutating func add(_ frame: [Float]) { Self.halve(frame, input: &input, into: &low) }

    mutating func find() -> Finding {
        var finding = Finding()
        guard Self.scale(low, into: &scaled) else { return finding }
        finding.rawPeriodicity = Self.repetition(scaled.span).periodicity
        Self.taper(scaled, into: &tapered)
        var coefficients = SIMD8<Float>(repeating: 0)
        Self.predict(tapered.span, &finding, &coefficients)
        Self.whiten(low, coefficients, into: &residual)
        guard Self.scale(residual, into: &scaled) else { return finding }
        (finding.periodicity, finding.period) = Self.repetition(scaled.span)
        return finding
    }

    /// Adds the frame at 4 kHz to the end of what is kept.
    private static func halve(_ frame: [Float], input: inout [Float], into low: inout [Float]) {
        let frame = frame.span
        let past = input.count - VoiceFrames.length
        var input = input.mutableSpan
        var low = low.mutableSpan
        guard frame.count == VoiceFrames.length, input.count == frame.count + 6, low.count == length else { return }
        for index in 0..<past { input[index] = input[index + VoiceFrames.length] }
        for index in 0..<frame.count { input[past + index] = frame[index] }
        let half = VoiceFrames.length / 2
        for index in 0..<length - half { low[index] = low[index + half] }
        for index in 0..<half {
            let at = 2 * index
            let outer = input[at] + input[at + 6]
            let inner = input[at + 2] + input[at + 4]
            low[length - half + index] = 0.5 * input[at + 3] + 0.28125 * inner - 0.03125 * outer
        }
    }

    /// Brings the samples to 11 bits, so that sums of their products stay in 32.
    ///
    /// - Returns: `false` for silence.
    private static func scale(_ samples: [Float], into scaled: inout [Int16]) -> Bool {
        let samples = samples.span
        var output = scaled.mutableSpan
        guard samples.count == length, output.count == length else { return false }
        var peak: Float = 0
        for index in 0..<length { peak = max(peak, abs(samples[index])) }
        guard peak >= 1, peak < 1e9 else { return false }
        let factor = 2_000 / peak
        for index in 0..<length { output[index] = Int16(truncatingIfNeeded: Int32(samples[index] * factor)) }
        return true
    }

    private static func taper(_ scaled: [Int16], into tapered: inout [Int16]) {
        let hann = hann
        let table = hann.span
        let scaled = scaled.span
        var tapered = tapered.mutableSpan
        guard table.count == length, scaled.count == length, tapered.count == length else { return }
        for index in 0..<length { tapered[index] = Int16(truncatingIfNeeded: Int32(table[index] * Float(scaled[index]))) }
    }

    private static func product(_ a: Span<Int16>, _ b: Span<Int16>) -> Int32 {
        guard a.count == b.count else { return 0 }
        var sum: Int32 = 0
        for index in 0..<a.count { sum &+= Int32(a[index]) &* Int32(b[index]) }
        return sum
    }

    /// Levinson and Durbin's recursion. The four first coefficients are kept: more would take the pitch out too.
    private static func predict(_ samples: Span<Int16>, _ finding: inout Finding, _ coefficients: inout SIMD8<Float>) {
        var correlation = SIMD8<Float>(repeating: 0)
        for lag in 0...order {
            correlation[lag] = Float(
                product(samples.extracting(lag..<length), samples.extracting(0..<length - lag)))
        }
        var error = correlation[0] * 1.00001 + 1
        let whole = error
        var a = SIMD8<Float>(repeating: 0)
        for step in 1...order {
            var sum = correlation[step]
            for index in 1..<step { sum += a[index] * correlation[step - index] }
            let reflection = -sum / error
            var next = a
            for index in 1..<step { next[index] = a[index] + reflection * a[step - index] }
            next[step] = reflection
            a = next
            error = max(error * (1 - reflection * reflection), 1e-6 * whole)
            if step == 4 {
                coefficients = a
                finding.gain4 = (whole / error).decibels
            }
        }
        finding.gain6 = (whole / error).decibels
    }

    private static func whiten(_ low: [Float], _ a: SIMD8<Float>, into residual: inout [Float]) {
        let low = low.span
        var residual = residual.mutableSpan
        guard low.count == length, residual.count == length else { return }
        let (a1, a2, a3, a4) = (a[1], a[2], a[3], a[4])
        for index in 0..<4 { residual[index] = 0 }
        for index in 4..<length {
            residual[index] = low[index] + a1 * low[index - 1] + a2 * low[index - 2] + a3 * low[index - 3] + a4 * low[index - 4]
        }
    }

    /// The highest normalised cross-correlation of the last 25 ms with what lies a pitch period before.
    private static func repetition(_ samples: Span<Int16>) -> (periodicity: Float, period: Int) {
        let start = length - window
        let recent = samples.extracting(start..<length)
        let power = Float(product(recent, recent))
        guard power > 0 else { return (0, 0) }
        var best: Float = 0
        var period = 0
        let first = samples.extracting(start - shortest..<length - shortest)
        var lagged = product(first, first)
        for lag in shortest...longest {
            let past = samples.extracting(start - lag..<length - lag)
            if lag > shortest {
                let (gone, come) = (Int32(samples[length - lag]), Int32(samples[start - lag]))
                lagged &+= come &* come &- gone &* gone
            }
            let value = product(recent, past)
            guard value > 0, lagged > 0 else { continue }
            // What lies before the beginning of a sound is near nothing: a tenth of the power at least keeps noise there small.
            let alike = Float(value) * Float(value) / max(Float(lagged), 0.1 * power)
            if alike > best { (best, period) = (alike, lag) }
        }
        return ((best / power).squareRoot(), period)
    }
}
