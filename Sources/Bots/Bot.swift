import Call
import Pipeline

/// Who answers a call: a named maker of pipelines. One bot serves many calls, each with a pipeline of its own.
public protocol Bot: Sendable {
    /// As `--bot` and the `bot` field name it.
    var name: String { get }

    /// - Throws: ``BotError`` when the call cannot be answered as asked; the caller hears nothing and the call ends.
    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline
}

/// Why a bot does not take a call: one line that names the thing and the mend.
public struct BotError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// The bots that a server knows, by name.
public struct BotCatalog: Sendable {
    private var bots: [String: any Bot] = [:]

    public init(_ bots: [any Bot]) { for bot in bots { add(bot) } }

    /// The bots that Trunkline ships.
    public static var builtIn: BotCatalog { BotCatalog([EchoBot(), DrillBot()]) }

    /// A bot of the same name is replaced.
    public mutating func add(_ bot: any Bot) { bots[bot.name] = bot }

    public func adding(_ bot: any Bot) -> BotCatalog {
        var catalog = self
        catalog.add(bot)
        return catalog
    }

    public subscript(_ name: String) -> (any Bot)? { bots[name] }
    public var names: [String] { bots.keys.sorted() }
}
