import Bots
import Call
import Capture
import Foundation
import Providers
import Testing
import Wire

@testable import CLI

/// `trunkline replay` as it is typed.
@Suite struct ReplayCommandTests {
    /// A folder of its own, gone with the test.
    private final class Folder {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path + "/calls/more", withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ bytes: [UInt8]) -> String {
            _ = FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(bytes))
            return "\(path)/\(name)"
        }
    }

    private func run(_ words: String...) -> Int32 {
        TrunklineCommand.run(["replay"] + words, environment: [:], bots: .builtIn, dialects: Provider.all)
    }

    /// A call of half a second with an echo, of which only the inbound side is there.
    private func inbound(_ bot: String = "echo") -> Capture {
        var entries = [TwilioWire.connected, TwilioWire.start()].map { CaptureEntry(at: 0, .inward, .json(Array($0.utf8))) }
        for chunk in 1...25 {
            let message = TwilioWire.media(Array(repeating: UInt8(chunk), count: 160), chunk: chunk)
            entries.append(CaptureEntry(at: Int64(chunk) * 20_000, .inward, .json(Array(message.utf8))))
        }
        entries.append(CaptureEntry(at: 510_000, .inward, .close(code: 1000)))
        entries.append(CaptureEntry(at: 510_000, .outward, .end(.callerHungUp)))
        let header = CaptureHeader(
            provider: ProviderName("twilio"), startedAt: 0, inbound: .muLaw8000, outbound: .muLaw8000, bot: bot, build: "test")
        return Capture(header: header, entries: entries)
    }

    @Test func `a capture is different, is updated, and is the same`() throws {
        let folder = try Folder()
        let file = folder.write("a.jsonl", inbound().encoded())
        #expect(run(file) == 1)
        #expect(run(file, "--update") == 0)
        #expect(run(file) == 0)
        #expect(run(file, "--audio", "spectral", "--tolerance-ms", "0") == 0)
        let updated = try ReplayFiles.read(file)
        #expect(updated.entries.count { $0.direction == .outward } == 26)
        #expect(updated.header.build == TrunklineCommand.version)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.jsonl", "calls"])
    }

    @Test func `an update keeps the permissions of the file`() throws {
        let folder = try Folder()
        let file = folder.write("a.jsonl", inbound().encoded())
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        #expect(run(file, "--update") == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
    }

    @Test func `a folder is all captures in it and below, and one broken file does not stop the others`() throws {
        let folder = try Folder()
        for name in ["calls/b.jsonl", "calls/a.jsonl", "calls/more/c.jsonl", "calls/.hidden.jsonl", "calls/notes.txt"] {
            _ = folder.write(name, inbound().encoded())
        }
        let names = ["a", "b", "more/c"].map { "\(folder.path)/calls/\($0).jsonl" }
        #expect(ReplayFiles.found(["\(folder.path)/calls"]) == names)
        #expect(ReplayFiles.found(["\(folder.path)/calls/"]) == names)
        #expect(run("\(folder.path)/calls", "--update") == 0)
        #expect(run("\(folder.path)/calls") == 0)
        _ = folder.write("calls/a.jsonl", Array("{}\n".utf8))
        let junit = folder.path + "/junit.xml"
        #expect(run("\(folder.path)/calls", "--junit", junit) == 1)
        let text = try String(contentsOfFile: junit, encoding: .utf8)
        #expect(text.contains(#"tests="3" failures="0" errors="1""#))
        #expect(run("\(folder.path)/calls", "--junit", junit) == 1)
        #expect(try String(contentsOfFile: junit, encoding: .utf8) == text)
    }

    @Test func `a folder without captures, a file that is none and a bot that is not here are failures`() throws {
        let folder = try Folder()
        #expect(run(folder.path) == 1)
        #expect(run(folder.path + "/none.jsonl") == 1)
        let file = folder.write("a.jsonl", inbound("somebody").encoded())
        #expect(run(file) == 1)
        #expect(run(file, "--bot", "echo", "--update") == 0)
        #expect(run(file) == 0)
    }

    @Test func `a bot that does not take the call says why, and nothing is updated`() throws {
        let folder = try Folder()
        var capture = inbound("drill")
        capture.header.call = .object(["query": .object(["greet": .string("masked")])])
        let file = folder.write("a.jsonl", capture.encoded())
        let junit = folder.path + "/junit.xml"
        for flags in [[], ["--realtime"], ["--update"]] {
            let words = ["replay", file, "--junit", junit] + flags
            #expect(TrunklineCommand.run(words, environment: [:], bots: .builtIn, dialects: Provider.all) == 1)
            let text = try String(contentsOfFile: junit, encoding: .utf8)
            #expect(text.contains("bot drill: greet must be a whole number from 0 to 40000"), "\(text)")
        }
        #expect(try ReplayFiles.read(file).entries == capture.entries)
    }

    @Test func `a menu of one's own answers, and hands the call over as then`() throws {
        let folder = try Folder()
        let tones = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/menus/tones/main.wav")
        _ = folder.write("main.wav", Array(try Data(contentsOf: tones)))
        let menu = folder.write(
            "menu.json",
            Array(
                #"{"trunkline_menu":1,"start":"a","menus":{"a":{"prompt":"main.wav","keys":{"1":{"do":"bot","bot":"echo"}}}}}"#.utf8
            ))
        var call = inbound("menu")
        let key = #"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"1"}}"#
        call.entries.insert(CaptureEntry(at: 110_000, .inward, .json(Array(key.utf8))), at: 7)
        let file = folder.write("a.jsonl", call.encoded())
        #expect(run(file, "--menu", menu, "--update") == 0)
        #expect(run(file, "--menu", menu) == 0)
        #expect(run(file) == 1)
        // What the echo says is the caller's own.
        let payload = Data([UInt8](repeating: 20, count: 160)).base64EncodedString()
        let said = try ReplayFiles.read(file).encoded()
        #expect(String(decoding: said, as: UTF8.self).components(separatedBy: payload).count == 3)
        #expect(run(file, "--menu", folder.path + "/none.json") == 64)
    }

    @Test(arguments: [
        [], ["a", "--bot", "nobody"], ["a", "--audio", "loud"], ["a", "--tolerance-ms", "-1"], ["a", "--url", "http://x"],
        ["a", "--update", "--url", "ws://x"], ["a", "--menu", "m.json", "--url", "ws://x"], ["a", "--lines", "0"],
        ["a", "--strange"], ["a", "--junit", "/none/at/all.xml"],
    ])
    func `what cannot be meant is bad usage`(words: [String]) {
        #expect(TrunklineCommand.run(["replay"] + words, environment: [:], bots: .builtIn, dialects: Provider.all) == 64)
    }

    @Test func `a live server is compared in real time`() throws {
        let folder = try Folder()
        let file = folder.write("a.jsonl", inbound().encoded())
        #expect(run(file, "--update") == 0)
        let server = try TestServer()
        #expect(run(file, "--url", "ws://127.0.0.1:\(server.port)/ws") == 0)
        #expect(run(file, "--url", "ws://127.0.0.1:\(server.port)/ws?delay_ms=200") == 1)
        #expect(run(file, "--url", "ws://127.0.0.1:\(server.port)/nowhere") == 1)
    }
}
