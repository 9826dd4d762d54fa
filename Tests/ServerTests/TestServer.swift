import Call
import Foundation
import LibCrypto
import Synchronization

@testable import Server

/// A running server on a free port of loopback, and what it logged. Stops with its last reference.
final class TestServer {
    let server: TrunklineServer
    /// What was logged until now: lines are written off the loops, so each look waits for those that were given before it.
    var log: TestLog {
        logger.flush()
        return lines
    }
    private let logger: Logger
    private let lines: TestLog
    var port: Int { server.port }

    init(_ change: (inout Configuration) -> Void = { _ in }) throws {
        var configuration = Configuration()
        configuration.port = 0
        configuration.loops = 2
        configuration.logLevel = .debug
        change(&configuration)
        let lines = TestLog()
        self.lines = lines
        logger = Logger(level: .debug, format: .text, write: { lines.append($0) })
        server = try TrunklineServer(configuration, logger: logger)
    }

    deinit { server.stop() }

    /// A stream token for a provider, taken from the answer document that the server gives.
    func streamPath(_ provider: String, _ fields: String = "") throws -> String {
        let answer = try TestHTTP(
            "POST", "/answer/\(provider)", port: port, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: fields)
        guard let range = answer.body.range(of: #"/ws/[A-Za-z0-9._-]+"#, options: .regularExpression) else {
            throw TestSocket.Broken(what: "no stream URL in \(answer.body)")
        }
        return String(answer.body[range])
    }
}

/// The log of a server under test.
final class TestLog: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    func contains(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
    var text: String { lines.withLock { $0.joined() } }
}

/// Twilio's messages, spelt by hand from its documentation.
enum TwilioWire {
    static let connected = #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#

    static func start(call: String = "CA11111111111111111111111111111111", parameters: String = "{}") -> String {
        #"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"\#(call)","#
            + #""tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"#
            + #""customParameters":\#(parameters)}}"#
    }

    static func media(_ payload: [UInt8], chunk: Int) -> String {
        let text = Data(payload).base64EncodedString()
        return
            #"{"event":"media","sequenceNumber":"\#(chunk + 1)","streamSid":"MZ1","media":{"track":"inbound","chunk":"\#(chunk)","#
            + #""timestamp":"\#(chunk * 20)","payload":"\#(text)"}}"#
    }

    static let stop = #"{"event":"stop","sequenceNumber":"9","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#

    /// 160 mu-law codes, different for each frame; 0x7F (negative zero) is left out because linear audio has only one zero.
    static func frame(_ number: Int) -> [UInt8] {
        (0..<160).map { index in
            let code = UInt8(truncatingIfNeeded: index &* 7 &+ number &* 13)
            return code == 0x7F ? 0xFF : code
        }
    }
}
