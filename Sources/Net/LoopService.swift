import Call

/// What a program does on one loop. Made on the loop's thread, called only there.
public protocol LoopService: AnyObject {
    /// A whole HTTP request. Answer through the exchange, now or later, on the same loop.
    func request(_ request: IncomingRequest, _ exchange: HTTPExchange)

    /// A valid WebSocket handshake, before anything was answered.
    func upgrade(_ request: IncomingRequest) -> UpgradeDecision

    /// The moment given to ``EventLoop/setWake(_:)`` has come.
    func wake(at now: Moment)

    /// The loop begins to stop: no new connection comes, WebSockets are being closed with 1001.
    func stopping()
}

/// What becomes of a WebSocket handshake.
public enum UpgradeDecision {
    case accept(any WebSocketHandler)
    /// Answered with a status and a body in place of 101; the connection closes.
    case refuse(HTTPAnswer)
}

/// One HTTP request as it was sent.
public struct IncomingRequest: Equatable, Sendable {
    /// As sent; methods are case-sensitive (RFC 9110 §9.1).
    public var method: String
    /// Path and query exactly as sent, never decoded or normalised: signatures are made over it.
    public var target: String
    /// Lower-case names. Repeated fields are joined by `", "` (RFC 9110 §5.3).
    public var headers: [String: String]
    /// At most ``HTTPConnection/bodyLimit`` bytes.
    public var body: [UInt8]
    /// The peer's address in numbers, without the port.
    public var peer: String
    /// Whether TLS carried it to this process.
    public var isSecure: Bool
    /// The address in numbers and the port on which it came in.
    public var localAddress: String
    public var localPort: Int

    public init(
        method: String, target: String, headers: [String: String] = [:], body: [UInt8] = [], peer: String = "127.0.0.1",
        isSecure: Bool = false, localAddress: String = "127.0.0.1", localPort: Int = 0
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = peer
        self.isSecure = isSecure
        self.localAddress = localAddress
        self.localPort = localPort
    }

    /// The target up to the first `?`.
    public var path: Substring { target.prefix { $0 != "?" } }
    /// What follows the first `?`, raw; `nil` without one.
    public var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }
}

/// The answer to one HTTP request. `content-length` and `connection: close` are added on the wire.
public struct HTTPAnswer: Equatable, Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// In place of ``body``.
    public var stream: HTTPStream?

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A body that is written piece by piece.
    public init(status: Int, headers: [(name: String, value: String)], stream: HTTPStream) {
        self.init(status: status, headers: headers)
        self.stream = stream
    }

    /// A text body of a given type.
    public init(_ status: Int, _ contentType: String, _ text: String, headers: [(name: String, value: String)] = []) {
        self.init(status: status, headers: [("content-type", contentType)] + headers, body: Array(text.utf8))
    }

    /// `{"error":{"code","message"}}`, the shape of every refusal.
    public static func refusal(
        _ status: Int, _ code: String, _ message: String, headers: [(name: String, value: String)] = []
    ) -> HTTPAnswer {
        let text = "{\"error\":{\"code\":\(jsonText(code)),\"message\":\(jsonText(message))}}\n"
        return HTTPAnswer(status, "application/json", text, headers: headers)
    }

    public static func == (a: HTTPAnswer, b: HTTPAnswer) -> Bool {
        a.status == b.status && a.body == b.body
            && a.headers.elementsEqual(b.headers) { $0.name == $1.name && $0.value == $1.value }
    }

    private static func jsonText(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    /// The bytes on the wire.
    ///
    /// Control characters in header values become spaces, so a value that came from outside cannot start a new header.
    func wire(withBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        for (name, value) in headers {
            let safe = String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
            head += "\(name.lowercased()): \(safe)\r\n"
        }
        head += "content-length: \(stream?.length ?? body.count)\r\nconnection: close\r\n\r\n"
        return withBody ? Array(head.utf8) + body : Array(head.utf8)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: status < 400 ? "OK" : "Error"
        }
    }
}
