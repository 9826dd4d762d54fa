import Audio
import Testing

struct VoiceActivityTests {
    /// A reading for each 20 ms.
    private func readings(
        _ samples: [Int16], packets: Int = 160, rate: SampleRate = .hz8000, by detector: inout BandEnergyDetector
    ) -> [VoiceReading] {
        var found: [VoiceReading] = []
        for start in stride(from: 0, to: samples.count, by: packets) {
            let packet = samples[start..<min(start + packets, samples.count)]
            detector.process(PCM16(samples: Array(packet), rate: rate)) { found.append($0) }
        }
        return found
    }

    private func readings(_ samples: [Int16], packets: Int = 160, rate: SampleRate = .hz8000) -> [VoiceReading] {
        var detector = BandEnergyDetector()
        return readings(samples, packets: packets, rate: rate, by: &detector)
    }

    private func phrase(_ name: String) throws -> [Int16] { try WAV(decoding: Fixture.bytes(name)).mono.samples }

    @Test(arguments: ["speech-man.wav", "speech-woman.wav", "speech-short.wav"], [-70.0, -50, -42])
    func `a phrase is found within 120 ms of its first sound, 40 dB below its peak, and is over 200 ms after its last`(
        name: String, noise: Double
    ) throws {
        var bed = Noise()
        let spoken = try phrase(name)
        let sound =
            bed.white(milliseconds: 3_000, level: noise)
            + Noise.mix(spoken, bed.white(milliseconds: spoken.count / 8, level: noise))
            + bed.white(milliseconds: 1_000, level: noise)
        let found = readings(sound)
        let first = try #require(found.firstIndex { $0.isSpeech })
        let last = try #require(found.lastIndex { $0.isSpeech })
        #expect(first >= 150)
        #expect((first + 1) * 20 - 3_000 <= 120)
        #expect((last + 1) * 20 <= 3_000 + spoken.count / 8 + 200)
        #expect(found.filter(\.isSpeech).count * 20 > spoken.count / 8 / 2)
    }

    @Test(arguments: [MuLaw.self, nil] as [MuLaw.Type?])
    func `the telephone's codes change nothing`(code: MuLaw.Type?) throws {
        let sound = PCM16.silence(milliseconds: 1_000, rate: .hz8000).samples + (try phrase("speech-woman.wav"))
        let coded = sound.map { code == nil ? ALaw.decode(ALaw.encode($0)) : MuLaw.decode(MuLaw.encode($0)) }
        #expect(readings(coded).contains { $0.isSpeech })
    }

    @Test func `noise that steps from -60 to -30 dBFS and back is no speech`() {
        var noise = Noise(seed: 2)
        var sound: [Int16] = []
        for level in [-60.0, -30, -50, -35, -60, -40, -30] {
            sound += noise.white(milliseconds: 1_500, level: level)
            sound += noise.rumble(milliseconds: 1_500, level: level)
        }
        #expect(!readings(sound).contains { $0.isSpeech })
    }

    @Test func `a hum that comes and goes is no speech`() {
        var sound: [Int16] = []
        for hertz in [50.0, 60, 100] {
            sound += Noise.tones((1...8).map { hertz * Double($0) }, milliseconds: 1_500, level: -40)
            sound += PCM16.silence(milliseconds: 500, rate: .hz8000).samples
        }
        #expect(!readings(sound).contains { $0.isSpeech })
    }

    @Test(
        arguments: [
            ([440, 480], 2_000, 1_000), ([400, 450], 400, 200), ([425], 1_000, 1_000), ([384, 400, 416], 1_000, 1_000),
            ([480, 620], 500, 500), ([697, 1_209], 100, 100), ([950], 330, 300),
        ] as [([Double], Int, Int)])
    func `a call progress tone is no speech`(hertz: [Double], on: Int, off: Int) {
        var noise = Noise()
        var sound: [Int16] = []
        for _ in 0..<3 {
            sound += Noise.mix(Noise.tones(hertz, milliseconds: on, level: -20), noise.white(milliseconds: on, level: -60))
            sound += noise.white(milliseconds: off, level: -60)
        }
        #expect(!readings(sound).contains { $0.isSpeech })
    }

    @Test func `clicks and silence are no speech`() {
        var sound = PCM16.silence(milliseconds: 3_000, rate: .hz8000).samples
        for at in stride(from: 4_000, to: 20_000, by: 4_000) { for index in at..<at + 6 { sound[index] = 20_000 } }
        #expect(!readings(sound).contains { $0.isSpeech })
        #expect(readings([Int16](repeating: 0, count: 160)).first?.level == -87.3)
    }

    @Test(arguments: [1, 7, 80, 160, 321, 4_000])
    func `packets of any length give the same readings`(packets: Int) throws {
        let sound = PCM16.silence(milliseconds: 300, rate: .hz8000).samples + (try phrase("speech-short.wav"))
        #expect(readings(sound, packets: packets) == readings(sound))
    }

    @Test(arguments: [16_000, 24_000, 48_000, 22_050])
    func `speech at another rate is found too, one reading for each 20 ms`(hertz: Int) throws {
        let rate = try #require(SampleRate(hertz: hertz))
        let spoken = PCM16.silence(milliseconds: 500, rate: .hz8000).samples + (try phrase("speech-man.wav"))
        let count = spoken.count * hertz / 8_000
        let sound = (0..<count).map { index in
            let position = Double(index) * 8_000 / Double(hertz)
            let (at, part) = (Int(position), position - position.rounded(.down))
            return Int16(Double(spoken[at]) * (1 - part) + Double(spoken[min(at + 1, spoken.count - 1)]) * part)
        }
        let found = readings(sound, packets: hertz / 50, rate: rate)
        #expect(abs(found.count - spoken.count / 160) <= 1)
        let (first, reference) = (try #require(found.firstIndex { $0.isSpeech }), readings(spoken).firstIndex { $0.isSpeech })
        #expect(abs(first - (try #require(reference))) <= 2)
    }

    @Test func `after a reset nobody speaks and the noise is still known`() throws {
        var noise = Noise()
        var detector = BandEnergyDetector()
        _ = readings(noise.white(milliseconds: 3_000, level: -40), by: &detector)
        #expect(readings(try phrase("speech-woman.wav"), by: &detector).contains { $0.isSpeech })
        detector.resetSpeech()
        #expect(!readings(noise.white(milliseconds: 1_000, level: -40), by: &detector).contains { $0.isSpeech })
    }

    @Test func `the loudest and the most broken sound is taken`() {
        var square: [Int16] = []
        for index in 0..<8_000 { square.append(index / 37 % 2 == 0 ? .min : .max) }
        #expect(readings(square).count == 50)
        #expect(readings([]).isEmpty)
    }
}
