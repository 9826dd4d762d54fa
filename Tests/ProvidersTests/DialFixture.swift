import Call
import Foundation
import LibCrypto
import Providers
import Wire

/// The dialling fixtures of a provider, `Tests/Fixtures/{provider}/dial`, and the order that they are about.
enum DialFixture {
    static let now: Int64 = 1_893_553_445  // 2030-01-02T03:04:05Z
    static let cryptography = OpenSSLCryptography()

    /// An RSA key that opens nothing; the signature is not looked at here.
    static let privateKey =
        (try? String(contentsOf: Transcript.folder.appending(path: "vonage/dial/made-up.pem"), encoding: .utf8)) ?? ""

    static let settings = ProviderSettings(
        [
            "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001", "TWILIO_AUTH_TOKEN": "made-up",
            "TELNYX_API_KEY": "KEYmade-up", "TELNYX_CONNECTION_ID": "1234567890", "TELNYX_STREAM_AUTH_TOKEN": "stream-made-up",
            "PLIVO_AUTH_ID": "MAMADEUPMADEUPMADEUP", "PLIVO_AUTH_TOKEN": "made-up",
            "EXOTEL_ACCOUNT_SID": "acme1", "EXOTEL_API_KEY": "key-made-up", "EXOTEL_API_TOKEN": "made-up",
            "VONAGE_APPLICATION_ID": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001",
            "VONAGE_PRIVATE_KEY": privateKey,
        ].mapValues { Secret($0) })

    static func order(_ provider: String, opening: String = "stream", _ machine: MachineDetection = .off) -> DialOrder {
        let host = "bot.example.test"
        return DialOrder(
            callID: "call-7f3a", to: PhoneNumber("+15005550010"), from: PhoneNumber("+15005550006"),
            opening: opening == "stream"
                ? .stream("wss://\(host)/ws/abc.def") : .document("https://\(host)/answer/\(provider)/call-7f3a"),
            statusURL: "https://\(host)/status/\(provider)/call-7f3a", ringTimeout: 40, maximumDuration: 900,
            machineDetection: machine)
    }

    static func text(_ provider: String, _ name: String) throws -> String {
        try String(contentsOf: Transcript.folder.appending(path: "\(provider)/dial/\(name)"), encoding: .utf8)
    }

    /// Pairs of a line and the line below it that begins with `> `; lines with `#` are remarks.
    static func pairs(_ provider: String, _ name: String) throws -> [(given: String, expected: String)] {
        let lines = try text(provider, name).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return stride(from: 0, to: lines.count - 1, by: 2).map { (String(lines[$0]), String(lines[$0 + 1].dropFirst(2))) }
    }

    /// The request as text: first line, headers, and the body with one field a line. A token's signature is left out.
    static func spelt(_ request: HTTPRequest) throws -> String {
        var lines = ["\(request.method.rawValue) \(request.url)"]
        for header in request.headers {
            let value = header.value.exposed
            lines.append("\(header.name): " + (value.hasPrefix("Bearer ey") ? "Bearer [token]" : value))
        }
        let isForm = request.headers.contains { $0.value.exposed == "application/x-www-form-urlencoded" }
        lines.append("")
        if isForm {
            lines += try FormEncoding.fields(request.body.span).map {
                "\($0.name)=\($0.value.replacing("\n", with: ""))"
            }
        } else if !request.body.isEmpty {
            lines += String(decoding: request.body, as: UTF8.self).replacing(",\"", with: ",\n\"").split(separator: "\n").map {
                String($0)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `429 retry-after=7 {…}`.
    static func response(_ line: String) -> HTTPResponse {
        let parts = line.split(separator: " ", maxSplits: 1)
        var rest = parts.count > 1 ? String(parts[1]) : ""
        var headers: [String: String] = [:]
        if rest.hasPrefix("retry-after=") {
            let word = rest.prefix { $0 != " " }
            headers["retry-after"] = String(word.dropFirst("retry-after=".count))
            rest = String(rest.dropFirst(word.count).drop { $0 == " " })
        }
        return HTTPResponse(status: Int(parts[0]) ?? 0, headers: headers, body: Array(rest.utf8))
    }

    static func spelt(_ outcome: DialOutcome) -> String {
        switch outcome {
        case .accepted(let id): "accepted \(id)"
        case .refused(let refusal): "refused \(refusal.kind) \(refusal.code ?? "-") \(refusal.sentence)"
        case .retry(let seconds): "retry \(seconds.map { String($0) } ?? "-")"
        case .unknown: "unknown"
        }
    }

    static func spelt(_ state: DialState) -> String {
        if case .ended(let end) = state { "ended(\(end.rawValue))" } else { "\(state)" }
    }

    static func spelt(_ finding: DialFinding) -> String {
        switch finding {
        case .found(let id, let state): "found \(id) \(spelt(state))"
        case .notFound: "not found"
        case .cannotTell: "cannot tell"
        case .ask(let requests): "ask \(requests.map(\.url).joined(separator: " "))"
        }
    }

    static func spelt(_ event: DialEvent?) -> String {
        guard let event else { return "nothing" }
        let words = [
            event.providerCallID, event.callID.map { "call=\($0)" }, event.state.map { spelt($0) },
            event.machine.map { "machine=\($0.rawValue)" }, event.code.map { "code=\($0)" },
            event.sequence.map { "sequence=\($0)" },
        ]
        return words.compactMap { $0 }.joined(separator: " ")
    }
}
