import Call
import Capture
import Testing
import Wire

/// Each small change to the outbound side of a capture is found, and told where it is.
@Suite struct ReplaySensitivityTests {
    private let original = RecordedCall.prompts()

    /// The differences after a change to the entries.
    private func differences(_ change: (inout [CaptureEntry]) throws -> Void) rethrows -> [Difference] {
        var changed = original
        try change(&changed.entries)
        return Comparison(expected: changed, got: RecordedCall.replay(changed)).differences
    }

    private func index(_ entries: [CaptureEntry], _ text: String, _ nth: Int = 0) throws -> Int {
        let found = entries.indices.filter { index in
            guard entries[index].direction == .outward, case .json(let bytes) = entries[index].content else { return false }
            return String(decoding: bytes, as: UTF8.self).contains(text)
        }
        return try #require(found.dropFirst(nth).first)
    }

    @Test func `a capture is equal to itself`() throws {
        #expect(original.entries.count { $0.direction == .outward } > 60)
        _ = try index(original.entries, #""clear""#)
        _ = try index(original.entries, #""mark""#, 2)
        #expect(differences { _ in }.isEmpty)
    }

    @Test func `two runs give the same bytes`() {
        #expect(RecordedCall.prompts().entries == original.entries)
        #expect(RecordedCall.replay(original).entries == original.entries)
    }

    @Test(arguments: [0, 159]) func `one byte of one audio message is found, with its sample`(byte: Int) throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let media = try index(entries, #""media""#, 30)
            time = entries[media].time
            guard case .json(let bytes) = entries[media].content else { return }
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: #""payload":""#)
            var audio = try #require(Base64.bytes(String(parts[1].dropLast(3))))
            audio[byte] ^= 0x80
            entries[media].content = .json(Array("\(parts[0])\"payload\":\"\(Base64.text(audio))\"}}".utf8))
        }
        #expect(differences.count == 1)
        let difference = try #require(differences.first)
        #expect(difference.matter == .audio)
        #expect(difference.time == time)
        #expect(difference.expected.hasPrefix("sample \(byte) "))
        #expect(difference.got.hasSuffix("1 of 160 samples differ"))
    }

    @Test func `a clear that is not in the capture is one extra clear`() throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let clear = try index(entries, #""clear""#)
            time = entries[clear].time
            entries.remove(at: clear)
        }
        #expect(differences.map(\.matter) == [.extra])
        #expect(differences.first?.time == time)
        #expect(differences.first?.got == "clear")
    }

    @Test func `a clear that does not come is one missing clear`() throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let media = try index(entries, #""media""#, 50)
            time = entries[media].time
            entries.insert(
                CaptureEntry(at: time, .outward, .json(Array(#"{"event":"clear","streamSid":"\#(RecordedCall.streamID)"}"#.utf8))),
                at: media)
        }
        #expect(differences.map(\.matter) == [.missing])
        #expect(differences.first?.time == time)
        #expect(differences.first?.expected == "clear")
    }

    @Test func `a mark of another name is told by both names`() throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let mark = try index(entries, #""prompt "#, 1)
            time = entries[mark].time
            guard case .json(let bytes) = entries[mark].content else { return }
            entries[mark].content = .json(Array(String(decoding: bytes, as: UTF8.self).replacing("prompt", with: "Prompt").utf8))
        }
        #expect(differences.map(\.matter) == [.message])
        #expect(differences.first?.time == time)
        #expect(differences.first?.expected.hasPrefix("mark \"Prompt ") == true)
        #expect(differences.first?.got.hasPrefix("mark \"prompt ") == true)
    }

    @Test(arguments: [30_000, -30_000], [0, 7, 41, 60]) func `thirty milliseconds of one message are found`(
        shift: Int64, message: Int
    ) throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let media = try index(entries, #""media""#, message)
            entries[media].time += shift
            time = entries[media].time
            let order = entries.indices.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }
            entries = order.map { entries[$0] }
        }
        #expect(!differences.isEmpty)
        #expect(differences.count <= 4)
        #expect(differences.contains { $0.time == time })
    }

    @Test func `thirty milliseconds of a message that stays in its place are one difference of timing`() throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let last = try #require(entries.lastIndex { $0.direction == .outward && $0.time < 2_900_000 })
            entries[last].time += 30_000
            time = entries[last].time
        }
        #expect(differences.map(\.matter) == [.timing])
        #expect(differences.first?.time == time)
        #expect(differences.first?.got == "it 30.0 ms early")
    }

    @Test(arguments: [1, 3]) func `two messages in each other's place are found`(distance: Int) throws {
        var times: [Int64] = []
        let differences = try differences { entries in
            let a = try index(entries, #""media""#, 40)
            let b = try index(entries, #""media""#, 40 + distance)
            times = [entries[a].time, entries[b].time]
            (entries[a].content, entries[b].content) = (entries[b].content, entries[a].content)
        }
        #expect((1...3).contains(differences.count))
        #expect(differences.contains { $0.time == times[0] || $0.time == times[1] })
        #expect(differences.contains { distance == 1 ? $0.matter == .order : $0.matter == .audio })
    }

    @Test func `a mark before the audio that it stood behind is out of order`() throws {
        let differences = try differences { entries in
            let mark = try index(entries, #""prompt "#, 1)
            let media = try #require(
                entries[..<mark].lastIndex {
                    guard case .json(let bytes) = $0.content, $0.direction == .outward else { return false }
                    return String(decoding: bytes, as: UTF8.self).contains(#""media""#)
                })
            (entries[mark].content, entries[media].content) = (entries[media].content, entries[mark].content)
        }
        #expect(differences.contains { $0.matter == .order })
    }

    @Test func `messages at the end that are not in the capture are extra`() throws {
        var time: Int64 = 0
        let differences = try differences { entries in
            let media = try index(entries, #""media""#, 60)
            time = entries[media].time
            entries.removeAll { $0.direction == .outward && $0.time >= time && $0.content != .end(.callerHungUp) }
        }
        #expect(differences.allSatisfy { $0.matter == .extra })
        #expect(differences.first?.time == time)
    }

    @Test func `a capture that stops in the middle is compared up to there`() throws {
        var cut = original
        cut.entries.removeLast(70)
        let comparison = Comparison(expected: cut, got: RecordedCall.replay(cut))
        #expect(comparison.isSame, "\(comparison.differences)")
        #expect(comparison.notes.first?.hasPrefix("cut at ") == true)
        let clear = try index(cut.entries, #""clear""#)
        cut.entries.remove(at: clear)
        #expect(!Comparison(expected: cut, got: RecordedCall.replay(cut)).isSame)
    }

    @Test func `another bot is another call`() {
        let comparison = Comparison(expected: original, got: RecordedCall.replay(original, bot: "echo"))
        #expect(comparison.differences.count > 10)
        #expect(comparison.differences.contains { $0.matter == .missing && $0.expected == "clear" })
    }

    @Test func `a call that ends otherwise is told by both words`() throws {
        let differences = try differences { entries in
            let end = try #require(entries.lastIndex { $0.content == .end(.callerHungUp) })
            entries[end].content = .end(.completed)
        }
        #expect(differences.map(\.matter) == [.message])
        #expect(differences.first?.expected == "end completed")
        #expect(differences.first?.got == "end caller-hung-up")
    }

    @Test func `a message of other words is shown by both spellings, one of other spacing is the same`() throws {
        let spaced = try differences { entries in
            let media = try index(entries, #""clear""#)
            entries[media].content = .json(Array(#"{ "streamSid": "\#(RecordedCall.streamID)", "event": "clear" }"#.utf8))
        }
        #expect(spaced.isEmpty)
        let other = try differences { entries in
            let media = try index(entries, #""clear""#)
            entries[media].content = .json(Array(#"{"event":"clear","streamSid":"MZ08"}"#.utf8))
        }
        #expect(other.map(\.matter) == [.message])
        #expect(other.first?.expected.contains("MZ08") == true)
    }
}
