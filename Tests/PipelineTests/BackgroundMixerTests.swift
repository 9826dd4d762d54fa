import Audio
import Call
import Pipeline
import Testing

@Suite struct BackgroundMixerTests {
    private static let ramp = PCM16(samples: (0..<100).map { Int16($0 * 10) }, rate: .hz8000)
    private static let loud = PCM16(samples: [32_767, -32_768, 32_767, -32_768], rate: .hz8000)

    private func mixer(
        _ sound: String = "ramp", isEnabled: Bool = true, volume: Float = 1, loops: Bool = true
    ) throws -> BackgroundMixer {
        try #require(
            BackgroundMixer(
                ["ramp": Self.ramp, "loud": Self.loud], sound: sound, isEnabled: isEnabled, volume: volume, loops: loops))
    }

    /// Packets of nothing but the sound.
    private func heard(_ mixer: inout BackgroundMixer, packets: Int, of count: Int) -> [Int16] {
        var packet: [Int16] = []
        return (0..<packets).flatMap { _ -> [Int16] in
            mixer.fill(count, speech: [Int16]().span, into: &packet)
            return packet
        }
    }

    @Test func `a loop goes on with its first sample behind its last, wherever packets end`() throws {
        var mixer = try mixer()
        let heard = heard(&mixer, packets: 100, of: 37)
        #expect(heard == (0..<3_700).map { Self.ramp.samples[$0 % 100] })
    }

    @Test func `each sample is speech and sound times volume, held inside 16 bits`() throws {
        var mixer = try mixer("loud", volume: 0.5)
        var packet: [Int16] = []
        mixer.fill(6, speech: [30_000, -30_000, 0, 0, -16_384].span, into: &packet)
        #expect(packet == [32_767, -32_768, 16_384, -16_384, 0, -16_384])
        var quiet = try self.mixer(volume: 0.4)
        var samples = [Int16](repeating: 5, count: 100)
        quiet.mix(into: &samples)
        #expect(samples == Self.ramp.samples.map { Int16((Double($0) * 0.4).rounded()) + 5 })
        var silent = try self.mixer("loud", volume: 0)
        #expect(heard(&silent, packets: 1, of: 8) == Array(repeating: 0, count: 8))
    }

    @Test func `speech without the sound stays as it was, and a short one is followed by silence`() throws {
        var mixer = try mixer(isEnabled: false)
        var packet: [Int16] = [9, 9, 9, 9, 9, 9, 9]
        mixer.fill(4, speech: [1, 2, 3].span, into: &packet)
        #expect(packet == [1, 2, 3, 0] && !mixer.isPlaying)
        mixer.fill(2, speech: [1, 2, 3].span, into: &packet)
        #expect(packet == [1, 2])
        #expect(mixer.apply(BackgroundSetting(isEnabled: true)) == nil)
        // It was not moved on while it was off.
        #expect(heard(&mixer, packets: 1, of: 3) == [0, 10, 20])
    }

    @Test func `a sound that does not loop is followed by silence, and plays again when it is named again`() throws {
        var mixer = try mixer(loops: false)
        #expect(mixer.isPlaying)
        #expect(heard(&mixer, packets: 3, of: 40) == Self.ramp.samples + Array(repeating: 0, count: 20))
        #expect(!mixer.isPlaying)
        #expect(mixer.apply(BackgroundSetting(volume: 0.5)) == nil && !mixer.isPlaying)
        #expect(mixer.apply(BackgroundSetting(sound: "ramp")) == nil && mixer.isPlaying)
        #expect(heard(&mixer, packets: 1, of: 4) == [0, 5, 10, 15])
        _ = heard(&mixer, packets: 3, of: 40)
        #expect(mixer.apply(BackgroundSetting(loops: true)) == nil && mixer.isPlaying)
        #expect(heard(&mixer, packets: 1, of: 4) == [0, 5, 10, 15])
    }

    @Test func `at run time the sound is switched from its start, and what is not named stays`() throws {
        var mixer = try mixer(volume: 0.5)
        _ = heard(&mixer, packets: 1, of: 10)
        #expect(mixer.apply(BackgroundSetting(sound: "loud")) == nil)
        #expect(mixer.sound == "loud" && mixer.volume == 0.5 && mixer.loops && mixer.isEnabled)
        #expect(heard(&mixer, packets: 1, of: 5) == [16_384, -16_384, 16_384, -16_384, 16_384])
        #expect(mixer.apply(BackgroundSetting(isEnabled: false, sound: "ramp", volume: 1)) == nil)
        #expect(heard(&mixer, packets: 1, of: 3) == [0, 0, 0])
        #expect(mixer.apply(BackgroundSetting(isEnabled: true)) == nil)
        #expect(heard(&mixer, packets: 1, of: 3) == [0, 10, 20])
    }

    @Test(arguments: [
        (BackgroundSetting(isEnabled: false, sound: "office"), "no sound is named office; there are loud, ramp"),
        (BackgroundSetting(isEnabled: false, volume: 1.5), "volume 1.5"),
        (BackgroundSetting(sound: "loud", volume: .nan), "volume nan"), (BackgroundSetting(volume: -.infinity), "volume -inf"),
    ])
    func `a setting that cannot be meant changes nothing and says why`(setting: BackgroundSetting, sentence: String) throws {
        var mixer = try mixer()
        _ = heard(&mixer, packets: 1, of: 2)
        #expect(mixer.apply(setting)?.contains(sentence) == true)
        #expect(mixer.isPlaying && mixer.sound == "ramp" && mixer.volume == 1)
        #expect(heard(&mixer, packets: 1, of: 2) == [20, 30])
    }

    @Test func `a volume that is no factor is the nearest one`() throws {
        var (over, none) = (try mixer(volume: .infinity), try mixer(volume: .nan))
        #expect(heard(&over, packets: 1, of: 3) == [0, 10, 20])
        #expect(heard(&none, packets: 1, of: 3) == [0, 0, 0])
        #expect(BackgroundMixer(["ramp": Self.ramp], sound: "loud", isEnabled: true, volume: 1, loops: true) == nil)
    }

    @Test func `a packet is made in the memory of the one before`() throws {
        var mixer = try mixer()
        var packet: [Int16] = []
        mixer.fill(160, speech: [1].span, into: &packet)
        let capacity = packet.capacity
        for _ in 0..<1_000 { mixer.fill(160, speech: [1].span, into: &packet) }
        #expect(packet.capacity == capacity && packet.count == 160)
    }
}

/// The sounds of a server.
@Suite struct BackgroundSoundsTests {
    private static func tone(_ milliseconds: Int, _ rate: SampleRate = .hz8000) -> PCM16 {
        var tone = Tone(hertz: 400, rate: rate)
        return tone.next(milliseconds: milliseconds)
    }

    @Test func `calls at each rate share the samples of their rate, and each has its own place in them`() throws {
        var sounds = try BackgroundSounds([("office", Self.tone(100, .hz16000))], resamplers: FakeResamplers())
        try sounds.begin(with: "office")
        sounds.volume = 1
        var one = try #require(sounds.mixer(at: .hz8000)), other = try #require(sounds.mixer(at: .hz8000))
        var (first, second): ([Int16], [Int16]) = ([], [])
        one.fill(160, speech: [Int16]().span, into: &first)
        one.fill(160, speech: [Int16]().span, into: &first)
        other.fill(160, speech: [Int16]().span, into: &second)
        other.fill(160, speech: [Int16]().span, into: &second)
        #expect(first == second)
        for rate in BackgroundSounds.usualRates {
            var mixer = try #require(sounds.mixer(at: rate))
            var packet: [Int16] = []
            // The sound is 100 ms at any rate: what comes a round later is the same.
            mixer.fill(rate.samples(inMilliseconds: 250), speech: [Int16]().span, into: &packet)
            let round = rate.samples(inMilliseconds: 100)
            #expect(packet[0..<round] == packet[round..<2 * round] && packet.contains { $0 > 5_000 })
        }
        #expect(sounds.mixer(at: .hz48000) == nil)
    }

    @Test func `a call begins with silence unless the server is told, and with the first sound when the bot names none`() throws {
        var sounds = try BackgroundSounds(
            [("b", Self.tone(40)), ("a", Self.tone(20))], rates: [.hz8000], resamplers: FakeResamplers())
        var mixer = try #require(sounds.mixer(at: .hz8000))
        #expect(!mixer.isPlaying && mixer.sound == "b" && mixer.volume == 0.4 && mixer.loops)
        #expect(mixer.apply(BackgroundSetting(isEnabled: true)) == nil && mixer.isPlaying)
        try sounds.begin(with: "a")
        #expect(try #require(sounds.mixer(at: .hz8000)).isPlaying && sounds.sound == "a")
        let problem = #expect(throws: BackgroundSounds.Problem.self) { try sounds.begin(with: "c") }
        #expect(problem?.description == "no sound is named c; there are b, a")
    }

    @Test func `sounds that cannot be had are refused with the mend`() throws {
        func problem(_ sounds: [(name: String, audio: PCM16)]) -> String? {
            do throws(BackgroundSounds.Problem) {
                _ = try BackgroundSounds(sounds, resamplers: FakeResamplers(refused: .hz44100))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(problem([]) == "no sound is named")
        #expect(problem([("a", PCM16(samples: [], rate: .hz8000))]) == "a has no sound")
        #expect(problem([("a", Self.tone(1)), ("a", Self.tone(1))]) == "a is named twice")
        #expect(problem([("a", Self.tone(1, .hz44100))]) == "a cannot be converted from 44100 Hz to 8000 Hz; make it 48000 Hz")
        let minutes = PCM16(samples: Array(repeating: 1, count: 1_000 * 301), rate: try #require(SampleRate(hertz: 1_000)))
        #expect(problem([("a", minutes), ("b", minutes)]) == "all sounds together play for 602 s, more than 600 s")
        #expect(problem((0..<33).map { ("\($0)", Self.tone(1)) }) == "33 sounds are more than 32")
    }

    @Test func `a sound of one sample is a sound`() throws {
        let one = PCM16(samples: [1_000], rate: .hz16000)
        var sounds = try BackgroundSounds([("a", one)], resamplers: FakeResamplers())
        try sounds.begin(with: "a")
        sounds.volume = 1
        var mixer = try #require(sounds.mixer(at: .hz8000))
        var packet: [Int16] = []
        mixer.fill(5, speech: [Int16]().span, into: &packet)
        #expect(packet == [1_000, 1_000, 1_000, 1_000, 1_000])
    }
}
