import Net
import Wire

/// The fields that came with a request, by name.
enum FormFields {
    /// Fields of the query. A name given twice keeps its last value.
    static func query(_ target: Target) throws(HTTPRefusal) -> [String: String] {
        try table(String(target.query), of: "query")
    }

    /// Fields of the query and, over them, of the body: a form, or the top-level members of a JSON object that are not objects or arrays.
    static func all(_ request: IncomingRequest) throws(HTTPRefusal) -> [String: String] {
        var fields = try query(Target(request.target))
        guard !request.body.isEmpty else { return fields }
        let type = (request.headers["content-type"] ?? "").lowercased()
        if type.hasPrefix("application/json") {
            fields.merge(try members(of: request.body)) { _, new in new }
        } else if type.hasPrefix("application/x-www-form-urlencoded") {
            fields.merge(try table(String(decoding: request.body, as: UTF8.self), of: "form")) { _, new in new }
        }
        return fields
    }

    private static func table(_ text: String, of place: String) throws(HTTPRefusal) -> [String: String] {
        do {
            return Dictionary(try FormEncoding.fields(text).map { ($0.name, $0.value) }) { _, last in last }
        } catch {
            throw HTTPRefusal(.refusal(400, "bad_\(place)", "the \(place) cannot be read: \(error)"))
        }
    }

    private static func members(of body: [UInt8]) throws(HTTPRefusal) -> [String: String] {
        guard case .object(let members)? = try? JSONValue(parsing: body) else {
            throw HTTPRefusal(.refusal(400, "bad_json", "the body says application/json and is not a JSON object"))
        }
        return members.compactMapValues { value in
            switch value {
            case .string(let text): text
            case .bool(let flag): flag ? "true" : "false"
            case .number: String(decoding: value.bytes, as: UTF8.self)
            case .null, .array, .object: nil
            }
        }
    }
}
