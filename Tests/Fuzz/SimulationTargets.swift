import Audio
import Call
import LibCrypto
import Simulation

extension FuzzTarget {
    private static let answerWords = [
        "<Response>", "<Connect>", "<Stream ", "url=\"wss://a.example/ws\"", "<Parameter name=\"a\" value=\"b\"/>",
        "bidirectional=\"true\"",
        "bidirectionalMode=\"rtp\"", "contentType=\"audio/x-mulaw;rate=8000\"", "<![CDATA[", "]]>", "<!--", "-->", "&amp;",
        "&#x41;",
        "<?xml version=\"1.0\"?>", "\"action\":\"connect\"", "\"endpoint\":[", "\"type\":\"websocket\"", "\"uri\":",
        "\"content-type\":",
        "audio/l16;rate=16000", "\"url\":", "<Redirect>", "statusCallback=",
    ]

    /// Answer documents as each provider reads them: what opens a stream names one, and a complaint says something.
    static let answer = FuzzTarget(
        name: "answer",
        seeds: {
            PlayedProvider.allCases.flatMap { provider in
                (Fixtures.files("\(provider.rawValue)/answers", ".xml") + Fixtures.files("\(provider.rawValue)/answers", ".json"))
            } + Fixtures.findings("answer")
        }, words: answerWords, longest: 8_192
    ) { bytes in
        guard let origin = WebAddress("http://a.example/answer") else { broken("the origin is no address") }
        for provider in PlayedProvider.allCases {
            let desk = ProviderDesk(provider, ProviderSecrets(), .on, OpenSSLCryptography())
            let type = bytes.first == UInt8(ascii: "<") ? "text/xml" : "application/json"
            let response = HTTPResponse(status: 200, headers: ["content-type": type], body: bytes)
            do throws(Complaint) {
                let read = try desk.read(response, from: origin, leg: provider.usualFormat)
                guard case .stream(let order) = read.step else { continue }
                expect(WebAddress(order.url) != nil, "\(provider.rawValue) connects to no address")
                expect(provider.speaks(order.outbound) && provider.speaks(order.inbound), "a format that is not documented")
            } catch {
                expect(!error.description.isEmpty, "a complaint without words")
            }
        }
    }

    /// Scenario files: one that is read names its calls, one that is not says where.
    static let scenario = FuzzTarget(
        name: "scenario", seeds: { Fixtures.files("scenarios", ".json") + Fixtures.findings("scenario") },
        words: [
            "\"calls\":", "\"caller\":", "\"expect\":", "\"wait_ms\":", "\"say\":", "\"press\":", "\"hang_up\":", "\"network\":",
            "1e308", "-1",
        ],
        longest: 8_192
    ) { bytes in
        do throws(ScenarioError) {
            let scenario = try Scenario(parsing: bytes, recording: { _ in nil })
            expect(
                !scenario.calls.isEmpty && scenario.calls.count <= Scenario.mostCalls, "a scenario without calls, or with too many")
        } catch {
            expect(!error.description.isEmpty, "a mistake without words")
        }
    }

    /// What a server sends to the simulated provider, in lines; the playout stands whatever comes.
    static let simulator = FuzzTarget(
        name: "simulator",
        seeds: {
            [
                #"{"event":"media","streamSid":"MZ0","media":{"payload":"/////w=="}}"#, #"{"event":"clear","stream_id":"s"}"#,
                #"{"event":"mark","stream_id":"s","mark":{"name":"a"}}"#,
                #"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"AAAA"}}"#,
                #"{"event":"checkpoint","streamId":"s","name":"a"}"#, #"{"action":"notify","payload":{"a":1}}"#,
                #"{"action":"clear"}"#,
            ].map { Array($0.utf8) } + Fixtures.findings("simulator")
        },
        words: [
            "\"event\":", "\"payload\":", "\"name\":", "clearAudio", "sendDTMF", "\"dtmf\":", "\"streamId\":", "\"stream_sid\":",
        ]
    ) { bytes in
        for provider in PlayedProvider.allCases {
            let identity = CallIdentity.numbered(0, for: provider)
            guard var far = try? SimulatedProvider(provider, identity, SimulationOptions(for: provider)) else { return }
            var buffer = MessageBuffer()
            var now = Moment.zero
            far.start(at: now)
            for line in bytes.split(separator: 0x0A).prefix(64) {
                let text = Array(line)
                far.receive(text.span, text.first == UInt8(ascii: "{") ? .text : .binary, at: now)
                now = now + .milliseconds(30)
                var turns = 0
                while case .send = far.poll(at: now, into: &buffer) {
                    turns += 1
                    expect(turns < 2_000, "a simulated provider that does not stop sending")
                }
            }
            far.hangUp()
            while case .send = far.poll(at: now, into: &buffer) {}
            expect(far.report.heard <= .seconds(now.nanoseconds / 1_000_000_000 + 1), "more was heard than time has passed")
        }
    }
}
