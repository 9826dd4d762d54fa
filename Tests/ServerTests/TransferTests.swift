import Bots
import Call
import Foundation
import Pipeline
import Providers
import Testing

@testable import Server

/// A caller who is handed over to a telephone, and comes back when nobody answers.
@Suite struct TransferTests {
    @Test(arguments: TransferFarEnd.allCases)
    func `a caller whom nobody answers comes back to the same call at the named place`(farEnd: TransferFarEnd) throws {
        let bench = try TransferBench(farEnd)
        let call = try bench.dialling()
        // The provider takes the caller out of the stream: here it just closes it.
        try call.socket.close()
        try bench.wait(for: "transferring")
        #expect(try TestHTTP("GET", "/calls", port: bench.port).json["count"] as? Int == 1)
        let answer = try bench.action(call.action, "busy")
        #expect(answer.status == 200, "\(answer.body)")
        let second = try bench.open(try bench.streamPath(answer.body))
        let told = bench.heard.notes.calls
        #expect(told.count == 2 && told[0].id == told[1].id && told[1].bot == "operator")
        #expect(told[1].resumption == Resumption(place: "after-operator", outcome: .busy))
        #expect(told[0].resumption == nil)
        #expect(told[1].from == told[0].from && told[1].to == told[0].to && told[1].webhook == told[0].webhook)
        try bench.wait(for: "streaming")
        try second.send(farEnd.key("9"))
        try bench.wait(for: "ended")
        #expect(try bench.record()["termination"] as? String == "completed")
        #expect(bench.server.server.shared.registry.totals.calls == 1)
        let log = bench.server.log.text
        #expect(!log.contains("5550177") && !log.contains("/transfer/"))
        #expect(log.components(separatedBy: "call ended").count == 2)
    }

    @Test(arguments: TransferFarEnd.allCases)
    func `two who have talked end the call`(farEnd: TransferFarEnd) throws {
        let bench = try TransferBench(farEnd)
        let call = try bench.dialling()
        try call.socket.close()
        try bench.wait(for: "transferring")
        if farEnd == .vonage {
            #expect(try bench.action(call.action, "ringing").status == 204)
            #expect(try bench.action(call.action, "answered").status == 204)
        }
        let answer = try bench.action(call.action, "completed")
        #expect(answer.status == 200)
        #expect(farEnd == .vonage ? answer.body == "[]" : answer.body.contains("<Hangup/>"))
        #expect(try bench.record()["termination"] as? String == "transferred")
        // The paid leg is not ended by us: the provider ends it with the document.
        #expect(bench.double.asked.count == 1)
        #expect(try bench.action(call.action, "completed").status == 200)
    }

    @Test(arguments: TransferFarEnd.allCases)
    func `a refusal leaves the caller with the bot`(farEnd: TransferFarEnd) throws {
        let bench = try TransferBench(farEnd, status: 403)
        let socket = try bench.call()
        try socket.send(farEnd.key("1"))
        try bench.wait { bench.heard.notes.answers.count == 1 }
        guard case .refused(let sentence) = bench.heard.notes.answers[0] else {
            Issue.record("accepted")
            return
        }
        #expect(sentence.contains("403") && !sentence.contains("555"))
        #expect(try bench.record()["status"] as? String == "streaming")
        // And once more: nothing of the first is left.
        try socket.send(farEnd.key("1"))
        try bench.wait { bench.heard.notes.answers.count == 2 }
        try socket.close()
        try bench.wait(for: "ended")
        #expect(try bench.record()["termination"] as? String == "caller-hung-up")
    }

    @Test(arguments: TransferFarEnd.allCases)
    func `without credentials the caller stays`(farEnd: TransferFarEnd) throws {
        let bench = try TransferBench(farEnd) { configuration in
            let name = farEnd.rawValue.uppercased()
            configuration.settings = ProviderSettings(["\(name)_API_BASE": Secret("http://127.0.0.1:1")])
        }
        let socket = try bench.call()
        try socket.send(farEnd.key("1"))
        try bench.wait { bench.heard.notes.answers.count == 1 }
        #expect(bench.heard.notes.answers[0] != .accepted)
        #expect(bench.server.log.contains("cannot transfer: set"))
    }

    @Test func `without a public host the provider could not reach the document`() throws {
        let bench = try TransferBench(.twilio) {
            $0.settings = ProviderSettings([
                "TWILIO_ACCOUNT_SID": Secret("AC1"), "TWILIO_API_KEY": Secret("SK1"), "TWILIO_API_SECRET": Secret("s"),
            ])
        }
        let socket = try bench.call()
        try socket.send(bench.farEnd.key("1"))
        try bench.wait { bench.heard.notes.answers.count == 1 }
        #expect(bench.heard.notes.answers == [.refused("twilio cannot reach this server: start it with -x HOST")])
    }

    @Test func `of two transfers at once the second is refused`() throws {
        let bench = try TransferBench(.twilio)
        let socket = try bench.call()
        try socket.send(bench.farEnd.key("2"))
        try bench.wait { bench.heard.notes.answers.count == 2 }
        #expect(bench.heard.notes.answers.contains(.refused("a transfer of this call is under way already")))
        #expect(bench.heard.notes.answers.contains(.accepted))
        #expect(bench.double.asked.count == 1)
        try socket.close()
    }

    @Test func `tokens that are forged, expired, of another provider or made for something else open nothing`() throws {
        let bench = try TransferBench(.twilio)
        let call = try bench.dialling()
        let shared = bench.server.server.shared
        let claim = TransferClaim(call: bench.id, place: "")
        func token(_ purpose: StreamToken.Purpose, _ provider: String = "twilio", nonce: String = "n", expires: Int64 = 60)
            -> String
        {
            shared.tokens.mint(
                ProviderName(provider), claim, nil, callID: nil, bot: "operator", nonce: nonce, for: purpose,
                expires: Int64(shared.unixTime) + expires)
        }
        let form = "application/x-www-form-urlencoded"
        let busy = bench.farEnd.action("busy").body
        for wrong in [
            token(.transferred), token(.stream), token(.transfer, "plivo"), token(.transfer, expires: -1), "e30.e30", "x",
        ] {
            let answer = try bench.post("/answer/twilio/transfer/\(wrong)", form, "")
            #expect(answer.status == 403 && answer.errorCode == "bad_token")
        }
        for wrong in [token(.transfer), token(.transferred, "plivo"), token(.transferred, expires: -1), "e30.e30"] {
            #expect(try bench.post("/answer/twilio/transfer/\(wrong)/done", form, busy).errorCode == "bad_token")
        }
        // Rightly signed, of this very call, and not of its transfer.
        #expect(try bench.post("/answer/twilio/transfer/\(token(.transfer))", form, "").status == 404)
        #expect(try bench.post("/answer/twilio/transfer/\(token(.transferred))/done", form, busy).status == 409)
        for token in [token(.transfer), token(.transferred)] {
            let refusal = #expect(throws: TestWebSocket.Refused.self) {
                try TestWebSocket(port: bench.port, target: "/ws/\(token)")
            }
            #expect(refusal?.status == 403)
        }
        #expect(try TestHTTP("POST", "/answer/exotel/transfer/x", port: bench.port, body: "").status == 404)
        #expect(try bench.record()["status"] as? String == "streaming")
        // The number is in no token.
        let text = call.document.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? ""
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        let claims = Data(base64Encoded: padded.replacing("-", with: "+").replacing("_", with: "/")).map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(claims?.contains("after-operator") == true && claims?.contains("5550177") == false)
    }

    @Test func `an unsigned request for the document is refused once the secret is known`() throws {
        let bench = try TransferBench(.plivo)
        let call = try bench.dialling()
        let bare = try TestHTTP(
            "POST", call.document, port: bench.port, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: "")
        #expect(bare.status == 403 && bare.errorCode == "bad_signature")
        let done = try TestHTTP(
            "POST", call.action, port: bench.port, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: bench.farEnd.action("busy").body)
        #expect(done.errorCode == "bad_signature")
        #expect(try bench.record()["status"] as? String == "streaming")
    }

    @Test func `an action that comes before the stream has ended closes it, and asked twice opens one stream`() throws {
        let bench = try TransferBench(.twilio)
        let call = try bench.dialling()
        let answers = try (1...2).map { _ in try bench.action(call.action, "no-answer") }
        #expect(answers.allSatisfy { $0.status == 200 })
        #expect(try call.socket.closeCode() == 1000)
        let paths = try answers.map { try bench.streamPath($0.body) }
        let second = try bench.open(paths[0])
        #expect(bench.heard.notes.calls.last?.resumption?.outcome == .noAnswer)
        // The other token is the same right, and spent.
        let rival = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: bench.port, target: paths[1]) }
        #expect(rival?.status == 403)
        #expect(try bench.action(call.action, "no-answer").status == 409)
        #expect(try bench.document(call.document).status == 404)
        try bench.wait(for: "streaming")
        try second.close()
        try bench.wait(for: "ended")
        #expect(try bench.action(call.action, "no-answer").status == 409)
    }

    @Test func `the right to come back is worth nothing to another call`() throws {
        let bench = try TransferBench(.twilio)
        let call = try bench.dialling()
        try call.socket.close()
        let path = try bench.streamPath(try bench.action(call.action, "busy").body)
        let wrong = try TestWebSocket(port: bench.port, target: path)
        try wrong.send(TwilioWire.start(call: "CA99999999999999999999999999999999"))
        #expect(try wrong.closeCode() == 1008)
        #expect(try bench.record()["status"] as? String == "transferring")
        let right = try bench.open(path)
        try bench.wait(for: "streaming")
        try right.close()
    }

    @Test func `a caller who hangs up while it rings ends the call`() throws {
        let bench = try TransferBench(.twilio)
        let call = try bench.dialling()
        try call.socket.close()
        let body = "CallSid=\(TransferFarEnd.callID)&CallStatus=completed&DialCallStatus=no-answer"
        let answer = try bench.post(call.action, "application/x-www-form-urlencoded", body)
        #expect(answer.body.contains("<Hangup/>"))
        #expect(try bench.record()["termination"] as? String == "caller-hung-up")
    }

    @Test(arguments: TransferFarEnd.allCases)
    func `the provider's word that the call is over ends one without a stream`(farEnd: TransferFarEnd) throws {
        let bench = try TransferBench(farEnd)
        let call = try bench.dialling()
        try call.socket.close()
        try bench.wait(for: "transferring")
        let form = "application/x-www-form-urlencoded"
        let (type, body) =
            switch farEnd {
            case .twilio: (form, "CallSid=\(TransferFarEnd.callID)&CallStatus=completed")
            case .telnyx: (form, "CallSid=v3%3Aabc&CallStatus=completed")
            case .plivo: (form, "CallUUID=11111111-0000&CallStatus=completed")
            case .vonage: ("application/json", #"{"uuid":"63f61863-4a51","status":"completed","direction":"inbound"}"#)
            }
        _ = try bench.post("/status/\(farEnd.rawValue)", type, body)
        try bench.wait(for: "ended")
        #expect(try bench.record()["termination"] as? String == "caller-hung-up")
    }

    @Test func `a call without a stream can be ended over the API`() throws {
        let bench = try TransferBench(.twilio)
        let call = try bench.dialling()
        try call.socket.close()
        try bench.wait(for: "transferring")
        let answer = try TestHTTP("DELETE", "/calls/\(bench.id)", port: bench.port)
        #expect(answer.status == 200 && answer.json["termination"] as? String == "canceled")
        try bench.wait { bench.double.asked.contains { String(decoding: $0.body, as: UTF8.self) == "Status=completed" } }
        #expect(try bench.action(call.action, "busy").status == 409)
        #expect(try TestHTTP("DELETE", "/calls/\(bench.id)", port: bench.port).status == 409)
    }

    @Test func `a placed call without a stream is in the air, and can be ended over the API`() throws {
        let heard = HeardTransfer()
        let bench = try DialBench {
            $0.bots = BotCatalog([OperatorBot(heard: heard), SpyBot(box: CallBox())])
            $0.bot = "operator"
        }
        defer { bench.double.stop() }
        let id = try #require(try bench.start().json["call_id"] as? String)
        try bench.wait { !bench.double.placed.isEmpty }
        let socket = try TestWebSocket(port: bench.port, target: try bench.streamPath(of: bench.double.placed[0]))
        try socket.send(TwilioWire.start(call: "CA1"))
        _ = try bench.wait(id, for: "streaming")
        try socket.send(TransferFarEnd.twilio.key("1"))
        try bench.wait { heard.notes.answers == [.accepted] }
        let asked = try #require(bench.double.asked.last { $0.target.hasSuffix("/Calls/CA1.json") && $0.method == "POST" })
        let form = [("Content-Type", "application/x-www-form-urlencoded")]
        let path = try TransferFarEnd.twilio.documentPath(asked)
        let document = try TestHTTP("POST", path, port: bench.port, headers: form, body: "")
        // Shown is our number, from which the call was placed.
        #expect(document.body.contains(#"callerId="+12025550100""#))
        try socket.close()
        let call = try bench.wait(id, for: "transferring")
        #expect(call["direction"] as? String == "outbound")
        #expect(bench.server.server.shared.dialing.inTheAir == 1)
        #expect(try TestHTTP("DELETE", "/calls/\(id)", port: bench.port).status == 200)
        try bench.wait { bench.double.asked.contains { String(decoding: $0.body, as: UTF8.self) == "Status=completed" } }
        _ = try bench.status(id, "CallSid=CA1&CallStatus=completed")
        _ = try bench.wait(id, for: "ended")
        try bench.wait { try bench.call(id)["termination"] != nil }
        let action = path + "/done"
        #expect(try TestHTTP("POST", action, port: bench.port, headers: form, body: "DialCallStatus=busy").status == 403)
    }

    @Test(arguments: [200, 422])
    func `keys for Telnyx go by its API, and as tones when it refuses them`(status: Int) throws {
        let bench = try TransferBench(.telnyx, status: status)
        let socket = try bench.call()
        try socket.send(bench.farEnd.key("3"))
        try bench.wait { bench.double.asked.contains { $0.target.hasSuffix("/v3%3Aabc/actions/send_dtmf") } }
        let body = bench.double.asked.last.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
        #expect(body.contains(#""digits":"1#""#))
        if status == 422 {
            #expect(try socket.receiveJSON()["event"] as? String == "media")
        } else {
            try bench.wait { bench.server.log.contains("keys sent") }
        }
    }

    @Test func `keys for Plivo go by message`() throws {
        let bench = try TransferBench(.plivo)
        let socket = try bench.call()
        try socket.send(bench.farEnd.key("3"))
        let message = try socket.receiveJSON()
        #expect(message["event"] as? String == "sendDTMF" && message["dtmf"] as? String == "1#")
    }

    @Test func `a stream that the provider leaves open is closed, and the call goes on`() throws {
        let bench = try TransferBench(.vonage) { $0.transfer.streamEnd = .milliseconds(1) }
        let call = try bench.dialling()
        #expect(try call.socket.closeCode() == 1000)
        try bench.wait(for: "transferring")
        let second = try bench.open(try bench.streamPath(try bench.action(call.action, "unanswered").body))
        #expect(bench.heard.notes.calls.last?.resumption?.outcome == .noAnswer)
        try bench.wait(for: "streaming")
        // Vonage's last word on the telephone comes after, and means nothing any more.
        #expect(try bench.action(call.action, "completed").status == 204)
        #expect(try bench.record()["status"] as? String == "streaming")
        try second.close()
    }

    @Test func `a provider that says yes and never comes leaves the caller with the bot`() throws {
        let bench = try TransferBench(.twilio) { $0.transfer.document = .milliseconds(1) }
        let socket = try bench.call()
        try socket.send(bench.farEnd.key("1"))
        try bench.wait { bench.heard.notes.answers.count == 2 }
        #expect(bench.heard.notes.answers[0] == .accepted && bench.heard.notes.answers[1] != .accepted)
        let path = try bench.farEnd.documentPath(try bench.request())
        #expect(try bench.document(path).status == 404)
        try socket.close()
        try bench.wait(for: "ended")
    }

    @Test func `an action that never comes is bounded`() throws {
        let bench = try TransferBench(.twilio) {
            $0.limits.duration = .seconds(1)
            $0.transfer.grace = .seconds(-20.9)
        }
        let call = try bench.dialling()
        try call.socket.close()
        try bench.wait(for: "ended")
        #expect(try bench.record()["termination"] as? String == "maximum-duration")
        try bench.wait { bench.double.asked.contains { String(decoding: $0.body, as: UTF8.self) == "Status=completed" } }
    }

    @Test func `a stream that never comes back is bounded`() throws {
        let bench = try TransferBench(.twilio) { $0.transfer.comeback = .milliseconds(1) }
        let call = try bench.dialling()
        try call.socket.close()
        let path = try bench.streamPath(try bench.action(call.action, "busy").body)
        try bench.wait(for: "ended")
        let late = try TestWebSocket(port: bench.port, target: path)
        try late.send(TwilioWire.start(call: TransferFarEnd.callID))
        #expect(try late.closeCode() == 1008)
        #expect(try bench.record()["status"] as? String == "ended")
    }

    @Test func `a stream that ends before the provider has answered is no end of the call`() throws {
        let bench = try TransferBench(.twilio)
        let socket = try bench.call()
        try socket.send(bench.farEnd.key("1"))
        try socket.close()
        let document = try bench.document(try bench.farEnd.documentPath(try bench.request()))
        #expect(document.status == 200)
        try bench.wait(for: "transferring")
    }

    @Test func `a place is kept for whoever comes back, and draining waits for them`() throws {
        let bench = try TransferBench(.twilio) {
            $0.maximumCalls = 1
            $0.drainTimeout = .seconds(30)
        }
        let call = try bench.dialling()
        try call.socket.close()
        try bench.wait(for: "transferring")
        let other = try bench.post("/answer/twilio", "application/x-www-form-urlencoded", "CallSid=CA2&AccountSid=AC1")
        let filler = try TestWebSocket(port: bench.port, target: try bench.streamPath(other.body))
        bench.server.server.shared.isDraining = true
        let second = try bench.open(try bench.streamPath(try bench.action(call.action, "busy").body))
        try bench.wait(for: "streaming")
        try second.close()
        try filler.close()
    }

    @Test(arguments: TransferFarEnd.allCases)
    func `another server with the same secret takes the caller back under the same id`(farEnd: TransferFarEnd) throws {
        let bench = try TransferBench(farEnd)
        let call = try bench.dialling()
        try call.socket.close()
        let heard = HeardTransfer()
        let replica = try TestServer {
            $0.secret = Secret("a secret of thirty-two characters")
            $0.bots = BotCatalog([OperatorBot(heard: heard), SpyBot(box: CallBox())])
            $0.bot = "spy"
        }
        let form = [("Content-Type", "application/x-www-form-urlencoded")]
        #expect(try TestHTTP("POST", call.document, port: replica.port, headers: form, body: "").status == 404)
        let (type, body) = farEnd.action("busy")
        let answer = try TestHTTP("POST", call.action, port: replica.port, headers: [("Content-Type", type)], body: body)
        // Vonage's streams name the call only as the document has it.
        #expect(farEnd != .vonage || answer.body.contains("63f61863-4a51"))
        let socket = try TestWebSocket(port: replica.port, target: try bench.streamPath(answer.body))
        for message in farEnd.opening { try socket.send(message) }
        try bench.wait { heard.notes.calls.count == 1 }
        let told = heard.notes.calls[0]
        #expect(told.id == bench.id && told.bot == "operator")
        #expect(told.resumption == Resumption(place: "after-operator", outcome: .busy))
    }

    @Test(arguments: ["stop", "pause", "resume"])
    func `a recording goes on as it was when the caller comes back`(action: String) throws {
        let folder = RecordingTests.Folder()
        let bench = try TransferBench(.twilio) { $0.recording.folder = folder.path }
        let socket = try bench.call()
        func order(_ action: String) throws -> TestHTTP {
            try bench.post("/calls/\(bench.id)/recording", "application/json", #"{"action":"\#(action)"}"#)
        }
        #expect(try order(action).status == 200)
        try socket.send(bench.farEnd.key("1"))
        let document = try bench.document(try bench.farEnd.documentPath(try bench.request()))
        try socket.close()
        try bench.wait(for: "transferring")
        let refused = try order("start")
        #expect(refused.status == 409 && refused.body.contains("on the way to a telephone"))
        let answer = try bench.action(try bench.farEnd.actionPath(document.body), "busy")
        let second = try bench.open(try bench.streamPath(answer.body))
        try bench.wait(for: "streaming")
        var states: [String] = []
        // The newest first; the writer finishes the one before.
        try bench.wait {
            let list = try TestHTTP("GET", "/recordings", port: bench.port).json["data"] as? [[String: Any]] ?? []
            states = list.compactMap { $0["status"] as? String }
            return states.last == "finished"
        }
        #expect(states == (action == "stop" ? [] : [action == "pause" ? "paused" : "recording"]) + ["finished"])
        try second.close()
    }
}
