import Bots
import Call
import Dispatch
import Net
import Providers
import Simulation
import Testing

@testable import CLI
@testable import Server

/// `simulate --answer` against a running server: webhook, document, upgrade and callbacks as the provider makes them.
struct AnsweredCallTests {
    /// What a server knows.
    private static let server = ProviderSettings(
        [
            "TWILIO_AUTH_TOKEN": "tok_made_up", "PLIVO_AUTH_TOKEN": "plivo_made_up", "VONAGE_SIGNATURE_SECRET": "vonage made up",
            "TELNYX_PUBLIC_KEY": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
        ].mapValues { Secret($0) })
    /// What the provider knows: the same, and the private half of Telnyx's key (bytes 00 to 1f).
    private static let provider = [
        "TWILIO_AUTH_TOKEN": "tok_made_up", "PLIVO_AUTH_TOKEN": "plivo_made_up", "VONAGE_SIGNATURE_SECRET": "vonage made up",
        "TELNYX_PRIVATE_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ]

    @Test(arguments: PlayedProvider.allCases)
    func `a call comes about whose webhook and upgrade are signed with the server's secret`(provider: PlayedProvider) throws {
        let server = try TestServer { $0.settings = Self.server }
        let run = try SimulatedRun(
            ["--provider", provider.rawValue, "--answer", "http://127.0.0.1:\(server.port)/answer/\(provider.rawValue)", "--echo"],
            Self.provider)
        #expect(run.outcome.load.failures.isEmpty)
        let report = try #require(run.outcome.single)
        #expect(report.ending == .callerHungUp && report.lostPackets == 0 && report.complaints.isEmpty)
        #expect(run.text.contains(provider == .exotel ? ", unsigned, answered with 200" : ", signed, answered with 200"))
        #expect(!run.text.contains("complaint:"))
        // The token in the document's address stays out of the report.
        #expect(!run.text.contains("/ws/"))
    }

    @Test(arguments: [
        (PlayedProvider.twilio, "11200 HTTP retrieval failure"), (.telnyx, "status 403"),
        (.plivo, "7011 Error Reaching Answer URL"),
        (.vonage, "status 403"),
    ])
    func `a call with a wrong signature or none is refused and the refusal told`(provider: PlayedProvider, words: String) throws {
        let server = try TestServer { $0.settings = Self.server }
        for mode in ["off", "wrong"] {
            let run = try SimulatedRun(
                [
                    "--provider", provider.rawValue, "--answer", "http://127.0.0.1:\(server.port)/answer/\(provider.rawValue)",
                    "--sign",
                    mode,
                ], Self.provider)
            #expect(run.outcome.load.calls == 0)
            let failure = try #require(run.outcome.load.failures.keys.first)
            #expect(failure.hasPrefix("the answer document: ") && failure.contains(words))
            #expect(failure.contains("ignature") || failure.contains("token"))
        }
    }

    @Test(arguments: [PlayedProvider.twilio, .plivo, .vonage])
    func `an upgrade is let in by its signature alone and the public name stays`(provider: PlayedProvider) throws {
        let server = try TestServer {
            $0.settings = Self.server
            $0.publicHost = "voice.example.test"
        }
        let words = [
            "--provider", provider.rawValue, "--url", "wss://voice.example.test/ws/\(provider.rawValue)", "--connect-to",
            "http://127.0.0.1:\(server.port)", "--sign",
        ]
        #expect(try SimulatedRun(words + ["on"], Self.provider).outcome.load.calls == 1)
        for mode in ["off", "wrong"] {
            #expect(
                try SimulatedRun(words + [mode], Self.provider).outcome.load.failures.keys.first?.contains("status 403") == true)
        }
    }

    @Test func `stream callbacks and the action of the document are asked for and signed`() throws {
        let server = try TestServer {
            $0.bots = BotCatalog([GoodbyeBot()])
            $0.bot = "goodbye"
        }
        let document = """
            <Response><Connect action="/after"><Stream url="ws://127.0.0.1:\(server.port)/ws/twilio" statusCallback="/stream" name="leg">
            <Parameter name="tenant" value="t-42"/></Stream></Connect></Response>
            """
        let double = try RESTDouble([(200, document), (204, "")], type: "text/xml")
        let run = try SimulatedRun(
            ["--provider", "twilio", "--answer", "\(double.base)/answer", "--duration", "5"], Self.provider)
        #expect(run.outcome.single?.ending == .serverClosed)
        let requests = (0..<4).compactMap { _ in double.next() }
        // Each on a connection of its own: the last ones may overtake one another.
        #expect(requests.first?.target == "/answer")
        #expect(requests.map(\.target).sorted() == ["/after", "/answer", "/stream", "/stream"])
        #expect(requests.allSatisfy { $0.method == "POST" && $0.headers["x-twilio-signature"] != nil })
        let bodies = requests.map { String(decoding: $0.body, as: UTF8.self) }
        for event in ["stream-started", "stream-stopped"] { #expect(bodies.contains { $0.contains("StreamEvent=\(event)") }) }
        #expect(run.text.contains("then:        the provider asks the action URL (POST) what to do next"))
        #expect(run.text.contains("parameters tenant"))
        double.stop()
    }

    @Test func `a status callback that is not answered with success is a warning`() throws {
        let server = try TestServer()
        let double = try RESTDouble([(500, "")])
        let run = try SimulatedRun([
            "--provider", "vonage", "--answer", "http://127.0.0.1:\(server.port)/answer/vonage", "--status", "\(double.base)/event",
        ])
        #expect(run.outcome.single?.ending == .callerHungUp)
        let bodies = (0..<4).compactMap { _ in double.next() }.map { String(decoding: $0.body, as: UTF8.self) }
        for status in ["started", "ringing", "answered", "completed"] {
            #expect(bodies.contains { $0.contains("\"status\":\"\(status)\"") })
        }
        #expect(run.text.contains("warning:") && run.text.contains("answered with 500"))
        double.stop()
    }

    @Test func `the formats of the document count and not those that were typed`() throws {
        let server = try TestServer()
        let double = try RESTDouble(
            [(200, #"{"url":"ws://127.0.0.1:\#(server.port)/ws/exotel?sample-rate=16000&tenant=t42"}"#)])
        let run = try SimulatedRun([
            "--provider", "exotel", "--answer", "\(double.base)/answer", "--calls", "3", "--duration", "0.5",
        ])
        #expect(run.outcome.load.calls == 3)
        #expect(run.outcome.load.complaints.isEmpty)
        #expect(run.text.contains("16000 PCM16 in, 16000 PCM16 out, parameters tenant (3 times)"))
        double.stop()
    }

    @Test func `nothing is heard on a stream that the document opens one way`() throws {
        let server = try TestServer()
        let double = try RESTDouble(
            [(200, #"<Response><Connect><Stream url="ws://127.0.0.1:\#(server.port)/ws/telnyx"/></Connect></Response>"#)],
            type: "text/xml")
        let run = try SimulatedRun(["--provider", "telnyx", "--answer", "\(double.base)/answer", "--duration", "0.5"])
        let report = try #require(run.outcome.single)
        #expect(report.heard == .zero)
        #expect(report.complaints.entries.contains { $0.complaint.words.hasPrefix("bidirectionalMode is mp3") })
        double.stop()
    }

    @Test func `documents that point to one another come to an end`() throws {
        let double = try RESTDouble([(200, "<Response><Redirect>/again</Redirect></Response>")], type: "text/xml")
        let run = try SimulatedRun(["--provider", "twilio", "--answer", "\(double.base)/answer"])
        #expect(run.outcome.load.failures.keys.first?.contains("more than 10 documents") == true)
        double.stop()
    }

    @Test(arguments: [
        (["--answer", "ftp://a.test/"], "--answer"), (["--answer", "http://a.test/", "--url", "ws://a.test/"], "give one"),
        (["--status", "http://a.test/"], "--answer"), (["--method", "POST"], "--answer"), (["--sign", "maybe"], "on, off, wrong"),
        (["--answer", "http://a.test/", "--method", "PUT"], "POST or GET"), (["--connect-to", "here"], "HOST:PORT"),
        (["--connect-to", "ftp://a.test:1"], "HOST:PORT"), (["--connect-to", "a.test:0"], "HOST:PORT"),
    ])
    func `what cannot be meant is refused with the mend`(words: [String], mend: String) throws {
        let error = try #require(throws: UsageError.self) {
            _ = try SimulationPlan((["--provider", "twilio"] + words)[...], [:])
        }
        #expect(error.message.contains(mend))
    }

    @Test(arguments: [
        ("a.test:1", Detour(host: "a.test", port: 1)),
        ("http://127.0.0.1:80", Detour(host: "127.0.0.1", port: 80, isSecure: false)),
        ("wss://[::1]:443", Detour(host: "::1", port: 443, isSecure: true)),
    ])
    func `the place to connect to is read`(text: String, detour: Detour) throws {
        #expect(try SimulationPlan(["--provider", "twilio", "--connect-to", text], [:]).opening.detour == detour)
    }
}

/// One run of the simulator, to its end.
private struct SimulatedRun {
    let outcome: SimulationResults.Outcome
    /// What was told about documents and callbacks.
    let text: String

    init(_ words: [String], _ environment: [String: String] = [:]) throws {
        let usual = words.contains("--duration") ? [] : ["--duration", "0.3"]
        let plan = try SimulationPlan((words + usual)[...], environment)
        let results = SimulationResults()
        let group = try EventLoopGroup.start(host: nil) { CallDriver(plan, results, $0) }
        let now = Int64(clamping: DispatchTime.now().uptimeNanoseconds)
        #expect(results.wait(until: Moment(nanoseconds: now) + .seconds(30)))
        group.stop(grace: .zero)
        group.wait()
        outcome = results.outcome
        text = plan.opening.log.text(calls: plan.calls) ?? ""
    }
}
