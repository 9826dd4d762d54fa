import Call
import Foundation
import LibCrypto
import Net
import Testing

@testable import Server

@Suite struct DialEventTests {
    private func events(_ receiver: AnsweringDouble) -> [[String: Any]] {
        receiver.asked.compactMap { try? JSONSerialization.jsonObject(with: Data($0.body)) as? [String: Any] }
    }

    @Test func `each change is posted, signed, in order, and again until it is taken`() throws {
        let receiver = try AnsweringDouble { _, number in (number == 1 ? 500 : 204, "") }
        defer { receiver.stop() }
        let bench = try DialBench {
            $0.dial.eventsURL = receiver.base + "/hook?tenant=7"
            $0.dial.eventsSecret = Secret("events-secret")
        }
        defer { bench.double.stop() }
        let id = try #require(
            try bench.start(#"{"phone_number":"+12025550123","metadata":{"row":3},"wait_secs":30}"#).json["call_id"] as? String)
        _ = try bench.status(id, "CallSid=CA1&CallStatus=busy&SequenceNumber=3")
        _ = try bench.wait(id, for: "ended")
        try bench.wait { (events(receiver).last?["call"] as? [String: Any])?["status"] as? String == "ended" }
        let all = events(receiver)
        // The first was not taken: it came twice, with the same bytes, and nothing of the call overtook it.
        #expect(receiver.asked[0].body == receiver.asked[1].body)
        let words = all.dropFirst().compactMap { ($0["call"] as? [String: Any])?["status"] as? String }
        #expect(words.first == "dialing" && words.last == "ended")
        #expect(Set(all.compactMap { $0["event_id"] as? String }).count == all.count - 1)
        let last = try #require(all.last?["call"] as? [String: Any])
        #expect(last["to"] as? String == "…23" && last["reason"] as? String == "busy")
        #expect((last["metadata"] as? [String: Any])?["row"] as? Int == 3)
        #expect(all.allSatisfy { $0["type"] as? String == "call.state" && $0["at"] is Double })
        let request = try #require(receiver.asked.last)
        #expect(request.target == "/hook?tenant=7")
        let header = try #require(request.headers["trunkline-signature"])
        let time = try #require(Int64(header.dropFirst(2).prefix { $0 != "," }))
        let crypto = OpenSSLCryptography()
        let mac = crypto.hmacSHA256(Array("\(time).".utf8) + request.body, key: Array("events-secret".utf8))
        #expect(header == "t=\(time),v1=\(Hex.text(mac))")
    }

    @Test func `an event that nobody took goes out after a restart`() throws {
        let place = JournalPlace()
        let double = try AnsweringDouble.twilio()
        defer { double.stop() }
        let deaf = try AnsweringDouble { _, _ in (503, "") }
        defer { deaf.stop() }
        do {
            let bench = try DialBench(double, place: place) {
                $0.dial.eventsURL = deaf.base
                $0.dial.eventsSecret = Secret("s")
            }
            _ = try bench.start()
            try bench.wait { !deaf.asked.isEmpty }
            bench.server.server.stop()
        }
        let receiver = try AnsweringDouble { _, _ in (200, "") }
        defer { receiver.stop() }
        let bench = try DialBench(double, place: place) {
            $0.dial.eventsURL = receiver.base
            $0.dial.eventsSecret = Secret("s")
        }
        try bench.wait { receiver.asked.count >= 2 }
        #expect(events(receiver).first?["event_id"] as? String == events(deaf).first?["event_id"] as? String)
    }
}
