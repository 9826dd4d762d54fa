import Net
import Wire

/// A request that is answered with an error: thrown by controllers, answered in one place.
struct HTTPRefusal: Error {
    let answer: HTTPAnswer

    init(_ answer: HTTPAnswer) { self.answer = answer }

    init(unknownBot name: String, _ configuration: Configuration) {
        answer = .refusal(
            404, "unknown_bot", "no bot is named \(name); known: \(configuration.bots.names.joined(separator: ", "))")
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
