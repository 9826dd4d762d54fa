/// Finds speech by its energy over the line's noise and by what only a voice has: a pitch that moves, or the hiss of an s.
///
/// Energy alone calls a step of noise speech, and a pitch alone a hum or a ringing tone. So a frame is evidence when it is louder than
/// the tracked noise, repeats itself 70 to 400 times a second, is not one to three pure tones and does not stand still. Two or three such
/// frames within a few begin speech; while it lasts, energy is enough, so long as evidence comes again.
///
/// - Units: 20 ms frames at 8 kHz; other packets and rates are regrouped. No allocation after the first frame.
public struct BandEnergyDetector: VoiceActivityDetector {
    /// What each number means stands at ``Thresholds``.
    private typealias Limit = Thresholds

    private var frames = VoiceFrames()
    private var bands = VoiceBands()
    private var pitch = VoicePitch()
    private var floor = NoiseFloor()
    private var before = SIMD8<Float>(repeating: 0)
    private var evidence: Float = 0
    private var isSpeech = false
    /// Frames that energy may still go on without evidence.
    private var trust = 0
    /// Frames that speech may still go on without energy.
    private var hangover = 0

    public init() {}

    public mutating func process(_ samples: Span<Int16>, at rate: SampleRate, each body: (VoiceReading) -> Void) {
        // The frames call back into the rest of this value: they are taken out for as long.
        var frames = frames
        self.frames = VoiceFrames.none
        frames.add(samples, at: rate) { body(read($0)) }
        self.frames = frames
    }

    public mutating func resetSpeech() {
        frames.reset()
        pitch = VoicePitch()
        evidence = 0
        isSpeech = false
        trust = 0
        hangover = 0
    }

    private mutating func read(_ frame: Span<Float>) -> VoiceReading {
        let power = bands.process(frame)
        let levels = power.decibels
        let level = bands.power.decibels - Limit.fullScale
        let over = levels - floor.level
        let loudness = Self.meanOfBestThree(over)
        let movement = Self.movement(from: before, to: levels)
        before = levels
        floor.add(levels)
        pitch.add(bands.cleaned)
        // Of a frame below the thresholds nothing else is asked, which is most of a call's time.
        let isLoud = loudness >= Limit.loudness && level >= Limit.level
        weigh(isLoud ? mark(of: pitch.find(), movement: movement, levels: levels, over: over) : nil)
        let isHeld = isSpeech && hangover < Limit.hangover
        return VoiceReading(isSpeech: isSpeech, confidence: isHeld ? 0 : min(evidence / Limit.evidence, 1), level: max(level, -100))
    }

    /// What a loud frame says of a voice.
    private enum Mark {
        /// One to three pure tones: a signal of the network or a key.
        case tone
        /// It has a pitch and stands still: a hum, a held note, the middle of a long vowel.
        case steady
        /// No pitch: noise, or a consonant.
        case noise
        /// A voice, by so much: 1 is a frame with little doubt.
        case voice(Float)
    }

    private func mark(of finding: VoicePitch.Finding, movement: Float, levels: SIMD8<Float>, over: SIMD8<Float>) -> Mark {
        if finding.gain4 > Limit.tone4 || finding.gain6 > Limit.tone6 { return .tone }
        let high = max(levels[6], levels[7])
        let low = max(max(levels[0], levels[1]), max(levels[2], levels[3]))
        if high - low > Limit.hiss, max(over[6], over[7]) > Limit.hissLoudness { return .voice(0.8) }
        let (white, raw) = (finding.periodicity, finding.rawPeriodicity)
        guard white > Limit.halfVoiced || raw > Limit.halfVoicedRaw else { return .noise }
        guard movement > Limit.movement else { return .steady }
        if raw < Limit.machine, white > Limit.surelyVoiced || raw > Limit.surelyVoicedRaw { return .voice(1.3) }
        return .voice(white > Limit.voiced || raw > Limit.voicedRaw ? 1 : 0.6)
    }

    /// - Parameter mark: `nil` for a frame that is not loud.
    private mutating func weigh(_ mark: Mark?) {
        var isVoice = false
        switch mark {
        case .voice(let weight)?:
            isVoice = true
            evidence = min(evidence * 0.9 + weight, 4)
        case .noise?:
            // A consonant may come before the voice: with it, one frame of a sure voice is enough.
            evidence = evidence < Limit.consonant ? min(evidence + 0.55, Limit.consonant) : max(evidence * 0.6, Limit.consonant)
        case .steady?: evidence *= 0.6
        case .tone?: evidence = 0
        case nil: evidence *= 0.5
        }
        if isSpeech {
            trust = isVoice ? Limit.trust : max(trust - 1, 0)
            hangover = mark != nil && trust > 0 ? Limit.hangover : hangover - 1
            if hangover <= 0 {
                isSpeech = false
                evidence = 0
            }
        } else if evidence >= Limit.evidence {
            isSpeech = true
            trust = Limit.trust
            hangover = Limit.hangover
        }
    }

    /// How much the bands that matter changed since the last frame, on the average. Units: dB.
    private static func movement(from a: SIMD8<Float>, to b: SIMD8<Float>) -> Float {
        let matters = b .> b.max() - 20
        let change = (b - a).replacing(with: 0, where: .!matters)
        let size = pointwiseMax(change, -change)
        let count = SIMD8<Float>(repeating: 0).replacing(with: 1, where: matters).sum()
        return size.sum() / max(count, 1)
    }

    private static func meanOfBestThree(_ values: SIMD8<Float>) -> Float {
        var left = values
        var sum: Float = 0
        for _ in 0..<3 {
            let best = left.max()
            sum += best
            var gone = false
            for index in 0..<8 where !gone && left[index] == best {
                left[index] = -1_000
                gone = true
            }
        }
        return sum / 3
    }
}

/// The numbers of ``BandEnergyDetector``, with what they keep apart. Measured by `Scripts/bench-voices`.
private enum Thresholds {
    /// A full-scale sine's mean square. Units: dB of linear amplitude squared.
    static let fullScale: Float = 87.3
    /// Mean of the three bands that stand highest over the floor. Noise stays under 5. Units: dB.
    static let loudness: Float = 6
    /// Quieter is no caller: the line's own noise, or a voice in the next room. Units: dBFS.
    static let level: Float = -52
    /// A predictor of four takes 20 dB and more off two tones, under 19 off a voice. Units: dB.
    static let tone4: Float = 20.5
    /// The same of six coefficients and three tones.
    static let tone6: Float = 24
    /// A hum moves by less than 0.1 dB a frame, most held notes by less than this, nine frames in ten of a voice by more.
    static let movement: Float = 0.7
    /// White, pink and brown noise stay under 0.43 in 999 frames of 1,000, without the whitening under 0.62 (brown) and 0.46.
    static let surelyVoiced: Float = 0.62
    static let surelyVoicedRaw: Float = 0.86
    /// Nothing alive repeats itself as well as this for 25 ms, or seldom.
    static let machine: Float = 0.993
    static let voiced: Float = 0.52
    static let voicedRaw: Float = 0.78
    static let halfVoiced: Float = 0.44
    static let halfVoicedRaw: Float = 0.66
    /// How much louder the top is than everything below 1.2 kHz, in an s. White noise: 5. Units: dB.
    static let hiss: Float = 12
    static let hissLoudness: Float = 10
    /// Two frames of a sure voice, or three with little doubt between them.
    static let evidence: Float = 2.2
    /// What loud frames without a voice add up to. Less than ``evidence`` by one frame of a sure voice.
    static let consonant: Float = 1.05
    /// 400 ms: the longest that a word goes on without its voice.
    static let trust = 20
    /// 100 ms: the longest that a consonant shuts the mouth.
    static let hangover = 5
}
