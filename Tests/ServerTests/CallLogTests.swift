import Bots
import Call
import Foundation
import Pipeline
import Testing
import Wire

@testable import Server

/// Calls over real sockets, and what stands in their logs.
@Suite struct CallLogTests {
    static func lines(_ path: String) throws -> [JSONValue] {
        let data = try #require(FileManager.default.contents(atPath: path))
        #expect(data.last == 0x0A)
        return try data.split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
    }

    @Test func `a call's log tells who called, what ended it, and nobody's number`() throws {
        let folder = CaptureTests.Folder()
        let server = try TestServer { $0.logFolder = folder.path }
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.connected)
        try socket.send(TwilioWire.start(parameters: #"{"from_number":"+15551234567","to_number":"+15557654321"}"#))
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        _ = try socket.receiveJSON()
        let list = try TestHTTP("GET", "/calls", port: server.port)
        let id = try #require(((list.json["calls"] as? [[String: Any]])?.first)?["call_id"] as? String)
        try socket.send(TwilioWire.stop)
        _ = try socket.closeCode()
        server.server.stop()
        let path = try #require(folder.files.first)
        #expect(path.hasSuffix("Z-\(id).jsonl") && folder.files.count == 1)
        #expect(folder.mode(path) == 0o600 && folder.mode(folder.path) == 0o700)
        let lines = try Self.lines(path)
        for line in lines {
            #expect(line["call_id"]?.string == id && line["provider"]?.string == "twilio")
            #expect(line["provider_call_id"]?.string == "CA11111111111111111111111111111111")
        }
        let first = try #require(lines.first), last = try #require(lines.last)
        #expect(first["event"]?.string == "call_started" && first["t_ms"]?.number == 0)
        #expect(first["from"]?.string == "…67" && first["to"]?.string == "…21" && first["bot"]?.string == "echo")
        #expect(first["direction"]?.string == "inbound" && first["stream_id"]?.string == "MZ1")
        #expect(last["event"]?.string == "call_ended" && last["termination"]?.string == "caller-hung-up")
        #expect(last["counters"]?["media_in"]?.number == 1)
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        #expect(!text.contains("555"))
    }

    /// Writes a line of its own when the call begins, and hangs up at the first key.
    private struct TellingBot: Bot {
        let name = "telling"

        func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline { BotPipeline([Telling()]) }

        struct Telling: Processor {
            mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
                context.push(frame, direction)
                if case .start = frame.content {
                    context.push(.note(.bot("greeting", ["callback": "+15551234567", "place": "desk"])))
                }
                if case .inputDTMF = frame.content { context.push(.end(.completed)) }
            }
        }
    }

    @Test
    func `what a bot notes and a caller presses stands between the call's first and last line`() throws {
        let folder = CaptureTests.Folder()
        let server = try TestServer {
            $0.logFolder = folder.path
            $0.bots = BotCatalog([TellingBot()])
            $0.bot = "telling"
        }
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start())
        try socket.send(#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"7"}}"#)
        _ = try socket.closeCode()
        server.server.stop()
        let lines = try Self.lines(try #require(folder.files.first))
        let events = lines.compactMap { $0["event"]?.string }
        #expect(events.first == "call_started" && events.last == "call_ended")
        #expect(events.contains("bot") && events.contains("key"))
        let note = try #require(lines.first { $0["event"]?.string == "bot" })
        #expect(note["name"]?.string == "greeting" && note["values"]?["place"]?.string == "desk")
        #expect(note["values"]?["callback"]?.string == "…67")
        #expect(lines.first { $0["event"]?.string == "key" }?["key"]?.string == "masked")
        #expect(lines.compactMap { $0["t_ms"]?.number } == lines.compactMap { $0["t_ms"]?.number }.sorted())
        #expect(lines.last?["termination"]?.string == "completed" && lines.last?["counters"]?["keys"]?.number == 1)
    }

    @Test func `a refused stream leaves no log`() throws {
        let folder = CaptureTests.Folder()
        let server = try TestServer { $0.logFolder = folder.path }
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start(parameters: #"{"bot":"nobody"}"#))
        _ = try socket.closeCode()
        server.server.stop()
        #expect(folder.files.isEmpty && server.log.contains("stream refused"))
    }

    @Test func `a folder that is lost does not cost the call`() throws {
        let folder = CaptureTests.Folder()
        let server = try TestServer { $0.logFolder = folder.path }
        try FileManager.default.removeItem(atPath: folder.path)
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start())
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        _ = try socket.receiveJSON()
        try socket.send(TwilioWire.stop)
        #expect(try socket.closeCode() == 1000)
        server.server.stop()
        #expect(server.log.contains("call not logged: no file can be made in the folder"))
    }

    @Test func `a folder that cannot be used keeps the server from starting, with the mend`() throws {
        let error = #expect(throws: (any Error).self) { try TestServer { $0.logFolder = "/dev/null/logs" } }
        #expect("\(try #require(error))".contains("--log-dir /dev/null/logs"))
    }
}
