import Audio
import Call
import Testing

@testable import Simulation

/// What is found in a run of numbered tones.
@Suite struct ToneReaderTests {
    /// Segments of the drill bot's kind, made here. Units: numbers and milliseconds.
    private func tones(_ pieces: [(number: Int, milliseconds: Int)], voice: Int = 0, rate: SampleRate = .hz8000) -> [Int16] {
        var samples: [Int16] = []
        for piece in pieces {
            var tone = Tone(hertz: Double(300 + 25 * (4 * (piece.number % 24) + voice)), level: -10, rate: rate)
            tone.append(samples: rate.samples(inMilliseconds: piece.milliseconds), to: &samples)
        }
        return samples
    }

    private func read(_ samples: [Int16], _ rate: SampleRate = .hz8000) -> [HeardPiece] {
        var ear = Ear(rate)
        ear.finish(with: samples)
        return Hearing(PCM16(samples: samples, rate: rate), ear).pieces
    }

    @Test(arguments: [SampleRate.hz8000, .hz16000, .hz22050, .hz24000])
    func `all numbers and voices are told apart, each with its length`(
        rate: SampleRate
    ) {
        for voice in 0..<4 {
            let pieces = read(tones((0..<30).map { ($0, 250) }, voice: voice, rate: rate), rate)
            #expect(pieces.map { $0.tone?.number } == (0..<30).map { $0 % 24 })
            #expect(pieces.allSatisfy { $0.tone?.voice == voice })
            for (index, piece) in pieces.enumerated() {
                #expect(abs(piece.length - 250) < 5)
                #expect(abs(piece.start - Double(index * 250)) < 5)
            }
        }
    }

    @Test func `lengths are right within the shortest packet, for short pieces too`() {
        let pieces = read(tones([(0, 270), (1, 230), (2, 100), (3, 60), (4, 250)]))
        #expect(pieces.map { $0.tone?.number } == [0, 1, 2, 3, 4])
        for (piece, length) in zip(pieces, [270.0, 230, 100, 60, 250]) { #expect(abs(piece.length - length) < 8) }
    }

    @Test func `a gap does not part a tone, a pause does`() {
        let silence = { (milliseconds: Int) in [Int16](repeating: 0, count: milliseconds * 8) }
        let gap = read(tones([(5, 100)]) + silence(100) + tones([(5, 150)]))
        #expect(gap.map { $0.tone?.number } == [5])
        #expect(abs((gap.first?.length ?? 0) - 250) < 5)
        let pause = read(tones([(5, 100)]) + silence(500) + tones([(5, 250)]))
        #expect(pause.map { $0.tone?.number } == [5, 5])
    }

    @Test func `what is no numbered tone has no number`() {
        var chance = SplitMix64(state: 3)
        let noise = (0..<2_400).map { _ in Int16((chance.nextFraction() - 0.5) * 20_000) }
        let pieces = read(tones([(0, 250)]) + noise + tones([(1, 250)]))
        #expect(pieces.map { $0.tone?.number } == [0, nil, 1])
        #expect(abs((pieces.dropFirst().first?.length ?? 0) - 300) < 40)
    }

    @Test(
        arguments: [
            ("0-3", [(0, 250), (1, 250), (2, 250), (3, 250)], nil), ("0-3", [(0, 250), (1, 250), (2, 250)], 3),
            ("0-3", [(0, 250), (1, 230), (2, 250), (3, 250)], 1), ("0-3", [(0, 250), (2, 250), (3, 250)], 1),
            ("0-* 12", [(0, 250), (1, 90), (12, 250)], nil), ("0-* 2", [(0, 250), (1, 250), (2, 250)], nil),
            ("0-* 12", [(0, 250), (1, 90), (1, 250), (12, 250)], 2), ("0-* 12", [(0, 250), (1, 90), (12, 100)], 2),
            ("0-*", [(1, 250)], 0), ("", [], nil), ("", [(0, 250)], 0), ("23-24", [(23, 250), (0, 250)], nil),
            ("0-*", [(0, 270)], 0),
        ] as [(String, [(Int, Int)], Int?)])
    func `a pattern fits what it says, and the first piece that does not fit is told`(
        pattern: String, pieces: [(Int, Int)], wrong: Int?
    ) throws {
        let heard = pieces.map { piece in
            HeardPiece(tone: NumberedTone(number: piece.0, voice: 0), start: 0, length: Double(piece.1))
        }
        #expect(try #require(SegmentPattern(pattern)).mismatch(heard, length: 250) == wrong)
    }
}
