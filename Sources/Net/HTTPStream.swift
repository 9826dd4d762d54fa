/// A body that is too large to hold: each piece is asked for when the one before has left.
public struct HTTPStream: Sendable {
    /// Takes a piece, from any thread. `nil`, or an empty one, ends the connection: the peer sees that its body is short.
    public typealias Taker = @Sendable ([UInt8]?) -> Void

    /// Units: bytes. What the source gives past it is not sent.
    public let length: Int
    /// Asked on the loop; answers through the taker, once.
    let next: @Sendable (_ offset: Int, _ take: @escaping Taker) -> Void

    /// - Parameter next: gets how many bytes were given before.
    public init(length: Int, next: @escaping @Sendable (_ offset: Int, _ take: @escaping Taker) -> Void) {
        self.length = length
        self.next = next
    }
}
