import Audio
import Call
import Testing

@testable import Recording

@Suite struct RecorderTests {
    private func talk(_ call: inout RecordedCall, seconds: Int, from start: Int = 0) {
        for packet in start * 50..<(start + seconds) * 50 {
            call.hear(Count.samples(packet * 160..<packet * 160 + 160), at: .milliseconds(Double(packet + 1) * 20))
        }
    }

    private func say(_ call: inout RecordedCall, _ samples: [Int16], at milliseconds: Int) {
        call.recorder.sent(samples.span, position: 0, playsAt: .milliseconds(Double(milliseconds)))
    }

    @Test func `stereo has the caller left and the bot right`() throws {
        var call = try RecordedCall(.stereo)
        say(&call, [7, 8, 9], at: 1_000)
        talk(&call, seconds: 3)
        let file = call.finish(at: .milliseconds(3_000))[0]
        #expect(file.count == 48_000)
        #expect(Array(file[15_998..<16_008]) == [8_999, 0, 9_000, 7, 9_001, 8, 9_002, 9, 9_003, 0])
    }

    @Test func `mixed is the sum, and what is too loud is clipped`() throws {
        var call = try RecordedCall(.mixed)
        say(&call, [-9_000, 32_000, -32_768], at: 1_000)
        talk(&call, seconds: 3)
        let file = call.finish(at: .milliseconds(3_000))[0]
        #expect(Array(file[7_999..<8_004]) == [8_999, 0, 32_767, -23_766, 9_003])
    }

    @Test func `a pause is silence in both voices, and time goes on`() throws {
        var call = try RecordedCall(.separate)
        say(&call, Count.samples(0..<24_000), at: 0)
        talk(&call, seconds: 1)
        call.recorder.pause(at: .milliseconds(1_000))
        talk(&call, seconds: 1, from: 1)
        call.recorder.resume(at: .milliseconds(2_000))
        talk(&call, seconds: 1, from: 2)
        let files = call.finish(at: .milliseconds(3_000))
        let expected = Count.samples(0..<8_000) + Array(repeating: 0, count: 8_000) + Count.samples(16_000..<24_000)
        for file in files { #expect(firstDifference(file, expected) == nil) }
    }

    @Test func `a recording that ends in a pause is as long as the call`() throws {
        var call = try RecordedCall(.caller)
        talk(&call, seconds: 1)
        call.recorder.pause(at: .milliseconds(1_000))
        talk(&call, seconds: 2, from: 1)
        let expected = Count.samples(0..<8_000) + Array(repeating: 0, count: 16_000)
        #expect(firstDifference(call.finish(at: .milliseconds(3_000))[0], expected) == nil)
    }

    @Test(arguments: ["1", "5#", "0", "*9D"], [40, 100])
    func `keys are silenced in both voices, and nothing else is`(keys: String, on: Int) throws {
        var call = try RecordedCall(.separate, masksKeys: true)
        var tones = DTMFTones(keys, on: on, off: 400)
        let length = 160 * ((keys.count * (on + 400) + 19) / 20)
        var speech = Count.samples(0..<32_000).map { $0 / 16 }
        var sound = tones.next(milliseconds: 10_000).samples
        sound += Array(repeating: 0, count: length - sound.count)
        let heard = speech[..<16_000] + sound + speech[16_000...]
        speech = Array(heard)
        var position = 0
        while position + 160 <= speech.count {
            let packet = Array(speech[position..<position + 160])
            call.hear(packet, at: .milliseconds(Double(position + 160) / 8))
            call.recorder.sent(packet.span, position: position, playsAt: .milliseconds(Double(position + 160) / 8))
            position += 160
        }
        let files = call.finish(at: .milliseconds(Double(position) / 8))
        var detector = DTMFDetector()
        for file in files {
            var found = ""
            detector.process(PCM16(samples: file, rate: .hz8000)) { found.append($0) }
            #expect(found.isEmpty)
            let masked = file.suffix(from: 0).indices.filter { file[$0] != 0 }.map { file[$0] }
            #expect(masked.count > 31_000 - 800)
        }
        // From the beginning of the first tone to its end nothing is left of it.
        #expect(files[0][16_000..<16_000 + on * 8].allSatisfy { $0 == 0 })
        #expect(firstDifference(files[0].prefix(15_200), speech.prefix(15_200)) == nil)
    }

    @Test func `a key that the provider reports is silenced where it was`() throws {
        var call = try RecordedCall(.caller, masksKeys: true)
        talk(&call, seconds: 2)
        call.recorder.key(at: .milliseconds(2_000))
        talk(&call, seconds: 2, from: 2)
        let file = call.finish(at: .milliseconds(4_000))[0]
        let silent = file.indices.filter { file[$0] == 0 }
        #expect(silent.first == 14_000 && silent.last == 17_199 && silent.count == 3_200)
    }

    @Test func `unmasked, a key stays`() throws {
        var call = try RecordedCall(.caller)
        talk(&call, seconds: 2)
        call.recorder.key(at: .milliseconds(1_000))
        #expect(firstDifference(call.finish(at: .milliseconds(2_000))[0], Count.samples(0..<16_000)) == nil)
    }

    @Test func `a file that is full takes no more and is whole`() throws {
        var call = try RecordedCall(.stereo, largestFile: 4_000)
        talk(&call, seconds: 5)
        #expect(call.recorder.isFull)
        #expect(call.finish(at: .milliseconds(5_000))[0].count == 2_000)
    }

    @Test func `rates that cannot be brought together make no recording`() {
        #expect(throws: RecordedCall.NoResampler.self) { _ = try RecordedCall(.stereo, inbound: .hz8000, outbound: .hz22050) }
        #expect(throws: Never.self) { _ = try RecordedCall(.caller, inbound: .hz8000, outbound: .hz22050) }
    }
}
