/// A value that must not reach a log, an error message or a debugger's print: a secret or a phone number.
///
/// Whatever prints it prints a mask; ``exposed`` is the one way to the value.
public struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself, for the wire and for the bot. Never for a log line.
    public let exposed: Value

    public init(_ value: Value) { exposed = value }

    public var description: String { "[redacted]" }
    public var debugDescription: String { "[redacted]" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}

/// A key, token or password.
public typealias Secret = Redacted<String>

/// A caller's or callee's number as the provider gave it (E.164, national, or a word such as `anonymous`).
public typealias PhoneNumber = Redacted<String>
