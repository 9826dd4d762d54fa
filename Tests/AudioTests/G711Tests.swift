import Audio
import Testing

/// The golden tables are made by `Tests/Fixtures/audio/make-g711` with `audioop` of CPython 3.11.7, what Pipecat uses, and
/// with SoX 14.4.2. They decode alike. They encode differently next to an interval's edge: a sample has more bits than the
/// code tells apart, and `audioop` drops them (towards −∞) where sox rounds.
struct G711Tests {
    struct Law: Sendable, CustomTestStringConvertible {
        let name: String
        let silence: UInt8
        /// Samples that sox gives the neighbouring code.
        let soxDiffers: Int
        let decodeOne: @Sendable (UInt8) -> Int16
        let encodeOne: @Sendable (Int16) -> UInt8
        let decode: @Sendable (Span<UInt8>, inout [Int16]) -> Void
        let encode: @Sendable (Span<Int16>, inout [UInt8]) -> Void
        var testDescription: String { name }
    }

    static let laws = [
        Law(
            name: "mu-law", silence: MuLaw.silence, soxDiffers: 508, decodeOne: { MuLaw.decode($0) },
            encodeOne: { MuLaw.encode($0) }, decode: { MuLaw.decode($0, into: &$1) }, encode: { MuLaw.encode($0, into: &$1) }),
        Law(
            name: "a-law", silence: ALaw.silence, soxDiffers: 1_020, decodeOne: { ALaw.decode($0) },
            encodeOne: { ALaw.encode($0) }, decode: { ALaw.decode($0, into: &$1) }, encode: { ALaw.encode($0, into: &$1) }),
    ]

    static let codes = Array(0...UInt8.max)
    /// In the order of the golden tables: 0...32767, −32768...−1.
    static let samples = (0...UInt16.max).map { Int16(bitPattern: $0) }

    @Test(arguments: laws)
    func `every one of the 256 codes decodes as the golden table says`(law: Law) throws {
        let golden = try Fixture.samples("\(law.name).decoded")
        var decoded: [Int16] = []
        law.decode(Self.codes.span, &decoded)
        #expect(decoded == golden)
        #expect(Self.codes.map(law.decodeOne) == golden)
    }

    @Test(arguments: laws)
    func `every one of the 65,536 samples encodes as the golden table says`(law: Law) throws {
        let golden = try Fixture.bytes("\(law.name).encoded")
        #expect(golden.count == 65_536)
        var encoded: [UInt8] = []
        law.encode(Self.samples.span, &encoded)
        #expect(encoded == golden)
        #expect(Self.samples.map(law.encodeOne) == golden)
    }

    @Test(arguments: laws)
    func `sox differs at interval edges only, and by one code`(law: Law) throws {
        let sox = try Fixture.bytes("\(law.name).encoded-sox")
        let steps = Set(Self.codes.map(law.decodeOne)).sorted()
        let rank = Dictionary(uniqueKeysWithValues: zip(steps, steps.indices))
        var differences = 0
        for (sample, other) in zip(Self.samples, sox) where law.encodeOne(sample) != other {
            differences += 1
            let ours = try #require(rank[law.decodeOne(law.encodeOne(sample))])
            let theirs = try #require(rank[law.decodeOne(other)])
            #expect(abs(ours - theirs) <= 1, "sample \(sample)")
        }
        #expect(differences == law.soxDiffers)
    }

    @Test(arguments: laws)
    func `a code survives decoding and encoding, the negative zero of mu-law excepted`(law: Law) {
        let changed = Self.codes.filter { law.encodeOne(law.decodeOne($0)) != $0 }
        #expect(changed == (law.name == "mu-law" ? [0x7F] : []))
        #expect(law.encodeOne(0) == law.silence)
    }

    @Test(arguments: laws)
    func `runs are appended to what is there`(law: Law) {
        var samples: [Int16] = [7]
        law.decode([law.silence, law.silence].span, &samples)
        #expect(samples == [7, law.decodeOne(law.silence), law.decodeOne(law.silence)])
        law.decode([UInt8]().span, &samples)
        #expect(samples.count == 3)
        var bytes: [UInt8] = [7]
        law.encode([Int16(0), 0].span, &bytes)
        #expect(bytes == [7, law.silence, law.silence])
        law.encode([Int16]().span, &bytes)
        #expect(bytes.count == 3)
    }
}
