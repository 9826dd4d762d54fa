import Audio
import Call
import Testing
import Wire

@testable import Capture

@Suite struct CapturedAudioTests {
    static let encodings: [MediaEncoding] = [.muLaw, .aLaw, .linear16, .linear16BigEndian]

    private static func samples(_ bytes: [UInt8], _ encoding: MediaEncoding) -> [Int16] {
        var samples: [Int16] = []
        switch encoding {
        case .muLaw: MuLaw.decode(bytes.span, into: &samples)
        case .aLaw: ALaw.decode(bytes.span, into: &samples)
        case .linear16: _ = LinearPCM.decode(bytes.span, .littleEndian, into: &samples)
        case .linear16BigEndian: _ = LinearPCM.decode(bytes.span, .bigEndian, into: &samples)
        }
        return samples
    }

    private static func bytes(_ samples: [Int16], _ encoding: MediaEncoding) -> [UInt8] {
        var bytes: [UInt8] = []
        switch encoding {
        case .muLaw: MuLaw.encode(samples.span, into: &bytes)
        case .aLaw: ALaw.encode(samples.span, into: &bytes)
        case .linear16: LinearPCM.encode(samples.span, .littleEndian, into: &bytes)
        case .linear16BigEndian: LinearPCM.encode(samples.span, .bigEndian, into: &bytes)
        }
        return bytes
    }

    @Test(arguments: encodings)
    func `noise is as loud as the sound, within 1 dB, and is not the sound`(encoding: MediaEncoding) {
        for amplitude in [12, 30, 100, 500, 3_000, 12_000, 25_000, 32_767] {
            for seed in 1...20 {
                let tone = (0..<160).map { Int16(clamping: $0 / 4 % 2 == 0 ? amplitude : -amplitude) }
                let sound = Self.bytes(tone, encoding)
                let noise = CapturedAudio(.noise).masked(sound, encoding, seed: UInt64(seed))
                #expect(noise.count == sound.count)
                let before = Loudness(Self.samples(sound, encoding).span).rms
                let after = Loudness(Self.samples(noise, encoding).span).rms
                #expect(abs(before - after) < 1, "\(encoding) at \(amplitude), seed \(seed): \(before) and \(after)")
                let pairs = zip(Self.samples(sound, encoding), Self.samples(noise, encoding))
                let common = pairs.reduce(0) { $0 + Double($1.0) * Double($1.1) }
                #expect(abs(common) < 0.5 * Double(160 * amplitude * amplitude))
            }
        }
    }

    @Test(arguments: encodings)
    func `silence stays silent`(encoding: MediaEncoding) {
        for level in [Int16(0), 4, -7] {
            let sound = Self.bytes([Int16](repeating: level, count: 160), encoding)
            let kept = CapturedAudio(.noise).masked(sound, encoding, seed: 1)
            #expect(kept == [UInt8](repeating: encoding.silence, count: sound.count))
        }
        #expect(CapturedAudio(.noise).masked([], encoding, seed: 1) == [])
    }

    @Test func `half a sample stays half a sample`() {
        #expect(CapturedAudio(.noise).masked([1, 2, 3], .linear16, seed: 1) == [0, 0, 0])
    }

    @Test func `the same seed is the same noise, and noise knows nothing of the sound but its level`() {
        let sound = Self.bytes((0..<160).map { Int16($0 * 50) }, .linear16)
        let turned = Self.bytes((0..<160).reversed().map { Int16($0 * 50) }, .linear16)
        let noise = CapturedAudio(.noise).masked(sound, .linear16, seed: 7)
        #expect(CapturedAudio(.noise).masked(turned, .linear16, seed: 7) == noise)
        #expect(CapturedAudio(.noise).masked(sound, .linear16, seed: 8) != noise)
    }

    @Test func `noise of a message is spelt in the message's own encoding, another in each message`() throws {
        var masking = MaskingTests.masking("twilio", audio: .noise)
        let payload = [UInt8](repeating: 0x20, count: 160)
        let message = Array(#"{"event":"media","streamSid":"MZ1","media":{"payload":"\#(Base64.text(payload))"}}"#.utf8)
        var seen: Set<[UInt8]> = []
        for _ in 0..<3 {
            guard case .json(let bytes) = masking.content(of: message, .text, .inward).content else { continue }
            let text = try #require(try JSONValue(parsing: bytes)["media"]?["payload"]?.string)
            let noise = try #require(Base64.bytes(text))
            #expect(noise.count == 160 && noise != payload)
            seen.insert(noise)
        }
        #expect(seen.count == 3)
    }

    @Test func `a marker that stands for more than a message is no marker`() {
        #expect(LeftOutAudio.bytes(Array("#160".utf8).span) == 160)
        for text in ["#", "160", "#16x", "#65537", "#9999999999", "#-1"] {
            #expect(LeftOutAudio.bytes(Array(text.utf8).span) == nil)
        }
    }
}
