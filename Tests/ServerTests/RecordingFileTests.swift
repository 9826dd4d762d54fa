import Audio
import Call
import Foundation
import LibCrypto
import Recording
import Testing

@testable import Server

/// One file that grows, and what a crash leaves of it.
@Suite struct RecordingFileTests {
    private let folder = RecordingTests.Folder()

    private func create(_ name: String, _ disk: RecordingDisk = RecordingDisk()) throws -> RecordingFile {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        return try .create(folder.path + "/" + name, .stereo, .hz8000, disk)
    }

    /// Ten seconds of stereo, written a quarter of a second at a time.
    private func write(_ file: inout RecordingFile, seconds: Int = 10) throws {
        for piece in 0..<seconds * 4 {
            let samples = (0..<4_000).map { Int16(piece * 100 + $0 % 100) }
            try file.append(samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        }
    }

    @Test func `at any length that a crash leaves, a file plays up to there`() throws {
        var file = try create("a.wav")
        try write(&file)
        // Not closed: this is what a killed process leaves.
        let bytes = Array(try #require(FileManager.default.contents(atPath: folder.path + "/a.wav")))
        let whole = try WAV(decoding: bytes)
        #expect(whole.channels[0].count >= 9 * 8_000)
        var chance = SplitMix64(state: 1)
        for _ in 0..<50 {
            let length = Int.random(in: 44...bytes.count, using: &chance)
            let cut = try WAV(decoding: Array(bytes.prefix(length)))
            #expect(cut.channels[0].count == min((length - 44) / 4, whole.channels[0].count))
            #expect(cut.channels[0] == Array(whole.channels[0].prefix(cut.channels[0].count)))
            #expect(FileManager.default.createFile(atPath: folder.path + "/b.wav", contents: Data(bytes.prefix(length))))
            #expect(RecordingFile.repair(folder.path + "/b.wav", .stereo, .hz8000) == (length - 44) / 4)
            let mended = try WAV(decoding: Array(try #require(FileManager.default.contents(atPath: folder.path + "/b.wav"))))
            #expect(mended.channels[1].count == (length - 44) / 4)
        }
        file.close()
    }

    @Test func `a closed file counts every frame`() throws {
        var file = try create("a.wav")
        try write(&file, seconds: 1)
        try file.append([1, 0, 2, 0, 3])
        file.close()
        let wav = try WAV(decoding: Array(try #require(FileManager.default.contents(atPath: folder.path + "/a.wav"))))
        #expect(wav.channels.map(\.count) == [8_001, 8_001] && wav.channels[1].last == 2)
    }

    @Test func `what a full disk took is whole and plays`() throws {
        var disk = RecordingDisk()
        disk.write = { descriptor, bytes, offset in
            let room = max(50_003 - offset, 0)
            guard room > 0 else {
                errno = ENOSPC
                return -1
            }
            return pwrite(descriptor, bytes.baseAddress, min(bytes.count, room), off_t(offset))
        }
        var file = try create("a.wav", disk)
        #expect(throws: RecordingFile.Failure.self) { try write(&file) }
        file.close()
        let wav = try WAV(decoding: Array(try #require(FileManager.default.contents(atPath: folder.path + "/a.wav"))))
        #expect(wav.channels[0].count == (50_003 - 44) / 4)
    }

    @Test func `a recording whose process died is errored and holds what its file holds`() throws {
        let cryptography = OpenSSLCryptography()
        let entry = RecordingEntry(
            id: RecordingEntry.newID(cryptography), callID: "call-1", provider: "twilio", layout: .stereo, rate: .hz8000,
            startedAt: 1_700_000_000_123_456)
        let first = try RecordingFolder(folder.path, cryptography)
        #expect(first.keep(entry) == nil)
        var file = try RecordingFile.create(first.file(entry, .stereo), .stereo, .hz8000, RecordingDisk())
        try write(&file, seconds: 3)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.path + "/rec-00000000000000000000000a.json"))
        let (entries, complaints) = first.read()
        #expect(entries.count == 1 && complaints.count == 1)
        #expect(entries.first?.status == .errored && entries.first?.frames == 24_000)
        #expect(entries.first?.startedAt == entry.startedAt)
        #expect(first.read().entries == entries)
        #expect(first.remove(entry) == nil)
        #expect(folder.files == ["rec-00000000000000000000000a.json"])
        file.close()
    }

    @Test func `a range of bytes is read, or the whole is sent`() {
        let parts = [
            "bytes=0-9": 0..<10, "bytes=90-200": 90..<100, "bytes=90-": 90..<100, "bytes=-10": 90..<100, "bytes=-200": 0..<100,
        ]
        for (header, range) in parts { #expect(ByteRange(header, of: 100) == .part(range)) }
        for header in ["bytes=100-", "bytes=-0"] { #expect(ByteRange(header, of: 100) == .none) }
        #expect(ByteRange(nil, of: 100) == .whole)
        let others = ["bytes=5-2", "bytes=0-1,5-6", "bytes=a-b", "lines=0-1", "bytes=-", "bytes=99999999999999999999-"]
        for header in others { #expect(ByteRange(header, of: 100) == .whole) }
    }

    @Test func `a link is good for one recording until it expires`() {
        let links = RecordingLinks(key: [1, 2, 3], cryptography: OpenSSLCryptography())
        let fields = Dictionary(
            links.query("rec-a", expires: 1_000).split(separator: "&").map { pair in
                let sides = pair.split(separator: "=").map(String.init)
                return (sides[0], sides[1])
            }, uniquingKeysWith: { $1 })
        #expect(links.complaint("rec-a", fields, unixTime: 999) == nil)
        #expect(links.complaint("rec-a", fields, unixTime: 1_000) != nil)
        #expect(links.complaint("rec-b", fields, unixTime: 999) != nil)
        #expect(links.complaint("rec-a", ["expires": "2000", "signature": fields["signature"] ?? ""], unixTime: 999) != nil)
        #expect(RecordingLinks(key: [9], cryptography: OpenSSLCryptography()).complaint("rec-a", fields, unixTime: 1) != nil)
    }
}
