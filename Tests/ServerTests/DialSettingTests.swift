import Audio
import Bots
import Call
import Foundation
import Providers
import Testing

@testable import CLI
@testable import Server

@Suite struct DialSettingTests {
    private func load(_ words: [String], _ environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationLoader.load(
            try ServeCommand.arguments(words[...]), environment: environment, bots: .builtIn, dialects: Provider.all)
    }

    @Test func `rates, guards and caps come from flags and from the environment`() throws {
        let configuration = try load(
            ["--dial-rate", "20,twilio=2", "--dial-allow", "+1,+44", "--stream-timeout", "0", "--journal", "/tmp/j"],
            ["TRUNKLINE_DIAL_CALLS_PER_HOUR": "7", "TRUNKLINE_DIAL_QUEUE": "9"])
        let rules = configuration.dial.rules(configuration.dialling)
        #expect(rules.callsPerSecond == 20 && rules.providers[ProviderName("twilio")]?.callsPerSecond == 2)
        // The provider's documented own, where the list is silent.
        #expect(rules.providers[ProviderName("plivo")]?.callsPerSecond == 2)
        #expect(rules.providers[ProviderName("exotel")]?.canHangUp == false)
        #expect(rules.caps.callsPerHour == 7 && rules.queue == 9 && rules.streamTimeout == nil)
        #expect(configuration.journal == "/tmp/j" && !configuration.isJournalOptional)
        #expect(try load([]).journal == ".trunkline")
        #expect(try load([]).isJournalOptional)
    }

    @Test(arguments: [
        (["--dial-rate", "fast"], "--dial-rate"), (["--dial-concurrency", "acme=2"], "--dial-concurrency"),
        (["--dial-allow", "44"], "--dial-allow"), (["--dial-queue", "0"], "--dial-queue"),
        (["--events-url", "ftp://a.test"], "https://"), (["--events-url", "https://a.test/"], "TRUNKLINE_EVENTS_SECRET"),
        (["--message", "/no/such.wav"], "--message"), (["--stream-timeout", "-1"], "--stream-timeout"),
    ])
    func `what cannot be meant is refused with the mend`(words: [String], mend: String) throws {
        let error = try #require(throws: UsageError.self) { try load(words) }
        #expect(error.message.contains(mend), "\(error.message)")
    }

    @Test func `a message in stereo is both sides of it`() throws {
        let path = NSTemporaryDirectory() + "trunkline-message-\(UUID().uuidString).wav"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = WAV(left: [0, 0, 0], right: [1_000, 2_000, 3_000], rate: .hz44100)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(file.encoded())))
        #expect(try load(["--message", path]).dial.message == PCM16(samples: [500, 1_000, 1_500], rate: .hz44100))
    }

    @Test func `events are signed with their own secret, or with the server's`() throws {
        let flags = ["--events-url", "https://a.test/x?key=1"]
        #expect(try load(flags, ["TRUNKLINE_SECRET": "one"]).dial.eventsSecret?.exposed == "one")
        let both = try load(flags, ["TRUNKLINE_SECRET": "one", "TRUNKLINE_EVENTS_SECRET": "two"])
        #expect(both.dial.eventsSecret?.exposed == "two")
        let shown = Setting.all.first { $0.name == "events-url" }?.show(both)
        #expect(shown == "https://a.test/x?…")
    }
}
