import Audio
import Testing

struct DTMFTests {
    private func heard(_ samples: [Int16], rate: SampleRate = .hz8000, packets: Int = 160) -> String {
        var detector = DTMFDetector()
        var keys = ""
        for start in stride(from: 0, to: samples.count, by: packets) {
            let packet = samples[start..<min(start + packets, samples.count)]
            detector.process(PCM16(samples: Array(packet), rate: rate)) { keys.append($0) }
        }
        return keys
    }

    private func pair(_ key: Character, milliseconds: Int, low: Double = -15, high: Double = -15, off: Double = 0) throws -> [Int16]
    {
        let hertz = try #require(DTMF.frequencies(of: key))
        let row = Noise.tones([hertz.row * (1 + off)], milliseconds: milliseconds, level: low)
        return Noise.mix(row, Noise.tones([hertz.column * (1 + off)], milliseconds: milliseconds, level: high))
    }

    private func silence(_ milliseconds: Int) -> [Int16] { PCM16.silence(milliseconds: milliseconds, rate: .hz8000).samples }

    @Test(arguments: [8_000, 16_000, 22_050, 24_000])
    func `all sixteen keys are made and heard`(hertz: Int) throws {
        let rate = try #require(SampleRate(hertz: hertz))
        var tones = DTMFTones("1234567890*#ABCD", rate: rate)
        let audio = tones.next(milliseconds: 10_000)
        #expect(tones.isOver)
        #expect(audio.samples.count == 16 * rate.samples(inMilliseconds: 200))
        #expect(heard(audio.samples, rate: rate, packets: hertz / 50) == "1234567890*#ABCD")
    }

    @Test func `tones taken in pieces equal those taken at once, and characters that are no key are left out`() {
        var whole = DTMFTones("1b x#")
        var parts = whole
        var samples: [Int16] = []
        while !parts.isOver { samples += parts.next(milliseconds: 20).samples }
        #expect(samples == whole.next(milliseconds: 60_000).samples)
        #expect(samples.count == 3 * 1_600)
        #expect(heard(samples) == "1B#")
        #expect(parts.next(milliseconds: 20).samples.isEmpty)
    }

    @Test func `a key has its two levels and soft edges`() {
        var tones = DTMFTones("5", level: -20)
        let samples = tones.next(milliseconds: 200).samples
        let middle = PCM16(samples: Array(samples[80..<720]), rate: .hz8000)
        #expect(abs(ToneMeter(hertz: 770, rate: .hz8000).level(of: middle) + 20) < 0.1)
        #expect(abs(ToneMeter(hertz: 1_336, rate: .hz8000).level(of: middle) + 18) < 0.1)
        #expect(samples[0..<3].allSatisfy { abs($0) < 300 } && samples[797..<800].allSatisfy { abs($0) < 300 })
        #expect(samples[800...].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [0, 1, 3, 5, 8, 10, 13, 17])
    func `a key of 40 ms is heard and one of 22 is not, wherever it begins`(start: Int) throws {
        for key in DTMF.keys {
            #expect(heard(silence(100 + start) + (try pair(key, milliseconds: 40)) + silence(100)) == String(key))
            #expect(heard(silence(100 + start) + (try pair(key, milliseconds: 22)) + silence(100)) == "")
        }
    }

    @Test(arguments: [0, 3, 7, 11, 19])
    func `a pause of 40 ms parts two presses of one key and a drop-out of 10 does not`(start: Int) throws {
        let key = try pair("8", milliseconds: 60)
        #expect(heard(silence(50 + start) + key + silence(40) + key + silence(50)) == "88")
        #expect(heard(silence(50 + start) + key + silence(10) + key + silence(50)) == "8")
    }

    @Test func `tones 1.5 percent off are taken and 3.5 percent off are not`() throws {
        for key in DTMF.keys {
            for off in [-0.015, 0.015] { #expect(heard(silence(50) + (try pair(key, milliseconds: 50, off: off))) == String(key)) }
            for off in [-0.035, 0.035] { #expect(heard(silence(50) + (try pair(key, milliseconds: 200, off: off))) == "") }
        }
    }

    @Test func `a column 7 dB weaker or 3 dB stronger is taken and 10 weaker or 6 stronger is not`() throws {
        for key in DTMF.keys {
            for high in [-27.0, -17] {
                #expect(heard(silence(50) + (try pair(key, milliseconds: 60, low: -20, high: high))) == String(key))
            }
            for high in [-30.0, -14] { #expect(heard(silence(50) + (try pair(key, milliseconds: 60, low: -20, high: high))) == "") }
        }
    }

    @Test func `keys are heard through mu-law and noise 15 dB below, and too quiet ones are not`() throws {
        var tones = DTMFTones("0123456789", on: 60, off: 60)
        var noise = Noise()
        let clean = tones.next(milliseconds: 5_000).samples
        let noisy = Noise.mix(clean, noise.white(milliseconds: clean.count / 8, level: -27))
        #expect(heard(noisy.map { MuLaw.decode(MuLaw.encode($0)) }) == "0123456789")
        #expect(heard(try pair("1", milliseconds: 200, low: -50, high: -50)) == "")
    }

    @Test func `speech, noise and single tones press no key`() throws {
        var noise = Noise()
        #expect(heard(noise.white(milliseconds: 5_000, level: -20)) == "")
        #expect(
            heard(Noise.tones([697], milliseconds: 500, level: -10) + Noise.tones([1_209], milliseconds: 500, level: -10)) == "")
        for name in ["speech-man.wav", "speech-woman.wav", "speech-short.wav"] {
            #expect(heard(try WAV(decoding: Fixture.bytes(name)).mono.samples) == "")
        }
    }
}
