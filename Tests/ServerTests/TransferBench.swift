import Bots
import Call
import Foundation
import Net
import Pipeline
import Providers
import Synchronization
import Testing

@testable import Server

/// What a bot was told of its transfer.
final class HeardTransfer: Sendable {
    struct Notes: Sendable {
        var calls: [CallInfo] = []
        var answers: [TransferAnswer] = []
    }
    private let held = Mutex(Notes())
    var notes: Notes { held.withLock(\.self) }
    func note(_ change: (inout Notes) -> Void) { held.withLock { change(&$0) } }
}

/// Orders a transfer when the caller presses 1, twice at once with 2, says keys with 3, and ends the call with 9.
struct OperatorBot: Bot {
    var name = "operator"
    let heard: HeardTransfer

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        heard.note { $0.calls.append(call) }
        return BotPipeline([Desk(heard: heard)])
    }

    struct Desk: Processor {
        let heard: HeardTransfer
        static let order = TransferOrder(to: PhoneNumber("+12025550177"), timeout: 20, resumeAt: "after-operator")

        mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
            context.push(frame, direction)
            switch frame.content {
            case .inputDTMF(.one): context.push(Frame(.transfer(Self.order)))
            case .inputDTMF(.two):
                context.push(Frame(.transfer(Self.order)))
                context.push(Frame(.transfer(Self.order)))
            case .inputDTMF(.three): context.push(Frame(.outputDTMF([.one, .pound])))
            case .inputDTMF(.nine): context.push(Frame(.end(.completed)))
            case .transferAnswered(let answer): heard.note { $0.answers.append(answer) }
            default: break
            }
        }
    }
}

/// A provider as its callers meet it: spells its messages, reads its documents. By hand, from the provider's documents.
enum TransferFarEnd: String, CaseIterable, Sendable {
    case twilio, telnyx, plivo, vonage

    static let callID = "CA11111111111111111111111111111111"

    /// Of the answer webhook.
    var webhook: String {
        switch self {
        case .twilio: "CallSid=\(Self.callID)&AccountSid=AC1&From=%2B12025550143&To=%2B12025550100&CallStatus=ringing"
        case .telnyx: "CallSid=v3%3Aabc&AccountSid=61bf923e-5e4d&From=%2B12025550143&To=%2B12025550100"
        case .plivo: "CallUUID=11111111-0000&From=12025550143&To=12025550100&Direction=inbound"
        case .vonage: "uuid=63f61863-4a51&conversation_uuid=CON-1&from=12025550143&to=12025550100"
        }
    }

    /// The messages that open a stream.
    var opening: [String] {
        switch self {
        case .twilio: [TwilioWire.connected, TwilioWire.start(call: Self.callID)]
        case .telnyx:
            [
                #"{"event":"connected","version":"1.0.0"}"#,
                #"{"event":"start","sequence_number":"1","stream_id":"s1","start":{"user_id":"u1","call_control_id":"v3:abc","#
                    + #""from":"+12025550143","to":"+12025550100","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#,
            ]
        case .plivo:
            [
                #"{"event":"start","sequenceNumber":1,"start":{"callId":"11111111-0000","streamId":"s1","accountId":"MA1","#
                    + #""tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000}},"extra_headers":""}"#
            ]
        case .vonage:
            [
                #"{"event":"websocket:connected","content-type":"audio/l16;rate=16000","uuid":"63f61863-4a51","#
                    + #""from":"12025550143","to":"12025550100"}"#
            ]
        }
    }

    func key(_ key: String) -> String {
        switch self {
        case .twilio: #"{"event":"dtmf","sequenceNumber":"5","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"\#(key)"}}"#
        case .telnyx: #"{"event":"dtmf","sequence_number":"5","stream_id":"s1","dtmf":{"digit":"\#(key)"}}"#
        case .plivo:
            #"{"event":"dtmf","sequenceNumber":5,"streamId":"s1","dtmf":{"track":"inbound","digit":"\#(key)","timestamp":"1"}}"#
        case .vonage: #"{"event":"websocket:dtmf","digit":"\#(key)","duration":260}"#
        }
    }

    /// Method and path of the request that transfers.
    var request: (method: String, path: String) {
        switch self {
        case .twilio: ("POST", "/2010-04-01/Accounts/AC1/Calls/\(Self.callID).json")
        case .telnyx: ("POST", "/v2/texml/Accounts/61bf923e-5e4d/Calls/v3%3Aabc")
        case .plivo: ("POST", "/v1/Account/MA1/Call/11111111-0000/")
        case .vonage: ("PUT", "/v1/calls/63f61863-4a51")
        }
    }

    /// Where the request says that the document is. - Throws: when the request is not as documented.
    func documentPath(_ request: IncomingRequest) throws -> String {
        let text = String(decoding: request.body, as: UTF8.self)
        let url: String?
        switch self {
        case .twilio, .telnyx:
            let fields = Dictionary(
                uniqueKeysWithValues: text.split(separator: "&").map { pair in
                    let parts = pair.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
                    return (parts[0], parts[1])
                })
            #expect(Set(fields.keys) == ["Url", "Method"] && fields["Method"] == "POST")
            #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
            url = fields["Url"]
        case .plivo:
            let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
            #expect(body?["legs"] == "aleg" && body?["aleg_method"] == "POST" && body?.count == 3)
            url = body?["aleg_url"]
        case .vonage:
            let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
            let destination = body?["destination"] as? [String: Any]
            #expect(body?["action"] as? String == "transfer" && destination?["type"] as? String == "ncco")
            url = (destination?["url"] as? [String])?.first
        }
        let range = try #require(url?.range(of: "/answer/"))
        return String(url?[range.lowerBound...] ?? "")
    }

    /// How the provider fetches the document.
    var documentMethod: String { self == .vonage ? "GET" : "POST" }

    /// The path of the action in the document. - Throws: when the document does not dial as ordered.
    func actionPath(_ document: String) throws -> String {
        let url: String?
        if self == .vonage {
            let actions = try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [[String: Any]]
            let action = try #require(actions?.first)
            #expect(action["action"] as? String == "connect" && action["eventType"] as? String == "synchronous")
            #expect(action["timeout"] as? Int == 20 && action["from"] as? String == "12025550100")
            let endpoint = (action["endpoint"] as? [[String: String]])?.first
            #expect(endpoint == ["type": "phone", "number": "12025550177"])
            url = (action["eventUrl"] as? [String])?.first
        } else {
            let plus = self == .plivo ? "" : "+"
            #expect(document.contains("<Number>\(plus)12025550177</Number>") && document.contains(#"timeout="20""#))
            #expect(document.contains(#"callerId="\#(plus)12025550100""#))
            let range = try #require(document.range(of: #"action="[^"]+""#, options: .regularExpression))
            url = String(document[range].dropFirst(8).dropLast())
        }
        let range = try #require(url?.range(of: "/answer/"))
        return String(url?[range.lowerBound...] ?? "")
    }

    /// What the provider says after the dial.
    func action(_ word: String) -> (type: String, body: String) {
        let form = "application/x-www-form-urlencoded"
        switch self {
        case .twilio: return (form, "CallSid=\(Self.callID)&CallStatus=in-progress&DialCallStatus=\(word)")
        case .telnyx: return (form, "CallSid=v3%3Aabc&CallStatus=in-progress&DialCallStatus=\(word)")
        case .plivo: return (form, "CallUUID=11111111-0000&CallStatus=in-progress&DialStatus=\(word)")
        case .vonage: return ("application/json", #"{"uuid":"b-leg-1","status":"\#(word)","direction":"outbound"}"#)
        }
    }
}

/// A server whose bot transfers, a double of the providers' REST APIs, and one call.
final class TransferBench {
    static let settings = [
        "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "secret-1", "TELNYX_API_KEY": "KEY1",
        "PLIVO_AUTH_ID": "MA1", "PLIVO_AUTH_TOKEN": "plivo-1", "VONAGE_APPLICATION_ID": "app-1",
    ]

    /// Made for these tests alone. It opens nothing.
    static let key = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/vonage/dial/made-up.pem")

    let farEnd: TransferFarEnd
    let double: AnsweringDouble
    let server: TestServer
    let heard = HeardTransfer()
    var port: Int { server.port }

    init(
        _ farEnd: TransferFarEnd, status: Int? = nil, _ change: (inout Configuration) -> Void = { _ in }
    ) throws {
        self.farEnd = farEnd
        let usual = farEnd == .plivo ? 202 : farEnd == .vonage ? 204 : 200
        double = try AnsweringDouble { _, _ in (status ?? usual, status == nil && usual == 204 ? "" : "{}") }
        let base = double.base, heard = heard
        let key = try String(contentsOf: Self.key, encoding: .utf8)
        server = try TestServer {
            $0.bots = BotCatalog([OperatorBot(heard: heard), SpyBot(box: CallBox())])
            $0.bot = "operator"
            var values = Self.settings
            for name in ["TWILIO", "TELNYX", "PLIVO", "VONAGE"] { values[name + "_API_BASE"] = base }
            values["VONAGE_PRIVATE_KEY"] = key
            $0.settings = ProviderSettings(values.mapValues { Secret($0) })
            $0.secret = Secret("a secret of thirty-two characters")
            change(&$0)
        }
    }

    deinit { double.stop() }

    func post(_ path: String, _ type: String, _ body: String, headers: [(String, String)] = []) throws -> TestHTTP {
        try TestHTTP("POST", path, port: port, headers: [("Content-Type", type)] + headers + signature(path, body), body: body)
    }

    /// Plivo's auth token is needed for the API, and turns the check of webhooks on.
    private func signature(_ path: String, _ body: String) -> [(String, String)] {
        guard farEnd == .plivo else { return [] }
        let fields = body.split(separator: "&").map { pair -> (String, String) in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                String($0).removingPercentEncoding ?? ""
            }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
        let text =
            "http://127.0.0.1:\(port)\(path)" + (fields.isEmpty ? "" : "?" + fields.sorted { $0 < $1 }.map { $0 + $1 }.joined())
        let mac = server.server.shared.cryptography.hmacSHA256(Array((text + ".nonce-1").utf8), key: Array("plivo-1".utf8))
        return [("X-Plivo-Signature-V3", Data(mac).base64EncodedString()), ("X-Plivo-Signature-V3-Nonce", "nonce-1")]
    }

    func streamPath(_ document: String) throws -> String {
        let range = try #require(document.range(of: #"/ws/[A-Za-z0-9._-]+"#, options: .regularExpression), "\(document)")
        return String(document[range])
    }

    /// A caller who has been answered.
    func call() throws -> TestWebSocket {
        let answer = try post("/answer/\(farEnd.rawValue)", "application/x-www-form-urlencoded", farEnd.webhook)
        return try open(try streamPath(answer.body))
    }

    func open(_ path: String) throws -> TestWebSocket {
        let count = heard.notes.calls.count
        let socket = try TestWebSocket(port: port, target: path)
        for message in farEnd.opening { try socket.send(message) }
        try wait { self.heard.notes.calls.count > count }
        return socket
    }

    /// The transfer request that the bot's order made.
    func request() throws -> IncomingRequest {
        let wanted = farEnd.request
        try wait { self.double.asked.contains { $0.method == wanted.method && $0.target == wanted.path } }
        return try #require(double.asked.last { $0.method == wanted.method && $0.target == wanted.path })
    }

    func document(_ path: String) throws -> TestHTTP {
        farEnd.documentMethod == "GET"
            ? try TestHTTP("GET", path, port: port) : try post(path, "application/x-www-form-urlencoded", "")
    }

    func action(_ path: String, _ word: String) throws -> TestHTTP {
        let (type, body) = farEnd.action(word)
        return try post(path, type, body)
    }

    /// A caller who is ringing the operator: the stream, the path of the document and that of the action.
    func dialling() throws -> (socket: TestWebSocket, document: String, action: String) {
        let socket = try call()
        try socket.send(farEnd.key("1"))
        let path = try farEnd.documentPath(try request())
        try wait { self.heard.notes.answers == [.accepted] }
        let document = try document(path)
        #expect(document.status == 200, "\(document.body)")
        return (socket, path, try farEnd.actionPath(document.body))
    }

    var id: String { heard.notes.calls.first?.id ?? "" }
    func record() throws -> [String: Any] { try TestHTTP("GET", "/calls/\(id)", port: port).json }

    func wait(until isSo: () throws -> Bool) throws {
        for _ in 1...5_000 {
            if try isSo() { return }
            _ = try TestHTTP("GET", "/healthz", port: port)
        }
        throw TestSocket.Broken(what: "it did not come to be")
    }

    func wait(for status: String) throws { try wait { try self.record()["status"] as? String == status } }
}
