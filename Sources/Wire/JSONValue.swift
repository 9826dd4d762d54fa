import FoundationEssentials

/// Any JSON value, for what is off the hot path: bodies, webhooks, REST answers.
public enum JSONValue: Equatable, Sendable, Codable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Values of one text. A webhook has dozens, the `body` of a call a few hundred; the rest is room for lists in REST answers.
    public static let maximumValues = 16_384

    /// Reads a whole text in one pass, strictly (``JSONScanner``): the time is in proportion to the bytes, whatever they hold.
    ///
    /// - Throws: ``WireError`` at the path: `invalidJSON`, also for a number that no `Double` holds; `tooLarge` past
    ///   ``maximumValues`` and ``JSONScanner/maximumDepth``.
    public init(parsing bytes: [UInt8], at path: String = "body") throws(WireError) {
        var scanner = JSONScanner(maximumValues: Self.maximumValues)
        let span = bytes.span
        do throws(WireError) {
            let root = try scanner.scan(span)
            self = try Self.value(of: root, scanner, span)
        } catch {
            throw WireError(error.problem, at: path, offset: error.offset)
        }
    }

    /// Nests as deep as ``JSONScanner/maximumDepth``, no deeper.
    private static func value(
        of node: JSONScanner.Node, _ scanner: borrowing JSONScanner, _ bytes: Span<UInt8>
    ) throws(WireError) -> JSONValue {
        switch node.kind {
        case .null: return .null
        case .yes: return .bool(true)
        case .no: return .bool(false)
        case .string: return .string(scanner.text(node, in: bytes) ?? "")
        case .number:
            guard let number = scanner.text(node, in: bytes).flatMap({ Double($0) }), number.isFinite else {
                throw JSONScanner.invalid(scanner.range(node).lowerBound)
            }
            return .number(number)
        case .array:
            var values: [JSONValue] = []
            for child in scanner.children(of: node) { values.append(try value(of: child, scanner, bytes)) }
            return .array(values)
        case .object:
            var members: [String: JSONValue] = [:]
            for child in scanner.children(of: node) {
                members[scanner.name(of: child, in: bytes)] = try value(of: child, scanner, bytes)
            }
            return .object(members)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value):
            if value == value.rounded(), abs(value) < 9e15 {
                try container.encode(Int64(value))
            } else {
                try container.encode(value)
            }
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// The value spelt as JSON, keys sorted so that the same value always gives the same bytes.
    public var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    public subscript(_ key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var number: Double? { if case .number(let value) = self { value } else { nil } }
}
