import Bots
import Call
import Foundation
import Pipeline
import Providers
import Synchronization
import Testing

@testable import Server

@Suite struct DialStreamTests {
    @Test func `the stream of a placed call is that call`() throws {
        let box = CallBox()
        let bench = try DialBench { $0.bots = BotCatalog([EchoBot(), SpyBot(box: box)]) }
        defer { bench.double.stop() }
        let body = #"{"phone_number":"+12025550123","bot":"spy","body":{"order":7},"wait_secs":30}"#
        let id = try #require(try bench.start(body).json["call_id"] as? String)
        let path = try bench.streamPath(of: try #require(bench.double.placed.first))
        let socket = try TestWebSocket(port: bench.port, target: path)
        let rival = try TestWebSocket(port: bench.port, target: path)
        try socket.send(TwilioWire.start(call: "CA1"))
        let call = try bench.wait(id, for: "streaming")
        #expect(call["stream_id"] as? String == "MZ1")
        #expect(call["counters"] != nil)
        let told = try #require(box.call)
        #expect(told.id == id && told.bot == "spy")
        #expect(told.to?.exposed == "+12025550123" && told.from?.exposed == "+12025550100")
        #expect(told.body?["order"]?.number == 7)
        // The same token, held by a second socket: it does not become the call, and its end is not the call's.
        try rival.send(TwilioWire.start(call: "CA1"))
        #expect(try rival.closeCode() == 1008)
        #expect(try bench.call(id)["status"] as? String == "streaming")
        #expect(try TestHTTP("GET", "/calls", port: bench.port).json["count"] as? Int == 1)
        try socket.send(TwilioWire.stop)
        #expect(try bench.status(id, "CallSid=CA1&CallStatus=completed&SequenceNumber=3").status == 200)
        let ended = try bench.wait(id, for: "ended")
        #expect(ended["reason"] as? String == "completed")
        try bench.wait { try bench.call(id)["termination"] as? String == "caller-hung-up" }
    }

    @Test func `another server with the same secret takes the stream, its body and its id`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let box = CallBox()
        let replica = try TestServer {
            $0.secret = Secret("a secret of thirty-two characters")
            $0.bots = BotCatalog([EchoBot(), SpyBot(name: "echo", box: box)])
        }
        let id = try bench.start(#"{"phone_number":"+12025550123","body":{"order":7}}"#).json["call_id"] as? String
        let path = try bench.streamPath(of: try #require(bench.double.placed.first))
        let socket = try TestWebSocket(port: replica.port, target: path)
        try socket.send(TwilioWire.start(call: "CA1"))
        try bench.wait { box.call != nil }
        #expect(box.call?.id == id && box.call?.body?["order"]?.number == 7)
        #expect(!path.contains("="))
    }

    @Test func `a call that has ended opens no stream, after a restart neither`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let id = try #require(
            try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#).json["call_id"] as? String)
        let path = try bench.streamPath(of: try #require(bench.double.placed.first))
        #expect(try bench.status(id, "CallSid=CA1&CallStatus=canceled").status == 200)
        _ = try bench.wait(id, for: "ended")
        // The state is told before it is on disk, the tokens end after.
        try bench.wait { bench.server.server.shared.dialing.inTheAir == 0 }
        let late = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: bench.port, target: path) }
        #expect(late?.status == 403)
        bench.server.server.stop()
        let next = try DialBench(bench.double, place: bench.place)
        #expect(try next.call(id)["reason"] as? String == "canceled")
        let later = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: next.port, target: path) }
        #expect(later?.body.contains("has ended") == true)
    }

    @Test func `the token of one call does not take the stream of another`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let ids = try ["+12025550123", "+12025550124"].map { number in
            try #require(try bench.start(#"{"phone_number":"\#(number)","wait_secs":30}"#).json["call_id"] as? String)
        }
        let paths = try bench.double.placed.map { try bench.streamPath(of: $0) }
        let wrong = try TestWebSocket(port: bench.port, target: paths[0])
        try wrong.send(TwilioWire.start(call: "CA2"))
        #expect(try wrong.closeCode() == 1008)
        #expect(try bench.call(ids[0])["status"] as? String == "dialing")
        let right = try TestWebSocket(port: bench.port, target: paths[0])
        try right.send(TwilioWire.start(call: "CA1"))
        _ = try bench.wait(ids[0], for: "streaming")
    }

    @Test func `callbacks move the call, twice and late ones do not`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let id = try #require(
            try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#).json["call_id"] as? String)
        #expect(try bench.status(id, "CallSid=CA1&CallStatus=in-progress&SequenceNumber=2").status == 200)
        _ = try bench.wait(id, for: "answered")
        #expect(try bench.status(id, "CallSid=CA1&CallStatus=ringing&SequenceNumber=1").status == 200)
        #expect(try bench.status(id, "CallSid=CA1&AnsweredBy=human").status == 200)
        #expect(try bench.status(id, "nothing=1").status == 204)
        let tooLong = String(repeating: "C", count: 256)
        #expect(try bench.status(id, "CallSid=\(tooLong)&CallStatus=completed").status == 204)
        try bench.wait { try bench.call(id)["machine"] as? String == "human" }
        #expect(try bench.call(id)["status"] as? String == "answered")
        #expect(try bench.status(id, "CallSid=CA1&CallStatus=completed&ErrorCode=%2B12025550123&SequenceNumber=4").status == 200)
        #expect(try bench.wait(id, for: "ended")["code"] as? String == "in-progress")
        #expect(!bench.server.log.text.contains("5550123"))
    }

    @Test func `an unsigned callback is refused once the secret is known`() throws {
        let bench = try DialBench { configuration in
            let base = configuration.settings["TWILIO_API_BASE"] ?? ""
            configuration.settings = DialBench.settings(base, ["TWILIO_AUTH_TOKEN": "token-1"])
        }
        defer { bench.double.stop() }
        let id = try #require(
            try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#).json["call_id"] as? String)
        let answer = try bench.status(id, "CallSid=CA1&CallStatus=completed")
        #expect(answer.status == 403 && answer.errorCode == "bad_signature")
        #expect(try bench.call(id)["status"] as? String == "dialing")
        #expect(try TestHTTP("POST", "/status/acme/\(id)", port: bench.port, body: "").status == 404)
    }

    @Test func `what machine detection heard reaches the bot`() throws {
        let heard = HeardVerdicts()
        let bench = try DialBench { $0.bots = BotCatalog([EchoBot(), VerdictBot(heard: heard)]) }
        defer { bench.double.stop() }
        let body = #"{"phone_number":"+12025550123","bot":"verdicts","machine_detection":"detect","wait_secs":30}"#
        let id = try #require(try bench.start(body).json["call_id"] as? String)
        let socket = try TestWebSocket(
            port: bench.port, target: try bench.streamPath(of: try #require(bench.double.placed.first)))
        try socket.send(TwilioWire.start(call: "CA1"))
        _ = try bench.wait(id, for: "streaming")
        _ = try bench.status(id, "CallSid=CA1&AnsweredBy=machine_start")
        try bench.wait { heard.all == [.machine] }
    }

    @Test func `a live call is ended at its provider`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let id = try #require(
            try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#).json["call_id"] as? String)
        #expect(try TestHTTP("DELETE", "/calls/\(id)", port: bench.port).status == 200)
        try bench.wait { bench.double.asked.contains { $0.target.hasSuffix("/Calls/CA1.json") } }
    }

    @Test func `a call that its provider cannot end is not ended`() throws {
        let double = try AnsweringDouble { _, _ in (200, #"{"Call":{"Sid":"x1"}}"#) }
        defer { double.stop() }
        let bench = try DialBench(double) {
            $0.settings = ProviderSettings([
                "EXOTEL_ACCOUNT_SID": Secret("e1"), "EXOTEL_API_KEY": Secret("k"), "EXOTEL_API_TOKEN": Secret("t"),
                "EXOTEL_PHONE_NUMBER": Secret("+12025550100"), "EXOTEL_API_BASE": Secret(double.base),
            ])
        }
        let answer = try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#)
        #expect(answer.json["call_sid"] as? String == "x1", "\(answer.body)")
        let id = try #require(answer.json["call_id"] as? String)
        #expect(try TestHTTP("DELETE", "/calls/\(id)", port: bench.port).errorCode == "unsupported")
        #expect(try bench.call(id)["status"] as? String == "dialing")
    }

    @Test func `a provider that fetches the document gets the stream of its call`() throws {
        let double = try AnsweringDouble { _, number in (201, #"{"request_uuid":"uuid-\#(number)"}"#) }
        defer { double.stop() }
        let box = CallBox()
        let bench = try DialBench(double) {
            $0.bots = BotCatalog([EchoBot(), SpyBot(box: box)])
            $0.settings = ProviderSettings([
                "PLIVO_AUTH_ID": Secret("MA1"), "PLIVO_AUTH_TOKEN": Secret("t"), "PLIVO_PHONE_NUMBER": Secret("+12025550100"),
                "PLIVO_API_BASE": Secret(double.base),
            ])
        }
        // Too long for the address: it stays here until the document is fetched.
        let long = String(repeating: "x", count: 1_000)
        let answer = try bench.start(
            #"{"phone_number":"+12025550123","bot":"spy","body":{"a":"\#(long)"},"wait_secs":30}"#)
        #expect(answer.json["call_uuid"] as? String == "uuid-1", "\(answer.body)")
        let text = String(decoding: try #require(double.asked.first).body, as: UTF8.self)
        let range = try #require(text.range(of: #"/answer/plivo/[A-Za-z0-9._-]+"#, options: .regularExpression))
        let target = String(text[range])
        // Plivo's secret is set, so the document is not for everybody.
        #expect(try TestHTTP("POST", target, port: bench.port, body: "").errorCode == "bad_signature")
        let token = try #require(target.split(separator: "/").last.map(String.init))
        let claim = try bench.server.server.shared.tokens.verify(token, for: .answer, unixTime: Int64(Date().timeIntervalSince1970))
        #expect(claim.dialled?.id == answer.json["call_id"] as? String)
        #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: bench.port, target: "/ws/\(token)") }
    }

    @Test func `an answer address without a secret to check gives the document with the body`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let shared = bench.server.server.shared
        let claim = DialledClaim(id: "call-1", body: .object(["a": .number(1)]), machineDetection: .off)
        let now = Int64(Date().timeIntervalSince1970)
        let token = shared.tokens.mint(ProviderName("vonage"), claim, bot: "echo", for: .answer, expires: now + 60)
        let answer = try TestHTTP("GET", "/answer/vonage/\(token)?uuid=u1", port: bench.port)
        #expect(answer.status == 200, "\(answer.body)")
        let range = try #require(answer.body.range(of: #"/ws/[A-Za-z0-9._-]+"#, options: .regularExpression))
        let stream = try shared.tokens.verify(String(answer.body[range].dropFirst(4)), unixTime: now)
        #expect(stream.dialled == claim)
        #expect(try TestHTTP("GET", "/answer/twilio/\(token)", port: bench.port).errorCode == "bad_token")
    }
}

/// What a bot was told of who answered.
final class HeardVerdicts: Sendable {
    private let held = Mutex<[MachineVerdict]>([])
    var all: [MachineVerdict] { held.withLock(\.self) }
    func add(_ verdict: MachineVerdict) { held.withLock { $0.append(verdict) } }
}

private struct VerdictBot: Bot {
    let name = "verdicts"
    let heard: HeardVerdicts

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline { BotPipeline([Listener(heard: heard)]) }

    struct Listener: Processor {
        let heard: HeardVerdicts

        mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
            if case .machineDetected(let verdict) = frame.content { heard.add(verdict) }
            context.push(frame, direction)
        }
    }
}
