/// What a request must be before it reaches the service.
enum HTTPRules {
    /// The service decides about these; any other is answered here.
    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]

    static let unknownMethod = HTTPAnswer.refusal(
        405, "method_not_allowed", "this method is not served", headers: [("allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH")]
    )

    /// Length of the body to read. Units: bytes.
    ///
    /// A request without a length has no body (RFC 9112 §6.3): `curl -X POST` sends none.
    ///
    /// - Throws: 411 for a chunked body.
    static func bodyLength(_ head: RequestHead) throws(RequestHead.Refusal) -> Int {
        guard head.headers["transfer-encoding"] == nil else {
            throw .init(411, "length_required", "send Content-Length; transfer codings are not read")
        }
        return head.contentLength ?? 0
    }

    /// RFC 6455 §4.2.1.
    static func checkHandshake(_ head: RequestHead) throws(RequestHead.Refusal) {
        guard head.method == "GET", !head.isHTTP10 else {
            throw .init(400, "bad_handshake", "a WebSocket handshake is a GET of HTTP/1.1")
        }
        guard (head.contentLength ?? 0) == 0, head.headers["transfer-encoding"] == nil else {
            throw .init(400, "bad_handshake", "a WebSocket handshake has no body")
        }
        guard head.headers["sec-websocket-version"] == "13" else { throw .version }
        // Sixteen bytes in base64.
        guard let key = head.headers["sec-websocket-key"]?.utf8, key.count == 24, key.suffix(2).elementsEqual("==".utf8),
            key.dropLast(2).allSatisfy(isBase64)
        else {
            throw .init(400, "bad_handshake", "Sec-WebSocket-Key must be 16 bytes in base64")
        }
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
        default: false
        }
    }
}

extension RequestHead.Refusal {
    static let version = RequestHead.Refusal(
        answer: .refusal(
            426, "websocket_version", "only WebSocket version 13 is served", headers: [("sec-websocket-version", "13")]))

    private init(answer: HTTPAnswer) { self.answer = answer }
}

/// Where the head ends in what a peek at the socket has shown.
struct HeadScan: Equatable {
    /// Bytes that belong to the head.
    let taken: Int
    /// The empty line is among them.
    let isWhole: Bool
    /// A line ends with a bare LF.
    let isBroken: Bool

    init(before: [UInt8], _ seen: UnsafeRawBufferPointer) {
        // The last bytes already taken, newest first.
        var tail = (before.last ?? 0, before.dropLast().last ?? 0, before.dropLast(2).last ?? 0)
        for (index, byte) in seen.enumerated() {
            if byte == 0x0A {
                guard tail.0 == 0x0D else {
                    self = HeadScan(taken: index + 1, isWhole: false, isBroken: true)
                    return
                }
                if tail.1 == 0x0A && tail.2 == 0x0D {
                    self = HeadScan(taken: index + 1, isWhole: true, isBroken: false)
                    return
                }
            }
            tail = (byte, tail.0, tail.1)
        }
        self = HeadScan(taken: seen.count, isWhole: false, isBroken: false)
    }

    private init(taken: Int, isWhole: Bool, isBroken: Bool) {
        self.taken = taken
        self.isWhole = isWhole
        self.isBroken = isBroken
    }
}
