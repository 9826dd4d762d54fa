import Audio
import Call

/// Mixes one of several sounds into what a call sends, as Pipecat's `SoundfileMixer` does: each sample is speech + sound × volume, held
/// inside 16 bits.
///
/// A value of one call. The sounds are shared by all calls: a copy costs no samples. While ``isPlaying``, playout sends packets without a
/// pause: what ``fill(_:speech:into:)`` makes of an empty span is the sound alone.
public struct BackgroundMixer: Sendable {
    /// 1.0 in fixed point: 15 fractional bits, so that a product of two 16-bit numbers stays inside 32.
    private static let unity: Int32 = 1 << 15

    private let sounds: [String: PCM16]
    public private(set) var isEnabled: Bool
    /// Name of the sound.
    public private(set) var sound: String
    /// Factor, 0 to 1.
    public private(set) var volume: Float
    public private(set) var loops: Bool

    private var samples: [Int16]
    /// The sample that comes next; `samples.count`: the sound is over.
    private var position = 0
    private var gain: Int32

    /// - Parameters:
    ///   - sounds: by name, all at the rate of what they are mixed into.
    ///   - volume: 0 to 1; anything else counts as the nearest of the two, and what is no number as 0.
    /// - Returns: `nil` when no sound has this name.
    public init?(_ sounds: [String: PCM16], sound: String, isEnabled: Bool, volume: Float, loops: Bool) {
        guard let audio = sounds[sound] else { return nil }
        self.sounds = sounds
        self.sound = sound
        self.isEnabled = isEnabled
        self.volume = volume
        self.loops = loops
        samples = audio.samples
        gain = Self.gain(volume)
    }

    /// Whether the next samples have the sound in them: it is enabled, and has not come to an end without ``loops``.
    public var isPlaying: Bool { isEnabled && !samples.isEmpty && (loops || position < samples.count) }

    /// Changes what is not `nil`. A sound that is named begins at its start, also the one that plays.
    ///
    /// - Returns: why nothing was changed, or `nil`.
    public mutating func apply(_ setting: BackgroundSetting) -> String? {
        if let volume = setting.volume, !(0...1).contains(volume) {
            return "background: volume \(volume) is not from 0 to 1; nothing is changed"
        }
        if let name = setting.sound {
            guard let audio = sounds[name] else {
                return "background: no sound is named \(name); there are \(sounds.keys.sorted().joined(separator: ", "))"
            }
            sound = name
            samples = audio.samples
            position = 0
        }
        if let volume = setting.volume {
            self.volume = volume
            gain = Self.gain(volume)
        }
        loops = setting.loops ?? loops
        isEnabled = setting.isEnabled ?? isEnabled
        return nil
    }

    /// Makes a packet of speech, silence behind it, and the sound under both.
    ///
    /// - Parameters:
    ///   - count: samples of the packet. Of longer speech the rest is left out.
    ///   - output: replaced; its memory is used again.
    public mutating func fill(_ count: Int, speech: Span<Int16>, into output: inout [Int16]) {
        output.removeAll(keepingCapacity: true)
        output.reserveCapacity(count)
        let spoken = min(speech.count, count)
        for index in 0..<spoken { output.append(speech[index]) }
        for _ in spoken..<max(count, spoken) { output.append(0) }
        mix(into: &output)
    }

    /// Adds the sound, and moves on in it by as many samples. Does nothing while nothing plays.
    public mutating func mix(into output: inout [Int16]) {
        guard isPlaying else { return }
        var target = output.mutableSpan
        var done = 0
        while done < target.count {
            if position >= samples.count {
                guard loops else { return }
                position = 0
            }
            let run = min(target.count - done, samples.count - position)
            for index in 0..<run {
                let product = Int32(samples[position + index]) &* gain &+ Self.unity / 2
                target[done + index] = Int16(clamping: Int32(target[done + index]) &+ (product >> 15))
            }
            done += run
            position += run
        }
    }

    private static func gain(_ volume: Float) -> Int32 {
        Int32((min(max(0, volume.isNaN ? 0 : volume), 1) * Float(unity)).rounded())
    }
}
