import Audio
import Bots
import Call
import Foundation
import Pipeline
import Recording
import Synchronization
import Testing

@testable import Net
@testable import Server

/// Recorded calls over real sockets: the API and the files.
@Suite struct RecordingTests {
    /// A folder that goes with its last reference.
    final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("trunkline-\(UUID().uuidString)").path
        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Without what is on its way to its name.
        var files: [String] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return names.filter { !$0.hasPrefix(".") && !$0.hasSuffix(".new") }.sorted()
        }

        func wav(_ name: String) throws -> WAV {
            try WAV(decoding: Array(try #require(FileManager.default.contents(atPath: path + "/" + name))))
        }

        func mode(_ name: String) -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: path + "/" + name))?[.posixPermissions] as? Int
        }
    }

    /// A call with the echo bot, up to its last answer.
    private func call(_ server: TestServer, frames: Int = 10, bot: String = "echo") throws -> (TestWebSocket, id: String) {
        let socket = try TestWebSocket(port: server.port, target: "/ws?bot=\(bot)")
        try socket.send(TwilioWire.connected)
        try socket.send(TwilioWire.start())
        for number in 1...frames {
            try socket.send(TwilioWire.media(TwilioWire.frame(number), chunk: number))
            if bot == "echo" { _ = try socket.receiveJSON() }
        }
        // A bot that says nothing may not have begun yet.
        let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
        while ContinuousClock.now < deadline {
            let list = try TestHTTP("GET", "/calls", port: server.port)
            if let id = (list.json["calls"] as? [[String: Any]])?.last?["call_id"] as? String { return (socket, id) }
        }
        throw TestSocket.Broken(what: "no call began")
    }

    private func end(_ socket: TestWebSocket) throws {
        try socket.send(TwilioWire.stop)
        _ = try socket.closeCode()
    }

    private func order(_ server: TestServer, _ call: String, _ json: String) throws -> TestHTTP {
        try TestHTTP(
            "POST", "/calls/\(call)/recording", port: server.port, headers: [("Content-Type", "application/json")], body: json)
    }

    private func list(_ server: TestServer, _ query: String = "") throws -> [[String: Any]] {
        try TestHTTP("GET", "/recordings\(query)", port: server.port).json["data"] as? [[String: Any]] ?? []
    }

    /// Asks again and again until a recording is as wanted.
    private func recording(
        _ server: TestServer, _ id: String? = nil, when isReady: ([String: Any]) -> Bool
    ) throws -> [String: Any] {
        let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
        while ContinuousClock.now < deadline {
            let all = try list(server)
            if let one = all.first(where: { id == nil || $0["id"] as? String == id }), isReady(one) { return one }
        }
        throw TestSocket.Broken(what: "no such recording in \(try list(server))\n\(server.log.text)")
    }

    private func finished(_ server: TestServer, _ id: String? = nil) throws -> [String: Any] {
        try recording(server, id) { $0["status"] as? String == "finished" }
    }

    /// What the caller of ``call(_:frames:bot:)`` says.
    private func said(_ frames: Int) -> [Int16] {
        var samples: [Int16] = []
        for number in 1...frames { MuLaw.decode(TwilioWire.frame(number).span, into: &samples) }
        return samples
    }

    /// Where a run of samples is in another.
    private func place(of needle: [Int16], in samples: [Int16]) -> Int? {
        guard let first = needle.first, samples.count >= needle.count else { return nil }
        return (0...samples.count - needle.count).first {
            samples[$0] == first && samples[$0..<$0 + needle.count].elementsEqual(needle)
        }
    }

    @Test func `a call is recorded from its start, and the caller's every sample is in the file`() throws {
        let folder = Folder()
        let server = try TestServer { $0.recording.folder = folder.path }
        let (socket, call) = try call(server)
        try end(socket)
        let recording = try finished(server)
        let id = try #require(recording["id"] as? String)
        #expect(recording["call_id"] as? String == call && recording["provider"] as? String == "twilio")
        #expect(abs((recording["start_ts"] as? Double ?? 0) - Date().timeIntervalSince1970) < 60)
        #expect(recording["layout"] as? String == "stereo" && recording["reason"] is NSNull)
        let tracks = try #require(recording["tracks"] as? [[String: Any]])
        #expect(tracks.count == 1 && tracks[0]["channels"] as? Int == 2 && tracks[0]["sample_rate"] as? Int == 8_000)
        let wav = try folder.wav("\(id).wav")
        #expect(wav.channels.count == 2 && wav.rate == .hz8000)
        #expect(place(of: said(10), in: wav.channels[0]) != nil)
        #expect(abs((recording["duration"] as? Double ?? 0) - Double(wav.channels[0].count) / 8_000) < 0.001)
        #expect(recording["size"] as? Int == 44 + 4 * wav.channels[0].count)
        #expect(folder.files == ["\(id).json", "\(id).wav"])
        #expect(folder.mode("\(id).wav") == 0o600 && folder.mode("\(id).json") == 0o600 && folder.mode("") == 0o700)
        let one = try TestHTTP("GET", "/recordings/\(id)", port: server.port)
        #expect(one.status == 200 && one.json["id"] as? String == id)
        #expect(server.log.contains("call recorded") && server.log.contains("recording finished"))
    }

    @Test func `a recording is started, paused, resumed and stopped over HTTP`() throws {
        let folder = Folder()
        let server = try TestServer {
            $0.recording.folder = folder.path
            $0.recording.isAutomatic = false
        }
        let (socket, call) = try call(server)
        #expect(try list(server).isEmpty)
        for action in ["pause", "resume", "stop"] {
            let refused = try order(server, call, #"{"action":"\#(action)"}"#)
            #expect(refused.status == 409 && refused.errorCode == "not_recording")
        }
        let started = try order(server, call, #"{"action":"start","layout":"separate"}"#)
        let id = try #require(started.json["id"] as? String)
        #expect(started.status == 200 && started.json["status"] as? String == "recording")
        #expect(try order(server, call, #"{"action":"start"}"#).errorCode == "already_recording")
        #expect(try order(server, call, #"{"action":"pause"}"#).json["status"] as? String == "paused")
        #expect(try list(server).first?["status"] as? String == "paused")
        #expect(try order(server, call, #"{"action":"resume"}"#).json["status"] as? String == "recording")
        #expect(try TestHTTP("DELETE", "/recordings/\(id)", port: server.port).status == 409)
        #expect(try order(server, call, #"{"action":"stop"}"#).json["status"] as? String == "finished")
        let second = try order(server, call, #"{"action":"start","layout":"caller"}"#)
        #expect(second.json["id"] as? String != id)
        try end(socket)
        _ = try finished(server, id)
        let tracks = try #require(try finished(server, second.json["id"] as? String)["tracks"] as? [[String: Any]])
        #expect(tracks.map { $0["name"] as? String } == ["caller"])
        #expect(folder.files.filter { $0.hasPrefix(id) } == ["\(id).bot.wav", "\(id).caller.wav", "\(id).json"])
        #expect(try order(server, call, #"{"action":"start"}"#).errorCode == "ended")
    }

    @Test func `orders that make no sense are refused in words`() throws {
        let folder = Folder()
        let server = try TestServer { $0.recording.folder = folder.path }
        #expect(try order(server, "call-0", #"{"action":"start"}"#).errorCode == "unknown_call")
        #expect(try order(server, "call-0", #"{"action":"erase"}"#).errorCode == "bad_action")
        #expect(try order(server, "call-0", #"{"action":"start","layout":"surround"}"#).errorCode == "bad_layout")
        #expect(try order(server, "call-0", #"["start"]"#).errorCode == "bad_json")
        let untyped = try TestHTTP("POST", "/calls/call-0/recording", port: server.port, body: #"{"action":"start"}"#)
        #expect(untyped.status == 400)
        for query in ["limit=0", "limit=101", "limit=x", "starting_after=rec-0", "ending_before=.."] {
            #expect(try TestHTTP("GET", "/recordings?\(query)", port: server.port).status == 400)
        }
        for path in ["rec-0", "..", "..%2f..%2fetc%2fpasswd", "rec-0/download", "rec-0/access-link", "rec-0/other"] {
            #expect(try TestHTTP("GET", "/recordings/\(path)", port: server.port).status == 404)
        }
        let without = try TestServer()
        let (socket, call) = try call(without)
        #expect(try order(without, call, #"{"action":"start"}"#).errorCode == "recording_off")
        #expect(try TestHTTP("GET", "/recordings", port: without.port).errorCode == "recording_off")
        try end(socket)
    }

    @Test func `recordings are listed the newest first, page by page, and outlive the server`() throws {
        let folder = Folder()
        var server: TestServer? = try TestServer { $0.recording.folder = folder.path }
        for _ in 0..<5 { try end(try call(try #require(server), frames: 2).0) }
        server?.server.stop()
        server = nil
        let again = try TestServer { $0.recording.folder = folder.path }
        let all = try list(again).compactMap { $0["id"] as? String }
        #expect(all.count == 5)
        #expect(try TestHTTP("GET", "/recordings?limit=2", port: again.port).json["total_count"] as? Int == 5)
        func ids(_ query: String) throws -> [String] { try list(again, query).compactMap { $0["id"] as? String } }
        #expect(try ids("?limit=2") == Array(all[..<2]))
        #expect(try ids("?limit=2&starting_after=\(all[1])") == Array(all[2..<4]))
        #expect(try ids("?starting_after=\(all[4])").isEmpty)
        #expect(try ids("?limit=2&ending_before=\(all[3])") == Array(all[1..<3]))
        #expect(try ids("?ending_before=\(all[0])").isEmpty)
        #expect(try ids("?starting_after=\(all[0])&ending_before=\(all[4])") == Array(all[1..<4]))
        let starts = try list(again).compactMap { $0["start_ts"] as? Double }
        #expect(starts == starts.sorted(by: >))
        #expect(try list(again).allSatisfy { $0["status"] as? String == "finished" })
    }

    @Test func `a recording is downloaded whole or in part with a key or a link, and deleted`() throws {
        let folder = Folder()
        let server = try TestServer {
            $0.recording.folder = folder.path
            $0.recording.layout = .separate
            $0.apiKey = Secret("k")
        }
        let key = [("Authorization", "Bearer k")]
        func get(_ target: String, _ headers: [(String, String)] = [], method: String = "GET") throws -> (TestHTTP, body: [UInt8]) {
            let socket = try TestSocket(port: server.port)
            var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
            for (name, value) in headers { text += "\(name): \(value)\r\n" }
            try socket.write(text + "\r\n")
            let head = try socket.readHead()
            return (TestHTTP(head: head), try socket.readToEnd())
        }
        let socket = try TestWebSocket(port: server.port, target: try server.streamPath("twilio"))
        try socket.send(TwilioWire.connected)
        try socket.send(TwilioWire.start())
        for number in 1...600 { try socket.send(TwilioWire.media(TwilioWire.frame(number), chunk: number)) }
        try end(socket)
        var id = ""
        let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
        while ContinuousClock.now < deadline {
            let data = try TestHTTP("GET", "/recordings", port: server.port, headers: key).json["data"] as? [[String: Any]]
            guard let one = data?.first, one["status"] as? String == "finished" else { continue }
            id = one["id"] as? String ?? ""
            break
        }
        let file = Array(try #require(FileManager.default.contents(atPath: folder.path + "/\(id).caller.wav")))
        let path = "/recordings/\(id)/download"
        #expect(try get(path).0.status == 401)
        #expect(try TestHTTP("GET", "/recordings", port: server.port).status == 401)
        let whole = try get(path, key)
        #expect(whole.0.status == 200 && whole.body == file && whole.0.header("content-type") == "audio/wav")
        #expect(file.count > 2 * RecordingDownload.piece)
        #expect(try get(path + "?track=bot", key).0.status == 200)
        #expect(try get(path + "?track=stereo", key).0.status == 404)
        let head = try get(path, key, method: "HEAD")
        #expect(head.0.status == 200 && head.body.isEmpty && head.0.header("content-length") == "\(file.count)")
        let part = try get(path, key + [("Range", "bytes=40-70000")])
        #expect(part.0.status == 206 && part.body == Array(file[40...70_000]))
        #expect(part.0.header("content-range") == "bytes 40-70000/\(file.count)")
        #expect(try get(path, key + [("Range", "bytes=\(file.count)-")]).0.status == 416)

        let link = "/recordings/\(id)/access-link"
        #expect(try get(link).0.status == 401)
        for seconds in ["899", "43201", "x"] { #expect(try get(link + "?valid_for_secs=\(seconds)", key).0.status == 400) }
        let answer = try TestHTTP("GET", link + "?valid_for_secs=900", port: server.port, headers: key).json
        #expect(abs((answer["expires"] as? Double ?? 0) - Date().timeIntervalSince1970 - 900) < 30)
        let url = try #require(URL(string: answer["download_link"] as? String ?? ""))
        #expect(url.scheme == "http" && url.port == server.port && (answer["download_links"] as? [String])?.count == 2)
        let target = url.path + "?" + (url.query ?? "")
        #expect(try get(target).body == file)
        #expect(try get(target.replacingOccurrences(of: "expires=1", with: "expires=2")).0.status == 403)
        #expect(try get(target.replacingOccurrences(of: "signature=", with: "signature=0")).0.status == 403)
        #expect(try get(target.replacingOccurrences(of: id, with: "rec-0")).0.status == 403)

        let deleted = try TestHTTP("DELETE", "/recordings/\(id)", port: server.port, headers: key)
        #expect(deleted.status == 200 && deleted.json["deleted"] as? Bool == true)
        #expect(try get(path, key).0.status == 404)
        #expect(folder.files.isEmpty)
    }

    @Test func `a disk that is full ends the recording and not the call, and the bot is told`() throws {
        let folder = Folder()
        let told = ToldBot()
        let server = try TestServer {
            $0.recording.folder = folder.path
            $0.recording.disk.create = { _ in open("/dev/full", O_RDWR) }
            $0.bots = BotCatalog([told, EchoBot()])
        }
        let (socket, _) = try call(server, bot: "told")
        let recording = try recording(server) { $0["status"] as? String == "errored" }
        #expect((recording["reason"] as? String)?.contains("No space left") == true)
        let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
        while told.box.last != .errored, ContinuousClock.now < deadline { told.box.awaitNews(.milliseconds(100)) }
        #expect(told.box.all == [.recording, .errored])
        #expect(server.log.contains("the call goes on"))
        #expect(server.server.liveCalls == 1)
        try end(socket)
    }

    @Test func `a disk that is too slow ends the recording and not the call`() throws {
        let folder = Folder()
        let told = ToldBot()
        let server = try TestServer {
            $0.recording.folder = folder.path
            $0.recording.longestQueue = -1
            $0.bots = BotCatalog([told, EchoBot()])
        }
        let (socket, _) = try call(server, bot: "told")
        let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
        var chunk = 11
        while told.box.last != .errored, ContinuousClock.now < deadline {
            try socket.send(TwilioWire.media(TwilioWire.frame(chunk), chunk: chunk))
            chunk += 1
            told.box.awaitNews(.milliseconds(1))
        }
        #expect(told.box.all == [.recording, .errored])
        let recording = try recording(server) { $0["status"] as? String == "errored" }
        #expect((recording["reason"] as? String)?.contains("behind") == true)
        try end(socket)
    }

    @Test func `a bot starts and stops its recording, and without --record is told that there is none`() throws {
        let folder = Folder()
        for path in [folder.path, nil] {
            let told = ToldBot(orders: [.start(.caller), .pause, .resume, .stop])
            let server = try TestServer {
                $0.recording.folder = path
                $0.recording.isAutomatic = false
                $0.bots = BotCatalog([told, EchoBot()])
            }
            let (socket, _) = try call(server, bot: "told")
            let expected: [RecordingStatus] = path == nil ? [.errored] : [.recording, .paused, .recording, .finished]
            let deadline = ContinuousClock.now + .seconds(TestSocket.patience)
            while told.box.all.count < expected.count, ContinuousClock.now < deadline { told.box.awaitNews(.milliseconds(100)) }
            #expect(told.box.all == expected)
            try end(socket)
        }
    }

    @Test func `a server that stops closes its recordings, with what they have`() throws {
        let folder = Folder()
        let server = try TestServer { $0.recording.folder = folder.path }
        let (socket, _) = try call(server)
        server.server.stop()
        withExtendedLifetime(socket) {}
        let name = try #require(folder.files.first { $0.hasSuffix(".wav") })
        #expect(place(of: said(10), in: try folder.wav(name).channels[0]) != nil)
        let again = try TestServer { $0.recording.folder = folder.path }
        #expect(try list(again).first?["status"] as? String == "finished")
    }

    @Test func `a folder that another server has is refused`() throws {
        let folder = Folder()
        let server = try TestServer { $0.recording.folder = folder.path }
        #expect(throws: NetError.self) { _ = try RecordingFolder(folder.path, server.server.shared.cryptography, patience: .zero) }
    }
}

extension TestHTTP {
    /// Of a head alone.
    init(head: String) {
        self.head = head
        body = ""
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }
}

/// Gives orders at its start and notes what it is told of the recording.
struct ToldBot: Bot {
    let name = "told"
    var orders: [RecordingOrder] = []
    let box = Box()

    final class Box: Sendable {
        private let held = Mutex<[RecordingStatus]>([])
        private let news = DispatchSemaphore(value: 0)
        var all: [RecordingStatus] { held.withLock(\.self) }
        var last: RecordingStatus? { all.last }
        func add(_ status: RecordingStatus) {
            held.withLock { $0.append(status) }
            news.signal()
        }
        /// Until the bot is told something more, or the time is over.
        func awaitNews(_ time: DispatchTimeInterval) { _ = news.wait(timeout: .now() + time) }
    }

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline { BotPipeline([Told(orders: orders, box: box)]) }

    struct Told: Processor {
        let orders: [RecordingOrder]
        let box: Box

        mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
            context.push(frame, direction)
            switch frame.content {
            case .start: for order in orders { context.push(Frame(.recording(order))) }
            case .recordingChanged(let status): if direction == .downstream { box.add(status) }
            default: break
            }
        }
    }
}
