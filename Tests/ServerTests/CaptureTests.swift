import Call
import Capture
import Foundation
import LibCrypto
import Testing

@testable import Net
@testable import Server

/// Calls over real sockets, and what stands in their files.
@Suite struct CaptureTests {
    /// A folder that goes with its last reference.
    final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("trunkline-\(UUID().uuidString)").path
        deinit { try? FileManager.default.removeItem(atPath: path) }

        var files: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".jsonl") }.sorted()
                .map { path + "/" + $0 }
        }

        func capture(_ index: Int = 0) throws -> Capture {
            guard index < files.count, let data = FileManager.default.contents(atPath: files[index]) else {
                throw TestSocket.Broken(what: "no capture \(index)")
            }
            return try CaptureReader.read([UInt8](data))
        }

        func mode(_ path: String) -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
        }

        /// Reads again and again until the capture is as wanted.
        func capture(when isReady: (Capture) -> Bool) throws -> Capture {
            let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
            while ContinuousClock.now < deadline { if let capture = try? capture(), isReady(capture) { return capture } }
            throw TestSocket.Broken(what: "no such capture in \(files)")
        }
    }

    private static func text(_ entry: CaptureEntry) -> String {
        switch entry.content {
        case .json(let bytes): "\(entry.direction.rawValue) \(String(decoding: bytes, as: UTF8.self))"
        case .text(let text): "\(entry.direction.rawValue) text \(text)"
        case .binary(let bytes): "\(entry.direction.rawValue) binary \(bytes.count)"
        case .close(let code): "\(entry.direction.rawValue) close \(code.map { "\($0)" } ?? "")"
        case .woken: "\(entry.direction.rawValue) woken"
        case .end(let word): "\(entry.direction.rawValue) end \(word.rawValue)"
        }
    }

    /// A call of three messages each way, up to the third answer.
    private func call(_ server: TestServer, parameters: String = "{}") throws -> TestWebSocket {
        let socket = try TestWebSocket(port: server.port, target: "/ws?bot=echo&caller=%2B15551234567")
        try socket.send(TwilioWire.connected)
        try socket.send(TwilioWire.start(parameters: parameters))
        for number in 1...3 {
            try socket.send(TwilioWire.media(TwilioWire.frame(number), chunk: number))
            _ = try socket.receiveJSON()
        }
        return socket
    }

    @Test func `a call that is under way can be read, masked, with its times`() throws {
        let folder = Folder()
        let server = try TestServer {
            $0.captureFolder = folder.path
            $0.build = "9.9"
        }
        let socket = try call(server, parameters: #"{"bot":"echo","token":"hunter2","from_number":"+15551234567"}"#)
        try socket.send(#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"7"}}"#)
        try socket.send("{ +15551234567")
        let capture = try folder.capture { $0.entries.count >= 10 }
        let file = try #require(folder.files.first)
        let raw = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
        for secret in ["5551234567", "hunter2", "CA1111", "\"digit\":\"7\"", "\"MZ1\""] { #expect(!raw.contains(secret)) }
        #expect(capture.header.provider.text == "twilio" && capture.header.bot == "echo" && capture.header.build == "9.9")
        #expect(capture.header.inbound == .muLaw8000 && capture.header.audio == .full && !capture.header.keepsKeys)
        #expect(capture.header.call["query"]?["bot"] == .string("echo"))
        #expect(abs(Double(capture.header.startedAt) / 1e6 - Date().timeIntervalSince1970) < 60)
        let lines = capture.entries.map(Self.text)
        #expect(lines[0] == "in " + TwilioWire.connected)
        #expect(lines[1].contains(#""customParameters":{"bot":"echo","token":"masked","from_number":"+1500555"#))
        #expect(lines.filter { $0.hasPrefix("out ") }.count == 3)
        for number in 1...3 {
            let payload = Data(TwilioWire.frame(number)).base64EncodedString()
            #expect(lines.filter { $0.contains(payload) }.count == 2)
        }
        #expect(lines.contains { $0.contains(#""digit":"0""#) })
        #expect(lines.contains("in text " + String(repeating: "?", count: 14)))
        #expect(capture.entries.map(\.time) == capture.entries.map(\.time).sorted())
        #expect(folder.mode(file) == 0o600 && folder.mode(folder.path + "/.key") == 0o600 && folder.mode(folder.path) == 0o700)
        #expect(raw.contains(#""note":"message is not valid JSON"#))
        try socket.send(TwilioWire.stop)
        _ = try socket.closeCode()
        server.server.stop()
        let whole = try folder.capture()
        #expect(whole.entries.suffix(3).map(Self.text).dropFirst() == ["out close 1000", "out end caller-hung-up"])
        #expect(whole.cut == nil && !whole.isTorn)
        #expect(server.log.contains("call captured") && server.log.contains("capture=\(file)"))
    }

    @Test func `a caller who closes the socket, and one whose line breaks`() throws {
        let folder = Folder()
        let server = try TestServer { $0.captureFolder = folder.path }
        let closing = try call(server)
        try closing.close(1000)
        _ = try closing.closeCode()
        do { _ = try call(server) }
        server.server.stop()
        let ends = try (0..<2).map { try folder.capture($0).entries.suffix(2).map(Self.text) }
        #expect(Set(ends) == [["in close 1000", "out end caller-hung-up"], ["in close ", "out end connection-lost"]])
    }

    @Test func `a call that is ended from outside, and one that the server's end ends`() throws {
        let folder = Folder()
        let server = try TestServer { $0.captureFolder = folder.path }
        let canceled = try call(server)
        let list = try TestHTTP("GET", "/calls", port: server.port)
        let id = try #require(((list.json["calls"] as? [[String: Any]])?.first)?["call_id"] as? String)
        _ = try TestHTTP("DELETE", "/calls/\(id)", port: server.port)
        _ = try canceled.closeCode()
        let second = try call(server)
        server.server.stop()
        _ = try second.closeCode()
        let ends = try (0..<2).map { try folder.capture($0).entries.suffix(3).map(Self.text) }
        #expect(
            Set(ends) == [
                ["in end canceled", "out close 1000", "out end canceled"],
                ["in end shutdown", "out close 1001", "out end shutdown"],
            ])
        #expect(folder.files.contains { $0.hasSuffix("Z-\(id).jsonl") })
    }

    @Test func `a socket that never becomes a call leaves no file`() throws {
        let folder = Folder()
        let server = try TestServer {
            $0.captureFolder = folder.path
            $0.limits.start = .milliseconds(100)
        }
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.connected)
        #expect(try socket.closeCode() == 1008)
        server.server.stop()
        #expect(folder.files.isEmpty)
    }

    @Test func `without a folder nothing is captured`() throws {
        let server = try TestServer()
        let socket = try call(server)
        try socket.send(TwilioWire.stop)
        _ = try socket.closeCode()
        #expect(!server.log.contains("captured"))
    }

    @Test func `the same caller has the same pseudonym after a restart, and another in another folder`() throws {
        func pseudonym(in folder: Folder) throws -> String {
            let server = try TestServer { $0.captureFolder = folder.path }
            let socket = try call(server)
            try socket.send(TwilioWire.stop)
            _ = try socket.closeCode()
            server.server.stop()
            return try #require(try folder.capture(folder.files.count - 1).header.call["query"]?["caller"]?.string)
        }
        let folder = Folder()
        let other = Folder()
        let first = try pseudonym(in: folder)
        #expect(first.hasPrefix("+1500555"))
        #expect(try pseudonym(in: folder) == first)
        #expect(try pseudonym(in: other) != first)
    }

    @Test(arguments: [("full", true), ("noise", true), ("none", false)])
    func `sound is kept as it was asked for`(kept: String, holdsBase64: Bool) throws {
        let folder = Folder()
        let server = try TestServer {
            $0.captureFolder = folder.path
            $0.captureAudio = CaptureHeader.AudioKept(rawValue: kept) ?? .full
        }
        let socket = try call(server)
        try socket.send(TwilioWire.stop)
        _ = try socket.closeCode()
        server.server.stop()
        let raw = String(decoding: FileManager.default.contents(atPath: try #require(folder.files.first)) ?? Data(), as: UTF8.self)
        #expect(raw.contains(Data(TwilioWire.frame(1)).base64EncodedString()) == (kept == "full"))
        #expect(raw.contains(##""payload":"#160""##) == (kept == "none"))
        #expect(try folder.capture().entries.filter { Self.text($0).contains("\"payload\"") }.count == 6)
    }

    @Test func `a folder that cannot be used is an error at the start that names it`() throws {
        let folder = Folder()
        try Data().write(to: URL(fileURLWithPath: folder.path))
        for path in [folder.path, folder.path + "/x", "/proc/x"] {
            let error = #expect(throws: NetError.self) { try TestServer { $0.captureFolder = path } }
            #expect(error?.description.contains("--capture \(path): cannot be written to") == true)
        }
    }

    @Test func `a key that is open to others or broken is an error at the start`() throws {
        let folder = Folder()
        _ = try CaptureFolder(folder.path, OpenSSLCryptography())
        let key = folder.path + "/.key"
        chmod(key, 0o644)
        var error = #expect(throws: NetError.self) { try CaptureFolder(folder.path, OpenSSLCryptography()) }
        #expect(error?.description.contains("chmod 600") == true)
        chmod(key, 0o600)
        try Data("abc\n".utf8).write(to: URL(fileURLWithPath: key))
        chmod(key, 0o600)
        error = #expect(throws: NetError.self) { try CaptureFolder(folder.path, OpenSSLCryptography()) }
        #expect(error?.description.contains("is broken") == true)
    }

    @Test func `a folder that goes away costs the captures, not the calls`() throws {
        let folder = Folder()
        let server = try TestServer { $0.captureFolder = folder.path }
        try FileManager.default.removeItem(atPath: folder.path)
        let socket = try call(server)
        try socket.send(TwilioWire.stop)
        #expect(try socket.closeCode() == 1000)
        server.server.stop()
        #expect(server.log.contains("call not captured: no file can be made in the folder"))
    }
}

/// The loop's and the writer's side, without sockets.
@Suite struct CaptureSinkTests {
    static let options = CaptureSink.Options(audio: .full, keepsKeys: false, build: "1", cryptography: OpenSSLCryptography())

    static func info(_ id: String) -> CallInfo {
        CallInfo(id: id, stream: StreamStart(provider: ProviderName("twilio")), bot: "echo")
    }

    static func at(_ milliseconds: Int64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }

    private func sink(_ folder: CaptureTests.Folder) throws -> CaptureSink {
        CaptureSink(
            try CaptureFolder(folder.path, OpenSSLCryptography()), Self.options,
            Logger(level: .error, format: .text, write: { _ in }))
    }

    @Test func `what came before the admission keeps its own times`() throws {
        let folder = CaptureTests.Folder()
        let sink = try sink(folder)
        var wakes: [Moment] = []
        let desk = CaptureDesk(sink) { wakes.append($0) }
        let tape = desk.tape(call: "a", at: Self.at(1_000), unixTime: 1)
        let message = Array(#"{"event":"connected"}"#.utf8)
        tape.note(message.span, .text, .inward, at: Self.at(1_005))
        tape.note(message.span, .text, .inward, at: Self.at(1_200))
        #expect(wakes.isEmpty)
        tape.begin(Self.info("a"), at: Self.at(1_200))
        #expect(wakes == [Self.at(1_300)])
        tape.note(message.span, .text, .outward, at: Self.at(1_250))
        tape.note(.end(.completed), .outward, at: Self.at(1_251))
        tape.note(message.span, .text, .inward, at: Self.at(1_252))
        #expect(desk.deadline == Self.at(1_300))
        desk.flush(ifDueAt: Self.at(1_250))
        #expect(desk.deadline != nil)
        desk.flush(ifDueAt: Self.at(1_300))
        #expect(desk.deadline == nil)
        sink.finish()
        let capture = try folder.capture()
        #expect(capture.entries.map(\.time) == [5_000, 200_000, 250_000, 251_000])
        #expect(capture.header.startedAt == 1_000_000)
    }

    @Test func `more than may wait for the admission makes no file`() throws {
        let folder = CaptureTests.Folder()
        let sink = try sink(folder)
        let desk = CaptureDesk(sink) { _ in }
        let tape = desk.tape(call: "a", at: .zero, unixTime: 1)
        let message = [UInt8](repeating: 0x20, count: 65_536)
        for _ in 0..<5 { tape.note(message.span, .text, .inward, at: .zero) }
        tape.begin(Self.info("a"), at: .zero)
        desk.flush()
        sink.finish()
        #expect(folder.files.isEmpty)
    }

    @Test func `when the writer is behind, the captures of those who speak end with a line that says so, and new ones begin`()
        throws
    {
        let folder = CaptureTests.Folder()
        let log = TestLog()
        let logger = Logger(level: .debug, format: .text, write: { log.append($0) })
        let (thread, gate) = (WritingThread("captures"), DispatchSemaphore(value: 0))
        let sink = CaptureSink(
            try CaptureFolder(folder.path, OpenSSLCryptography()), Self.options, logger, limit: 0, thread: thread)
        let desk = CaptureDesk(sink) { _ in }
        let message = Array(#"{"event":"connected"}"#.utf8)
        func tape(_ call: String) -> CaptureTape {
            let tape = desk.tape(call: call, at: .zero, unixTime: 1)
            tape.begin(Self.info(call), at: .zero)
            return tape
        }
        thread.run { gate.wait() }
        let (speaks, listens) = (tape("a"), tape("b"))
        speaks.note(message.span, .text, .inward, at: .zero)
        desk.flush()
        for milliseconds in 1...3 { speaks.note(message.span, .text, .inward, at: Self.at(Int64(milliseconds))) }
        desk.flush()
        let written = DispatchSemaphore(value: 0)
        thread.run { written.signal() }
        gate.signal()
        written.wait()
        for tape in [listens, tape("c")] { tape.note(message.span, .text, .inward, at: Self.at(4)) }
        desk.flush()
        sink.finish()
        logger.flush()
        let captures = try (0..<3).map { try folder.capture($0) }
        #expect(captures.map(\.entries.count) == [1, 1, 1])
        #expect(captures.map(\.cut) == [.backlog, nil, nil])
        #expect(captures[0].entries[0].time == 0 && captures[1].entries[0].time == 4_000)
        #expect(log.text.contains("capture ended before the call") && log.text.contains("reason=backlog"))
    }

    @Test func `a stopping server waits for a writer that gets on, a minute at most`() {
        var hanging = WritingThread.Wait(left: 700)
        let whileWriting = hanging.goesOn(left: 300)
        let whileNot = hanging.goesOn(left: 300)
        #expect(whileWriting && !whileNot)
        var slow = WritingThread.Wait(left: 1_000)
        let words = (1...WritingThread.mostWaits).map { slow.goesOn(left: 1_000 - $0) }
        #expect(words.dropLast().allSatisfy { $0 } && words.last == false)
        #expect(slow.left == 1_000 - WritingThread.mostWaits)
    }

    @Test func `a stopping server gives up on a disk that hangs, and says so`() throws {
        let folder = CaptureTests.Folder()
        let log = TestLog()
        let logger = Logger(level: .debug, format: .text, write: { log.append($0) })
        let (thread, gate) = (WritingThread("captures"), DispatchSemaphore(value: 0))
        let sink = CaptureSink(
            try CaptureFolder(folder.path, OpenSSLCryptography()), Self.options, logger, patience: .milliseconds(1), thread: thread)
        thread.run { gate.wait() }
        let isWritten = sink.finish()
        #expect(!isWritten)
        gate.signal()
        logger.flush()
        #expect(log.text.contains("captures are not written to their end"))
    }

    @Test func `a disk that is full ends the capture and is told once`() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        try #require(descriptor >= 0)
        var file = CaptureFile(
            CaptureBatch.Beginning(call: 1, info: Self.info("a"), startedAt: 0), Self.options, key: [1],
            LineFile(descriptor: descriptor, path: "/dev/full"))
        var reason: String?
        do throws(CaptureFile.Failure) { try file.flush() } catch { reason = error.reason }
        #expect(reason == "No space left on device")
        let isOver = file.isOver
        #expect(isOver)
    }

    @Test func `names of files are the times of the calls`() {
        #expect(LineFile.name(call: "call-1", startedAt: 1_795_236_900_123_456) == "20261121T045500Z-call-1.jsonl")
    }
}
