/// Whether a WebSocket message is text or binary (RFC 6455 §5.6).
public enum MessageKind: Hashable, Sendable { case text, binary }

/// One outgoing WebSocket message under construction.
///
/// - Shape: ``headroom`` unused bytes, then the message. The headroom is where the transport writes the frame header
///   (libwebsockets' `LWS_PRE`), so a message is built once and sent from where it stands.
///
/// One buffer serves every call of a loop: ``reset(_:)`` keeps the memory.
public struct MessageBuffer: Sendable {
    /// Bytes kept free in front of the message. Units: bytes.
    public static let headroom = 16

    /// Headroom and message.
    public var storage: [UInt8]
    public private(set) var kind: MessageKind

    public init(capacity: Int = 4_096) {
        storage = []
        storage.reserveCapacity(Self.headroom + capacity)
        storage.append(contentsOf: repeatElement(0, count: Self.headroom))
        kind = .text
    }

    /// Empties the message and keeps the memory.
    public mutating func reset(_ kind: MessageKind) {
        storage.removeLast(storage.count - Self.headroom)
        self.kind = kind
    }

    /// Length of the message. Units: bytes.
    public var count: Int { storage.count - Self.headroom }

    /// The message without the headroom. A copy, for tests and captures.
    public var message: [UInt8] { Array(storage[Self.headroom...]) }
    public var text: String { String(decoding: storage[Self.headroom...], as: UTF8.self) }
}
