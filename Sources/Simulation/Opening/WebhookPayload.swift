import Call
import Wire

/// What a webhook says, before it is spelt.
public enum WebhookPayload: Equatable, Sendable {
    /// A form in a POST, the query of a GET.
    case form([FormEncoding.Field])
    /// A JSON object of strings in a POST, the query of a GET.
    case json([FormEncoding.Field])
    /// `multipart/form-data` in a POST.
    case multipart([FormEncoding.Field])

    /// Separates the parts of a multipart body. No field of ours contains it.
    private static let boundary = "----simulated-provider-7d1f9c2e"

    /// The request that carries it, unsigned.
    func request(_ method: HTTPRequest.Method, _ address: WebAddress) -> HTTPRequest {
        var address = address
        var headers: [(name: String, value: Secret)] = []
        if let authorization = address.basicAuthorization { headers.append(authorization) }
        guard method == .post else {
            let added = FormEncoding.text(fields)
            address.query = [address.query, added].compactMap { $0.flatMap { $0.isEmpty ? nil : $0 } }.joined(separator: "&")
            return HTTPRequest(method, address.text, headers: headers)
        }
        let (type, body): (String, [UInt8]) =
            switch self {
            case .form(let fields): ("application/x-www-form-urlencoded; charset=UTF-8", Array(FormEncoding.text(fields).utf8))
            case .json(let fields): ("application/json", Self.jsonBytes(fields))
            case .multipart(let fields): ("multipart/form-data; boundary=\(Self.boundary)", Self.multipartBytes(fields))
            }
        headers.append(("Content-Type", Secret(type)))
        return HTTPRequest(.post, address.text, headers: headers, body: body)
    }

    var fields: [FormEncoding.Field] {
        switch self {
        case .form(let fields), .json(let fields), .multipart(let fields): fields
        }
    }

    /// An object of strings in the order of the fields.
    static func jsonBytes(_ fields: [FormEncoding.Field]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.object(fields.map { ($0.name, $0.value) })
        return bytes
    }

    private static func multipartBytes(_ fields: [FormEncoding.Field]) -> [UInt8] {
        let parts = fields.map { "--\(boundary)\r\nContent-Disposition: form-data; name=\"\($0.name)\"\r\n\r\n\($0.value)\r\n" }
        return Array((parts.joined() + "--\(boundary)--\r\n").utf8)
    }
}

/// What a provider tells a server over HTTP.
public enum WebhookNotice: Sendable {
    /// The call is there: what is to be done with it?
    case answer
    /// The call has come further. `duration` from its answer; `sequence` from 0.
    case call(CallStage, duration: Duration, sequence: Int)
    case stream(StreamStage, StreamOrder)
    /// The stream of `<Connect>` is over: what is to be done now?
    case action(StreamOrder)
}

/// How far a call has come.
public enum CallStage: String, CaseIterable, Sendable {
    case initiated, ringing, answered, completed
}

/// What became of a stream.
public enum StreamStage: Equatable, Sendable {
    case started, stopped
    /// With the provider's words.
    case failed(String)
}
