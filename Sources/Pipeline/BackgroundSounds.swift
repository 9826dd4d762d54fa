import Audio

/// The background sounds of a server, at every rate at which it sends: converted once, at its start, and shared by all calls.
public struct BackgroundSounds: Sendable {
    /// What the five providers stream.
    public static let usualRates: [SampleRate] = [.hz8000, .hz16000, .hz24000]
    /// As Pipecat has it.
    public static let usualVolume: Float = 0.4
    /// Most playing time of all sounds together. Ten minutes at three rates are 58 MB, which is kept while the server runs.
    public static let longest = Duration.seconds(600)
    /// Most sounds. A bot that switches between more is no background.
    public static let mostSounds = 32
    /// What of a sound's end is fed before its start, and of its start behind its end, when it is converted: longer than any filter
    /// remembers, and a whole number of samples at each rate of telephony and of files.
    private static let lead = 20

    /// Why the sounds cannot be had. The sentence says which and the mend.
    public struct Problem: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// In the order in which they were given.
    public let names: [String]
    /// The sound that a call begins with; it is silent unless ``isOn``.
    public private(set) var sound: String
    /// Whether calls begin with the sound; else it is there once a bot enables it.
    public private(set) var isOn = false
    /// Factor, 0 to 1.
    public var volume = usualVolume
    /// Whether a sound that is over begins again.
    public var loops = true
    private let audio: [SampleRate: [String: PCM16]]

    /// - Parameters:
    ///   - sounds: of any rates that `resamplers` take. The first is the one that is heard when a bot names none.
    ///   - rates: those at which calls send. A call at another has no background.
    public init(
        _ sounds: [(name: String, audio: PCM16)], rates: [SampleRate] = usualRates, resamplers: any ResamplerFactory
    ) throws(Problem) {
        guard let first = sounds.first else { throw Problem(description: "no sound is named") }
        guard sounds.count <= Self.mostSounds else {
            throw Problem(description: "\(sounds.count) sounds are more than \(Self.mostSounds)")
        }
        names = sounds.map(\.name)
        sound = first.name
        let length = sounds.reduce(Int64(0)) { $0 + $1.audio.nanoseconds }
        guard length <= Self.longest.nanoseconds else {
            let most = Self.longest.milliseconds / 1_000
            throw Problem(description: "all sounds together play for \(length / 1_000_000_000) s, more than \(most) s")
        }
        var known: Set<String> = []
        var audio: [SampleRate: [String: PCM16]] = [:]
        for (name, original) in sounds {
            guard known.insert(name).inserted else { throw Problem(description: "\(name) is named twice") }
            guard !original.samples.isEmpty else { throw Problem(description: "\(name) has no sound") }
            for rate in rates {
                guard let converted = Self.converted(original, to: rate, resamplers) else {
                    throw Problem(description: "\(name) cannot be converted from \(original.rate) to \(rate); make it 48000 Hz")
                }
                audio[rate, default: [:]][name] = converted
            }
        }
        self.audio = audio
    }

    /// Calls begin with this sound.
    ///
    /// - Throws: ``Problem`` when no sound has this name.
    public mutating func begin(with name: String) throws(Problem) {
        guard names.contains(name) else {
            throw Problem(description: "no sound is named \(name); there are \(names.joined(separator: ", "))")
        }
        sound = name
        isOn = true
    }

    /// The mixer of one call.
    ///
    /// - Parameter rate: at which the call sends.
    /// - Returns: `nil` when the sounds are not there at that rate.
    public func mixer(at rate: SampleRate) -> BackgroundMixer? {
        audio[rate].flatMap { BackgroundMixer($0, sound: sound, isEnabled: isOn, volume: volume, loops: loops) }
    }

    /// Converts a sound as if it had always played in a loop: the last sample is followed by the first without a step.
    private static func converted(_ sound: PCM16, to rate: SampleRate, _ resamplers: any ResamplerFactory) -> PCM16? {
        if sound.rate == rate { return sound }
        guard var resampler = resamplers.makeResampler(from: sound.rate, to: rate) else { return nil }
        let lead = sound.rate.samples(inMilliseconds: Self.lead)
        let before = (0..<lead).map { sound.samples[sound.samples.count - 1 - (lead - 1 - $0) % sound.samples.count] }
        let behind = (0..<lead).map { sound.samples[$0 % sound.samples.count] }
        var samples: [Int16] = []
        resampler.process(before.span, into: &samples)
        resampler.process(sound.samples.span, into: &samples)
        resampler.process(behind.span, into: &samples)
        resampler.finish(into: &samples)
        let count = max(1, (sound.samples.count * rate.hertz + sound.rate.hertz / 2) / sound.rate.hertz)
        return PCM16(samples: Array(samples.dropFirst(rate.samples(inMilliseconds: Self.lead)).prefix(count)), rate: rate)
    }
}
