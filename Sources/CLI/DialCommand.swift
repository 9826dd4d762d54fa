import Call
import Dialing
import Dispatch
import Foundation
import Net
import Synchronization
import Wire

/// `trunkline dial`: asks a running server to place one call.
enum DialCommand {
    private static let names = [
        "provider", "to", "from", "body", "bot", "metadata", "timeout", "machine-detection", "key", "wait", "server",
        "max-duration",
        "ca",
    ]
    /// What the server waits for the provider's answer, unless another time is asked for. Units: seconds.
    private static let usualWait = 10

    static func run(_ words: ArraySlice<String>, _ environment: [String: String]) throws(UsageError) -> Int32 {
        let arguments = try Arguments(
            words, names: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }), switches: ["json"])
        if let stranger = arguments.rest.first { throw UsageError("\(stranger): unexpected; see trunkline help dial") }
        let server = try DialServer(arguments.value("server"), environment)
        let wait =
            try arguments.value("wait").map { text throws(UsageError) in try Setting.number(text, "wait", 0...30) } ?? usualWait
        let body = try body(arguments, wait: wait)
        let key = try idempotencyKey(arguments)
        let request = server.request(.post, "/start", json: body, idempotencyKey: key)
        let outcome = DialExchange.send(
            request, timeout: .seconds(wait + 15), trustedFile: arguments.value("ca"))
        switch outcome {
        case .failure(let error):
            let isUnsent = DialServer.isSurelyNotSent(error)
            Console.error(
                "trunkline dial: \(error); "
                    + (isUnsent
                        ? "is the server running at \(server.base)?"
                        : "the call may have been placed: ask again with --key \(ShellWord.quoted(key)), which places it once"))
            return 1
        case .success(let response): return told(response, arguments.has("json"))
        }
    }

    private static func body(_ arguments: Arguments, wait: Int) throws(UsageError) -> [UInt8] {
        guard let number = arguments.value("to") else { throw UsageError("--to is missing; see trunkline help dial") }
        var members: [String: JSONValue] = ["phone_number": .string(number)]
        for (flag, name) in [
            ("provider", "provider"), ("from", "from"), ("bot", "bot"), ("machine-detection", "machine_detection"),
        ] {
            members[name] = arguments.value(flag).map { .string($0) }
        }
        for name in ["body", "metadata"] { members[name] = try object(arguments, name) }
        for (flag, name) in [("timeout", "timeout_secs"), ("max-duration", "max_duration_secs")] {
            guard let text = arguments.value(flag) else { continue }
            members[name] = .number(Double(try Setting.number(text, flag, 1...86_400)))
        }
        if wait > 0 { members["wait_secs"] = .number(Double(wait)) }
        return JSONValue.object(members).bytes
    }

    private static func object(_ arguments: Arguments, _ name: String) throws(UsageError) -> JSONValue? {
        guard let text = arguments.value(name) else { return nil }
        guard let value = try? JSONValue(parsing: Array(text.utf8)), case .object = value else {
            throw UsageError("--\(name): must be a JSON object such as '{\"name\":\"Ann\"}'")
        }
        return value
    }

    /// A key of our own when none is given: what the connection loses can then be asked for again by hand.
    private static func idempotencyKey(_ arguments: Arguments) throws(UsageError) -> String {
        guard let key = arguments.value("key") else { return "dial-" + UUID().uuidString.lowercased() }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw UsageError("--key: must be 1 to 255 printable ASCII characters")
        }
        return key
    }

    /// - Returns: the exit status.
    private static func told(_ response: HTTPResponse, _ isJSON: Bool) -> Int32 {
        let isAccepted = (200...299).contains(response.status)
        let value = try? JSONValue(parsing: response.body)
        if isJSON, let value { Console.line(String(decoding: value.bytes, as: UTF8.self)) }
        guard isAccepted, let value, let call = value["call_id"]?.string else {
            let call = value?["error"]?["call_id"]?.string ?? value?["call_id"]?.string
            let sentence =
                isAccepted ? "the answer carries no call_id; is this a Trunkline server?" : DialServer.words(response)
            Console.error("trunkline dial: \(sentence)\(call.map { ", call \($0)" } ?? "")")
            return 1
        }
        guard !isJSON else { return 0 }
        var line = call
        if let provider = value["provider"]?.string { line += " \(provider)" }
        line += " \(value["provider_call_id"]?.string ?? "-") \(value["status"]?.string ?? "-")"
        for name in ["reason", "detail"] { if let text = value[name]?.string { line += " \(text)" } }
        Console.line(line)
        return 0
    }
}

/// One request on a loop of its own.
final class DialExchange: DialOnlyService {
    private static let stopped = Result<HTTPResponse, NetError>.failure(.stopped)

    /// Blocks the thread until there is an answer, or Ctrl-C.
    static func send(_ request: HTTPRequest, timeout: Duration, trustedFile: String?) -> Result<HTTPResponse, NetError> {
        let box = Box()
        do throws(NetError) {
            let options = LoopOptions(extraCAFile: trustedFile, onSignal: { _ in box.set(stopped) })
            let group = try EventLoopGroup.start(host: nil, options: options) { loop in
                loop.rest.send(request, timeout: timeout) { box.set($0) }
                return DialExchange()
            }
            box.isKnown.wait()
            group.stop(grace: .zero)
            group.wait()
        } catch {
            return .failure(error)
        }
        return box.result.withLock { $0 } ?? stopped
    }

    private final class Box: Sendable {
        let result = Mutex<Result<HTTPResponse, NetError>?>(nil)
        let isKnown = DispatchSemaphore(value: 0)

        /// The first word counts.
        func set(_ new: Result<HTTPResponse, NetError>) {
            result.withLock { $0 = $0 ?? new }
            isKnown.signal()
        }
    }

    func wake(at now: Moment) {}
}
