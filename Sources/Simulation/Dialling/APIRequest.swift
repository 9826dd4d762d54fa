import Call
import Wire

/// One HTTP request as it came to a simulated REST API.
public struct APIRequest: Sendable {
    public var method: String
    /// Path and query as sent, never decoded.
    public var target: String
    /// Lower-case names.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(method: String, target: String, headers: [String: String] = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The request that a client made, whatever its host.
    public init(_ request: HTTPRequest) {
        let rest = request.url.firstRange(of: "://").map { request.url[$0.upperBound...] } ?? request.url[...]
        let path = rest.firstIndex { $0 == "/" || $0 == "?" }.map { String(rest[$0...]) } ?? "/"
        var headers: [String: String] = [:]
        for header in request.headers { headers[header.name.lowercased()] = header.value.exposed }
        self.init(method: request.method.rawValue, target: path, headers: headers, body: request.body)
    }

    /// What stands before the query.
    var path: Substring { target.prefix { $0 != "?" } }

    /// The segments of the path, decoded; a slash at the end makes an empty last one.
    var segments: [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { Self.decoded($0) }
    }

    /// - Throws: `WireError` past `FormEncoding.maximumFields`.
    func query() throws(WireError) -> [FormEncoding.Field] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return try FormEncoding.fields(String(target[target.index(after: mark)...]))
    }

    /// The media type of the body, lower-case and without parameters.
    var mediaType: String { (headers["content-type"] ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased() }

    /// User and password of `Authorization: Basic …`; `nil` for anything else.
    var basic: (user: String, password: String)? {
        guard let text = credentials(of: "basic"), let bytes = Base64.bytes(text) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    /// The token of `Authorization: Bearer …`.
    var bearer: String? { credentials(of: "bearer") }

    /// The scheme's name is no matter of case (RFC 9110 §11.1).
    private func credentials(of scheme: String) -> String? {
        let value = headers["authorization"] ?? ""
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == scheme else { return nil }
        return String(parts[1])
    }

    private static func decoded(_ segment: Substring) -> String {
        let text = String(segment).replacing("+", with: "%2B")
        return (try? FormEncoding.fields("v=" + text))?.first?.value ?? ""
    }
}

/// What comes back on the connection of a request.
public enum APIReply: Equatable, Sendable {
    case answer(HTTPResponse)
    /// Nothing, ever: the client's time runs out.
    case silence
    /// The connection is closed without an answer.
    case hangUp
}

extension HTTPResponse {
    static func json(_ status: Int, _ value: JSONValue, headers: [String: String] = [:], type: String = "application/json")
        -> HTTPResponse
    {
        HTTPResponse(status: status, headers: headers.merging(["content-type": type]) { given, _ in given }, body: value.bytes)
    }
}

extension JSONValue {
    /// A whole number.
    static func whole(_ value: Int) -> JSONValue { .number(Double(value)) }
    /// A text, or `null`.
    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
