import Net
import Wire

/// A request that is answered with an error: thrown by controllers, answered in one place.
struct HTTPRefusal: Error {
    let answer: HTTPAnswer

    init(_ answer: HTTPAnswer) { self.answer = answer }

    /// - Parameter status: 404 where the bot is part of an address.
    init(unknownBot name: String, _ configuration: Configuration, status: Int = 404) {
        let known = configuration.bots.names.joined(separator: ", ")
        answer = .refusal(
            status, "unknown_bot", "\(Self.isWord(name) ? "no bot is named \(name)" : "no bot has this name"); known: \(known)")
    }

    /// Whether a name may be repeated to its sender, and logged: not what could be a number, and not what is long.
    private static func isWord(_ name: String) -> Bool {
        (1...40).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && name.utf8.count { (0x30...0x39).contains($0) } < 5
    }
}

extension HTTPAnswer {
    static func json(_ status: Int, _ value: JSONValue) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: [("content-type", "application/json")], body: value.bytes)
    }

    /// The sentence of a refusal.
    var message: String {
        (try? JSONValue(parsing: body))?["error"]?["message"]?.string ?? "status \(status)"
    }
}
