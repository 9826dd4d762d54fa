import Audio
import Call
import Capture
import Pipeline
import Providers
import SpeexAudio
import Testing
import Wire

/// Captures that do not hold everything: what can be compared is.
@Suite struct ReplayMaskingTests {
    private func comparison(_ capture: Capture) -> Comparison {
        Comparison(expected: capture, got: RecordedCall.replay(capture))
    }

    /// An echo call in which every audio message, in and out, has become something else of its length.
    private func call(_ kept: CaptureHeader.AudioKept, _ audio: (Int, Bool) -> [UInt8]) throws -> Capture {
        var capture = RecordedCall.replay(
            Capture(header: RecordedCall.header(audio: kept), entries: RecordedCall.inbound(milliseconds: 3_000)))
        var count = 0
        for index in capture.entries.indices {
            guard case .json(let bytes) = capture.entries[index].content else { continue }
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: #""payload":""#)
            guard parts.count == 2 else { continue }
            let rest = parts[1].drop { $0 != "\"" }
            let payload = Base64.text(audio(count, capture.entries[index].direction == .inward))
            capture.entries[index].content = .json(Array("\(parts[0])\"payload\":\"\(payload)\(rest)".utf8))
            count += 1
        }
        return capture
    }

    /// Noise at a level, as mu-law. Units: linear amplitude.
    private func noise(_ level: Int, _ seed: Int) -> [UInt8] {
        var chance = SplitMix64(state: UInt64(seed))
        return (0..<160).map { _ in MuLaw.encode(Int16(Int(chance.next() % UInt64(2 * level)) - level)) }
    }

    @Test func `noise in the place of audio is compared by its level`() throws {
        let same = comparison(try call(.noise) { count, isInward in noise(8_000, isInward ? count : -1 - count &+ 1_000_000) })
        #expect(same.isSame, "\(same.differences)")
        #expect(same.notes == ["its audio is noise of the same level: levels compared"])
        let other = comparison(try call(.noise) { count, isInward in noise(isInward ? 8_000 : 3_000, count) })
        #expect(other.differences.count == 6)
        #expect(other.differences.first?.matter == .audio)
        #expect(other.differences.first?.expected.hasPrefix("half a second at -2") == true)
    }

    @Test func `without audio, sizes are compared`() throws {
        let silence = Array(repeating: MuLaw.silence, count: 160)
        let same = comparison(try call(.none) { _, _ in silence })
        #expect(same.isSame, "\(same.differences)")
        #expect(same.notes == ["it has no audio, the bot hears silence: sizes and times compared"])
        let other = comparison(
            try call(.none) { count, isInward in count == 101 && !isInward ? Array(silence.dropLast(80)) : silence })
        #expect(other.differences.map(\.matter) == [.audio])
        #expect(other.differences.first?.expected == "80 bytes")
    }

    @Test(arguments: ComparisonOptions.AudioMeasure.allCases)
    func `a codec's noise is a difference of samples and not of sound, another tone is both`(
        measure: ComparisonOptions.AudioMeasure
    ) {
        func spoken(hertz: Double, roundTrips: Bool) -> Capture {
            var tone = Tone(hertz: hertz, level: -12, rate: .hz8000)
            var samples: [Int16] = []
            tone.append(samples: 16_000, to: &samples)
            let entries = (0..<100).map { packet -> CaptureEntry in
                let bytes = samples[(packet * 160)..<(packet * 160 + 160)].map { sample in
                    let code = MuLaw.encode(sample)
                    return roundTrips ? MuLaw.encode(ALaw.decode(ALaw.encode(MuLaw.decode(code)))) : code
                }
                let text = #"{"event":"media","streamSid":"MZ1","media":{"payload":"\#(Base64.text(bytes))"}}"#
                return CaptureEntry(at: Int64(packet) * 20_000, .outward, .json(Array(text.utf8)))
            }
            return Capture(header: RecordedCall.header(), entries: entries)
        }
        let clean = spoken(hertz: 440, roundTrips: false)
        let options = ComparisonOptions(audio: measure)
        let coded = Comparison(expected: clean, got: spoken(hertz: 440, roundTrips: true), options)
        let higher = Comparison(expected: clean, got: spoken(hertz: 880, roundTrips: false), options)
        switch measure {
        case .exact: #expect(!coded.isSame && !higher.isSame)
        case .spectral: #expect(coded.isSame && higher.differences.count == 100)
        case .off: #expect(coded.isSame && higher.isSame)
        }
    }

    @Test(arguments: [
        #"{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"0"}}"#, #"{"event":"websocket:dtmf","digit":"0","duration":260}"#,
    ])
    func `of keys that were pressed and masked it is said that the bot gets another`(message: String) {
        var capture = RecordedCall.replay(
            Capture(header: RecordedCall.header(audio: .full), entries: RecordedCall.inbound(milliseconds: 200)))
        #expect(comparison(capture).notes.isEmpty)
        capture.entries.insert(CaptureEntry(at: capture.entries[3].time, .inward, .json(Array(message.utf8))), at: 3)
        #expect(comparison(capture).notes == ["the keys pressed in it are masked: the bot gets 0 for each"])
        capture.header.keepsKeys = true
        #expect(comparison(capture).notes.isEmpty)
    }

    @Test func `a bot hears the mark that it sent, and the capture keeps its masked name`() {
        let plain = RecordedCall.replay(
            Capture(header: RecordedCall.header("echo-marks"), entries: marked("order 00351234567890123")),
            answer: MarkEcho.answer)
        let masked = Capture(header: plain.header, entries: plain.entries.map { Self.renamed($0, "mark-0123456789ab") })
        let comparison = Comparison(expected: masked, got: RecordedCall.replay(masked, answer: MarkEcho.answer))
        #expect(comparison.isSame, "\(comparison.differences)")
        #expect(comparison.notes.last == "names of marks are masked: their order compared")
        // The bot speaks when its mark comes back, and only then.
        #expect(
            masked.entries.contains {
                if case .json(let bytes) = $0.content, $0.direction == .outward {
                    String(decoding: bytes, as: UTF8.self).contains("media")
                } else {
                    false
                }
            })
    }

    private func marked(_ name: String) -> [CaptureEntry] {
        var entries = RecordedCall.inbound(milliseconds: 400)
        let back = #"{"event":"mark","sequenceNumber":"5","streamSid":"\#(RecordedCall.streamID)","mark":{"name":"\#(name)"}}"#
        entries.insert(
            CaptureEntry(at: 152_000, .inward, .json(Array(back.utf8))), at: entries.firstIndex { $0.time > 152_000 } ?? 0)
        return entries
    }

    private static func renamed(_ entry: CaptureEntry, _ name: String) -> CaptureEntry {
        guard case .json(let bytes) = entry.content else { return entry }
        var entry = entry
        entry.content = .json(Array(String(decoding: bytes, as: UTF8.self).replacing(MarkEcho.name, with: name).utf8))
        return entry
    }
}

/// Sends a mark at the start, and says something when exactly that one comes back.
private struct MarkEcho: Processor {
    static let name = "order 00351234567890123"

    static func answer(_ call: CallInfo) -> CallInput { .admitted(call, BotPipeline([MarkEcho()])) }

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.content {
        case .start: context.push(.mark(Self.name))
        case .markReturned(Self.name, _):
            context.push(.outputAudioRaw(PCM16(samples: Array(repeating: 1_000, count: 320), rate: .hz8000)))
            context.push(.ttsStopped)
        default: break
        }
    }
}
