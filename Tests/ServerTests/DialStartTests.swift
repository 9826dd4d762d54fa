import Bots
import Call
import Foundation
import Testing

@testable import Server

@Suite struct DialStartTests {
    @Test func `a call is accepted, written and placed with its provider`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let answer = try bench.start(#"{"phone_number":"+12025550123","provider":"twilio"}"#)
        #expect(answer.status == 201)
        #expect(answer.json["status"] as? String == "queued")
        #expect(answer.json["provider"] as? String == "twilio")
        #expect(answer.json["provider_call_id"] is NSNull)
        let id = try #require(answer.json["call_id"] as? String)
        #expect(bench.place.text.contains(id))
        let call = try bench.wait(id, for: "dialing")
        #expect(call["direction"] as? String == "outbound")
        #expect(call["to"] as? String == "…23" && call["from"] as? String == "…00")
        try bench.wait { try bench.call(id)["provider_call_id"] as? String == "CA1" }
        let form = String(decoding: try #require(bench.double.placed.first).body, as: UTF8.self).removingPercentEncoding ?? ""
        #expect(form.contains("StatusCallback=http://127.0.0.1:\(bench.port)/status/twilio/\(id)"))
        #expect(form.contains("ws://127.0.0.1:\(bench.port)/ws/"))
        #expect(!bench.server.log.text.contains("5550123"))
    }

    @Test(arguments: [
        ("/start", #"{"phone_number":"+12025550123","provider":"twilio","wait_secs":30}"#),
        ("/start", #"{"phone_number":"+12025550123","body":{"a":1}}"#),
        ("/dialout", #"{"to_number":"+12025550123","from_number":"+12025550100"}"#),
        ("/bots/start", #"{"dialout_settings":{"phone_number":"+12025550123"},"body":{"a":1}}"#),
    ])
    func `whoever waits is told the provider's id by the name that scripts read`(path: String, body: String) throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let answer = try bench.start(body, path: path)
        #expect(answer.status == 201)
        #expect(answer.json["provider_call_id"] as? String == "CA1")
        #expect(answer.json["call_sid"] as? String == "CA1")
    }

    @Test func `a refusal of the provider is told with its code`() throws {
        let bench = try DialBench(try AnsweringDouble { _, _ in (400, #"{"code":21211,"message":"Invalid 'To' Phone Number"}"#) })
        defer { bench.double.stop() }
        let answer = try bench.start(#"{"phone_number":"+12025550123","provider":"twilio","wait_secs":30}"#)
        #expect(answer.status == 502)
        #expect(answer.errorCode == "provider_refused")
        let error = try #require(answer.json["error"] as? [String: Any])
        #expect(error["provider_code"] as? String == "21211")
        let id = try #require(error["call_id"] as? String)
        #expect(try bench.call(id)["reason"] as? String == "failed")
    }

    @Test func `who waits in vain is told the state so far`() throws {
        let bench = try DialBench(try AnsweringDouble { _, _ in nil })
        defer { bench.double.stop() }
        let answer = try bench.start(#"{"phone_number":"+12025550123","provider":"twilio","wait_secs":1}"#)
        #expect(answer.status == 201)
        #expect(answer.json["status"] as? String == "dialing")
        #expect(answer.json["call_sid"] == nil)
    }

    @Test func `a key used again gives the same call, and no second one`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let key = [("Idempotency-Key", "list 7, line 12")]
        let first = try bench.start(headers: key), second = try bench.start(headers: key)
        #expect(first.header("Idempotency-Replayed") == nil)
        #expect(second.status == 201)
        #expect(second.header("Idempotency-Replayed") == "true")
        #expect(first.json["call_id"] as? String == second.json["call_id"] as? String)
        let other = try bench.start(#"{"phone_number":"+12025550199"}"#, headers: key)
        #expect(other.status == 409 && other.errorCode == "key_reused")
        try bench.wait { bench.double.placed.count == 1 }
        #expect(try TestHTTP("GET", "/calls", port: bench.port).json["count"] as? Int == 1)
    }

    @Test func `a key sent by many at once makes one call`() async throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let port = bench.port
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 1...20 {
                group.addTask {
                    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "one")]
                    let answer = try TestHTTP(
                        "POST", "/start", port: port, headers: headers, body: #"{"phone_number":"+12025550123"}"#)
                    return answer.json["call_id"] as? String
                }
            }
            var ids: Set<String?> = []
            for try await id in group { ids.insert(id) }
            return ids
        }
        #expect(ids.count == 1 && ids.first != .some(nil))
        try bench.wait { bench.double.placed.count == 1 }
    }

    @Test(arguments: [
        ("nonsense", "bad_json"), ("[1]", "bad_json"), (String(repeating: "[", count: 5_000), "bad_json"), ("", "bad_json"),
        (#"{"phone_number":"+12025550123","colour":"red"}"#, "bad_request"),
        (#"{"phone_number":12025550123,"wait_secs":1}"#, "bad_number"), (#"{"phone_number":"+1202"}"#, "bad_number"),
        (#"{"phone_number":"+12025550123","provider":"acme"}"#, "unknown_provider"),
        (#"{"phone_number":"+12025550123","bot":"nobody","wait_secs":1}"#, "unknown_bot"),
        (#"{"phone_number":"+12025550123","provider":"plivo"}"#, "no_credentials"),
        (#"{"phone_number":"+12025550123","provider":"plivo","from":"+12025550100"}"#, "unreachable"),
        (#"{"phone_number":"+12025550123","provider":"exotel","machine_detection":"detect"}"#, "unsupported"),
        (#"{"phone_number":"+12025550123","timeout_secs":601}"#, "out_of_range"),
        (#"{"phone_number":"+12025550123","priority":10}"#, "out_of_range"),
        (#"{"phone_number":"+12025550123","provider":"exotel","body":{"a":"\#(String(repeating: "x", count: 600))"}}"#, "too_long"),
    ])
    func `what cannot be dialled is refused at once`(body: String, code: String) throws {
        let bench = try DialBench { configuration in
            let base = configuration.settings["TWILIO_API_BASE"] ?? ""
            configuration.transport = ProviderName("twilio")
            configuration.settings = DialBench.settings(
                base,
                [
                    "EXOTEL_ACCOUNT_SID": "e1", "EXOTEL_API_KEY": "k", "EXOTEL_API_TOKEN": "t",
                    "EXOTEL_PHONE_NUMBER": "+12025550100", "EXOTEL_API_BASE": base,
                ])
        }
        defer { bench.double.stop() }
        let answer = try bench.start(body)
        #expect(answer.status == 400, "\(answer.body)")
        #expect(answer.errorCode == code, "\(answer.body)")
        if code == "too_long" {
            let error = try #require(answer.json["error"] as? [String: Any])
            #expect(error["limit"] as? Int == 599)
            #expect((error["bytes"] as? Int ?? 0) > 599)
        }
        #expect(bench.double.asked.isEmpty)
    }

    @Test func `a number in the place of a bot's name is not repeated`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let answer = try bench.start(##"{"phone_number":"+12025550123","bot":"+12025550123"}"##)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "unknown_bot")
        #expect(!answer.body.contains("5550123"))
        #expect(!bench.server.log.text.contains("5550123"))
    }

    @Test func `a number abroad is refused unless it is listed`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let answer = try bench.start(#"{"phone_number":"+442071838750"}"#)
        #expect(answer.status == 403 && answer.errorCode == "destination_not_allowed")
    }

    @Test func `a full queue and a reached cap say when to come again`() throws {
        let full = try DialBench { $0.dial.queue = 1 }
        defer { full.double.stop() }
        _ = try TestHTTP("POST", "/dialing/pause", port: full.port, body: "")
        #expect(try full.start().status == 201)
        let answer = try full.start(#"{"phone_number":"+12025550124","priority":5}"#)
        #expect(answer.status == 429 && answer.errorCode == "queue_full" && answer.header("Retry-After") != nil)
        let capped = try DialBench { $0.dial.caps.callsPerHour = 1 }
        defer { capped.double.stop() }
        #expect(try capped.start().status == 201)
        let refused = try capped.start(#"{"phone_number":"+12025550124","priority":5}"#)
        #expect(
            refused.status == 429 && refused.errorCode == "cap_reached" && refused.body.contains("--dial-")
                && refused.header("Retry-After") != nil)
    }

    @Test func `the routes follow the access rule`() throws {
        let bench = try DialBench { $0.apiKey = Secret("key-1") }
        defer { bench.double.stop() }
        for (method, path) in [("POST", "/start"), ("POST", "/dialout"), ("POST", "/bots/start"), ("GET", "/dialing")] {
            #expect(try TestHTTP(method, path, port: bench.port, body: "").status == 401, "\(path)")
        }
        #expect(try bench.start(headers: [("Authorization", "Bearer key-1")]).status == 201)
        let open = try DialBench()
        defer { open.double.stop() }
        #expect(try open.start(headers: [("Origin", "http://a.test")]).status == 403)
        #expect(try TestHTTP("POST", "/start", port: open.port, body: #"{"phone_number":"+12025550123"}"#).errorCode == "bad_json")
    }

    @Test func `without a journal no call is placed`() throws {
        let bench = try DialBench { $0.journal = nil }
        defer { bench.double.stop() }
        let answer = try bench.start()
        #expect(answer.status == 503 && answer.errorCode == "no_journal")
        #expect(answer.body.contains("--journal"))
        #expect(try TestHTTP("GET", "/calls", port: bench.port).json["count"] as? Int == 0)
    }

    @Test func `the kill switch holds calls back and lets them go`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        #expect(try TestHTTP("POST", "/dialing/pause", port: bench.port, body: "").json["paused"] as? Bool == true)
        let id = try #require(try bench.start().json["call_id"] as? String)
        let other = try #require(try bench.start(#"{"phone_number":"+12025550124","priority":5}"#).json["call_id"] as? String)
        #expect(try TestHTTP("GET", "/dialing", port: bench.port).json["queued"] as? Int == 2)
        let canceled = try TestHTTP("DELETE", "/calls/\(other)", port: bench.port)
        #expect(canceled.status == 200 && canceled.json["reason"] as? String == "canceled")
        #expect(try TestHTTP("DELETE", "/calls/\(other)", port: bench.port).status == 409)
        #expect(bench.double.asked.isEmpty)
        #expect(try TestHTTP("POST", "/dialing/resume", port: bench.port, body: "").json["paused"] as? Bool == false)
        _ = try bench.wait(id, for: "dialing")
        let chosen = try TestHTTP("GET", "/calls?ids=\(id),\(other),call-x", port: bench.port).json
        #expect((chosen["calls"] as? [Any])?.count == 2)
        #expect(chosen["unknown"] as? [String] == ["call-x"])
        let one = try TestHTTP("GET", "/calls?limit=1", port: bench.port).json
        #expect(one["count"] as? Int == 1)
        #expect(try TestHTTP("GET", "/calls?limit=0", port: bench.port).status == 400)
    }
}
