import Call
import Foundation
import LibCrypto
import Providers
import Simulation
import Wire

/// A simulated API on a virtual clock, the dialling fixtures, and the server's own dialect on the other side.
struct APIBench {
    /// 2030-01-02T03:04:05Z. Units: seconds since 1970.
    static let now: Int64 = 1_893_553_445
    static let cryptography = OpenSSLCryptography()
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

    static let environment = [
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001", "TWILIO_AUTH_TOKEN": "made-up",
        "TELNYX_API_KEY": "KEYmade-up", "TELNYX_CONNECTION_ID": "1234567890", "TELNYX_STREAM_AUTH_TOKEN": "stream-made-up",
        "PLIVO_AUTH_ID": "MAMADEUPMADEUPMADEUP", "PLIVO_AUTH_TOKEN": "made-up",
        "EXOTEL_ACCOUNT_SID": "acme1", "EXOTEL_API_KEY": "key-made-up", "EXOTEL_API_TOKEN": "made-up",
        "VONAGE_APPLICATION_ID": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001",
        "VONAGE_PRIVATE_KEY":
            (try? String(contentsOf: folder.appending(path: "vonage/dial/made-up.pem"), encoding: .utf8)) ?? "",
    ]
    static let settings = ProviderSettings(environment.mapValues { Secret($0) })

    /// The fixtures' names, `twilio/dial/request-stream-off.txt`.
    static let requests: [String] = PlayedProvider.allCases.flatMap { provider -> [String] in
        let path = folder.appending(path: "\(provider.rawValue)/dial").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix("request-") }.sorted().map { "\(provider.rawValue)/dial/\($0)" }
    }

    var api: SimulatedAPI
    /// From the start.
    var time = Duration.zero
    private(set) var posts: [HTTPRequest] = []
    private(set) var fetches: [(request: HTTPRequest, call: Int)] = []
    private(set) var streams: [APIStream] = []
    private(set) var closed: [Int] = []
    private(set) var complaints: [String] = []

    init(_ set: (inout SimulatedAPI.Options) -> Void = { _ in }) throws {
        var options = SimulatedAPI.Options()
        options.fates.setup = .milliseconds(100)...(.milliseconds(100))
        set(&options)
        api = SimulatedAPI(
            options, APICredentials(Self.environment), ProviderSecrets(), Self.cryptography, epoch: Self.now * 1_000)
    }

    var unixTime: Int64 { Self.now + time.milliseconds / 1_000 }

    mutating func send(_ request: APIRequest) -> APIReply {
        let reply = api.handle(request, at: .zero + time)
        drain()
        return reply
    }

    /// The answer; a status of 0 when none came.
    mutating func answer(_ request: HTTPRequest) -> HTTPResponse {
        if case .answer(let response) = send(APIRequest(request)) { response } else { HTTPResponse(status: 0) }
    }

    /// Goes on by so much, in steps at which something happens.
    mutating func run(_ duration: Duration) {
        let end = time + duration
        while let wake = drain(), wake - .zero <= end {
            time = max(time, wake - .zero)
        }
        time = end
        drain()
    }

    mutating func fetched(_ call: Int, _ response: HTTPResponse) {
        api.fetched(call, .success(response), at: .zero + time)
        drain()
    }

    mutating func streamEnded(_ call: Int) {
        api.streamEnded(call, at: .zero + time)
        drain()
    }

    @discardableResult private mutating func drain() -> Moment? {
        while true {
            switch api.poll(at: .zero + time) {
            case .post(let request): posts.append(request)
            case .fetch(let request, let call, _): fetches.append((request, call))
            case .open(let stream): streams.append(stream)
            case .close(let call): closed.append(call)
            case .complaint(_, let complaint): complaints.append(complaint.description)
            case .idle(let wake): return wake
            }
        }
    }

    // MARK: the server's side

    static func dialect(_ provider: PlayedProvider) throws -> any DiallingDialect {
        guard let dialect = Provider.dialling.first(where: { $0.name == provider.name }) else { throw CocoaError(.fileNoSuchFile) }
        return dialect
    }

    static func order(_ provider: PlayedProvider, to: String = "+15005550010", _ machine: MachineDetection = .off) throws
        -> DialOrder
    {
        let host = "bot.example.test", path = "\(provider.rawValue)/call-7f3a"
        let isStream = try dialect(provider).dialling.openings.first == .stream
        // One id for each number.
        let callID = to == "+15005550010" ? "call-7f3a" : "call-\(to.dropFirst())"
        return DialOrder(
            callID: callID, to: PhoneNumber(to), from: PhoneNumber("+15005550006"),
            opening: isStream ? .stream("wss://\(host)/ws/abc.def") : .document("https://\(host)/answer/\(path)"),
            statusURL: "https://\(host)/status/\(path)", ringTimeout: 40, maximumDuration: 900, machineDetection: machine)
    }

    /// Places a call as the server does.
    mutating func dial(_ order: DialOrder, _ provider: PlayedProvider) throws -> DialOutcome {
        let dialect = try Self.dialect(provider)
        let request = try dialect.dial(order, Self.settings, Self.cryptography, unixTime: unixTime)
        return dialect.outcome(ofDial: answer(request))
    }

    /// Looks for a call as the server does after its answer was lost.
    mutating func find(_ order: DialOrder, _ provider: PlayedProvider, since: Int64, others: Set<String> = []) throws -> DialFinding
    {
        let dialect = try Self.dialect(provider)
        let requests = dialect.reconcile(order, since: since, Self.settings, Self.cryptography, unixTime: unixTime) ?? []
        var answers = requests.map { answer($0) }
        for _ in 0..<20 {
            let finding = dialect.finding(
                in: answers, for: order, since: since, others: others, Self.settings, Self.cryptography, unixTime: unixTime)
            guard case .ask(let more) = finding else { return finding }
            answers += more.map { answer($0) }
        }
        return .cannotTell("it asks for ever")
    }

    /// What the server reads from the callbacks so far, in order.
    func events(_ provider: PlayedProvider) throws -> [DialEvent] {
        let dialect = try Self.dialect(provider)
        return posts.compactMap { request in
            let type = request.headers.first { $0.name == "Content-Type" }?.value.exposed ?? ""
            if type.hasPrefix("application/json") {
                let json = try? JSONValue(parsing: request.body)
                var fields: [String: String] = [:]
                if case .object(let members)? = json { fields = members.compactMapValues(\.string) }
                return dialect.event(ofCallback: fields, json: json)
            }
            var fields: [String: String] = [:]
            if type.hasPrefix("multipart") {
                for part in String(decoding: request.body, as: UTF8.self).components(separatedBy: "name=\"").dropFirst() {
                    let name = part.prefix { $0 != "\"" }
                    fields[String(name)] =
                        part.components(separatedBy: "\r\n\r\n").dropFirst().first?.components(separatedBy: "\r\n").first
                }
            } else {
                for field in (try? FormEncoding.fields(request.body.span)) ?? [] { fields[field.name] = field.value }
            }
            return dialect.event(ofCallback: fields, json: nil)
        }
    }
}

/// A fixture of a create request: `METHOD URL`, headers, an empty line, the body with a field a line.
struct RequestFixture {
    let provider: PlayedProvider
    var request: APIRequest

    init(_ name: String) throws {
        let text = try String(contentsOf: APIBench.folder.appending(path: name), encoding: .utf8)
        let halves = text.split(separator: "\n\n", maxSplits: 1).map { String($0) }
        let lines = halves[0].split(separator: "\n").map { String($0) }
        let words = lines[0].split(separator: " ").map { String($0) }
        provider = PlayedProvider(rawValue: String(name.prefix { $0 != "/" })) ?? .twilio
        var headers: [(name: String, value: Secret)] = []
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            headers.append((parts[0], Secret(parts[1])))
        }
        let body = halves.count > 1 ? halves[1] : ""
        let isForm = headers.contains { $0.value.exposed == "application/x-www-form-urlencoded" }
        let fields = (isForm ? body : "").split(separator: "\n").map { line -> FormEncoding.Field in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return .init(String(parts[0]), String(parts[1]))
        }
        let bytes = isForm ? FormEncoding.text(fields) : body.split(separator: "\n").joined()
        request = APIRequest(
            HTTPRequest(HTTPRequest.Method(rawValue: words[0]) ?? .get, words[1], headers: headers, body: Array(bytes.utf8)))
        // Its token has a time and a signature, which the fixture leaves out.
        if provider == .vonage {
            let order = try APIBench.order(.vonage)
            let made = try APIBench.dialect(.vonage).dial(
                order, APIBench.settings, APIBench.cryptography, unixTime: APIBench.now)
            request.headers["authorization"] = made.headers.first { $0.name == "Authorization" }?.value.exposed
        }
    }

    var isForm: Bool { request.headers["content-type"] == "application/x-www-form-urlencoded" }

    /// The request once for each of its fields, that field's name misspelt.
    func misspelt() throws -> [(field: String, request: APIRequest)] {
        func with(_ body: [UInt8]) -> APIRequest {
            var request = request
            request.body = body
            return request
        }
        if isForm {
            let fields = try FormEncoding.fields(request.body.span)
            return fields.indices.map { index in
                var changed = fields
                changed[index].name = Self.wrong(fields[index].name)
                return (fields[index].name, with(Array(FormEncoding.text(changed).utf8)))
            }
        }
        return Self.variants(try JSONValue(parsing: request.body)).map { ($0.path, with($0.value.bytes)) }
    }

    /// The last letter doubled, before a bracket.
    static func wrong(_ name: String) -> String { name.hasSuffix("[]") ? name.dropLast(2) + "s[]" : name + "s" }

    private static func variants(_ value: JSONValue) -> [(path: String, value: JSONValue)] {
        switch value {
        case .object(let members):
            return members.keys.sorted().flatMap { name -> [(path: String, value: JSONValue)] in
                var renamed = members
                renamed[wrong(name)] = renamed.removeValue(forKey: name)
                // What stands in a stream's headers is the customer's own.
                let inner = name == "headers" ? [] : variants(members[name] ?? .null)
                return [(name, .object(renamed))]
                    + inner.map { inner in
                        var changed = members
                        changed[name] = inner.value
                        return ("\(name)/\(inner.path)", .object(changed))
                    }
            }
        case .array(let values):
            return values.indices.flatMap { index in
                variants(values[index]).map { inner in
                    var changed = values
                    changed[index] = inner.value
                    return ("\(index)/\(inner.path)", .array(changed))
                }
            }
        case .null, .bool, .number, .string: return []
        }
    }
}
