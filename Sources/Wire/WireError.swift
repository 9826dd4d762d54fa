/// A peer's message broke its protocol. Says where, never what: no content of the message is kept.
public struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Problem: String, Sendable {
        case invalidJSON = "is not valid JSON"
        case notAnObject = "is not a JSON object"
        case missing = "is missing"
        case wrongType = "has the wrong type"
        case invalidBase64 = "is not valid base64"
        case oddByteCount = "has an odd number of bytes, 16-bit samples need an even one"
        case tooLarge = "is too large"
        case outOfRange = "is out of range"
        case unexpectedBinary = "is binary where text is due"
        case unexpectedText = "is text where binary is due"
        case secondStart = "came twice"
        case beforeStart = "came before start"
        case unsupportedFormat = "names a media format that is not supported"
    }

    /// What is wrong.
    public let problem: Problem
    /// The place in the message, as a path of keys: `media.payload`. Made of our own key names only.
    public let path: String
    /// Byte offset in the message where known.
    public let offset: Int?

    public init(_ problem: Problem, at path: String, offset: Int? = nil) {
        self.problem = problem
        self.path = path
        self.offset = offset
    }

    public var description: String {
        offset.map { "\(path) \(problem.rawValue) (byte \($0))" } ?? "\(path) \(problem.rawValue)"
    }
}
