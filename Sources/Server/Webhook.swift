import Call
import Providers
import Wire

/// What an answer webhook said about the call whose stream it asks for.
struct Webhook: Sendable {
    /// Query and form fields, decoded. The query comes first: a form field of the same name wins.
    var fields: [String: String] = [:]
    var caller = WebhookCaller()
    /// The bot that the field `bot` names.
    var bot: String?
    var body: JSONValue?
    /// Why there is no body although one was sent.
    var bodyError: WireError?

    init() {}

    /// What it takes to keep it, nearly: the text and 100 bytes a string; a parsed body is several times its text. Units: bytes.
    var memory: Int {
        fields.reduce(500) { $0 + $1.key.utf8.count + $1.value.utf8.count + 200 } + (fields["body"]?.utf8.count ?? 0) * 16
    }

    init(fields: [String: String], dialect: any ProviderDialect) {
        self.fields = fields
        caller = dialect.caller(inWebhook: fields)
        bot = fields["bot"]
        (body, bodyError) = CallBody.read(fields["body"])
    }
}

/// The `body` that scripts of the ecosystem attach to a call: JSON as base64 in a query field.
enum CallBody {
    /// Reads either base64 alphabet, with or without padding; a space was a `+` before somebody decoded the query once too often.
    static func read(_ text: String?) -> (JSONValue?, WireError?) {
        guard let text, !text.isEmpty else { return (nil, nil) }
        guard let bytes = Base64.lenientBytes(text) else { return (nil, WireError(.invalidBase64, at: "body")) }
        do {
            return (try JSONValue(parsing: bytes, at: "body"), nil)
        } catch {
            return (nil, error)
        }
    }
}
