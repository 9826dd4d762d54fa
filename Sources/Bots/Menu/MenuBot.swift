import Call
import Pipeline

/// Answers with a menu that is walked by keys: prompts, messages, echo, other bots, transfers. <doc:Menus> describes its file.
public struct MenuBot: Bot {
    public static let name = "menu"

    private let plan: MenuPlan

    public init(_ plan: MenuPlan) { self.plan = plan }

    public var name: String { Self.name }

    /// A menu listens for a voice where one may interrupt it; its keys it takes itself.
    public func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        var conversation = ConversationSettings()
        conversation.times = plan.honoursVoice ? UserTurn.Times(startOverBot: .milliseconds(260)) : nil
        conversation.bargeIn = BargeIn.Rules(voice: plan.honoursVoice, keys: false)
        return BotPipeline([Menu(plan)], conversation: conversation)
    }
}
