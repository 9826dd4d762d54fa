/// A provider as the outside contract spells it: lower case, as in `/answer/twilio`.
public struct ProviderName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }
    public var description: String { text }
}
