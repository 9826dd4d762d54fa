/// An HTTP request as a value: made by the pure rooms, sent by `Net`.
public struct HTTPRequest: Equatable, Sendable {
    public enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE" }

    public var method: Method
    /// Absolute, `https://host[:port]/path?query`, percent-encoded.
    public var url: String
    /// `Content-Type` and the like; values never print.
    public var headers: [(name: String, value: Secret)]
    public var body: [UInt8]

    public init(_ method: Method, _ url: String, headers: [(name: String, value: Secret)] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    public static func == (a: HTTPRequest, b: HTTPRequest) -> Bool {
        a.method == b.method && a.url == b.url && a.body == b.body
            && a.headers.elementsEqual(b.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// An HTTP answer as a value.
public struct HTTPResponse: Equatable, Sendable {
    public var status: Int
    /// Lower-case names.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
