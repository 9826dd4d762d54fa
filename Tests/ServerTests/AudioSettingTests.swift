import Audio
import Bots
import Call
import Foundation
import Providers
import Testing

@testable import CLI
@testable import Server

@Suite struct AudioSettingTests {
    private func load(_ words: [String], _ environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationLoader.load(
            try ServeCommand.arguments(words[...]), environment: environment, bots: .builtIn, dialects: Provider.all)
    }

    @Test func `denoise and agc are off, and are switched by flag or environment`() throws {
        #expect(try load([]).audioFilter.isOff)
        let configuration = try load(["--denoise", "on"], ["TRUNKLINE_AGC": "true"])
        #expect(configuration.audioFilter == AudioFilterSettings(denoise: true, agc: true))
        #expect(try load(["--agc=off"], ["TRUNKLINE_AGC": "on"]).audioFilter.isOff)
    }

    @Test(arguments: ["--denoise", "--agc"])
    func `anything but on and off is refused`(flag: String) throws {
        let error = try #require(throws: UsageError.self) { try load([flag, "loud"]) }
        #expect(error.message == "\(flag) loud: must be on or off")
    }

    @Test func `a filtered call says so once and is heard 20 ms later`() throws {
        let server = try TestServer { $0.audioFilter = AudioFilterSettings(denoise: true, agc: true) }
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start())
        for number in 1...4 { try socket.send(TwilioWire.media(TwilioWire.frame(number), chunk: number)) }
        for _ in 1...3 { #expect(try socket.receiveJSON()["event"] as? String == "media") }
        try socket.send(TwilioWire.stop)
        #expect(try socket.closeCode() == 1000)
        #expect(server.log.contains("twilio(8000 mu-law) -> denoise -> agc -> echo -> twilio(8000 mu-law)"))
    }
}
