import Bots
import Call
import Pipeline

/// What stands around a bot in the calls of this server.
extension StreamController {
    /// The bot's pipeline with what the server's settings add to it.
    func equipped(_ bot: any Bot, for call: CallInfo) throws(BotError) -> BotPipeline {
        var pipeline = try bot.pipeline(for: call)
        let configuration = shared.configuration
        if !configuration.audioFilter.isOff {
            pipeline = pipeline.prepending([AudioFilterProcessor(shared.filters, configuration.audioFilter)])
        }
        pipeline.conversation = configuration.conversation.completing(pipeline.conversation)
        pipeline.background = pipeline.background ?? configuration.background
        return pipeline
    }

    /// Gives the call to another bot.
    func handOver(_ host: CallHost, to name: String) -> CallInput {
        guard var call = host.call, let bot = shared.configuration.bots[name] else {
            return .push(Frame(.error("no bot is named \(name)")))
        }
        call.bot = name
        do throws(BotError) {
            let pipeline = try equipped(bot, for: call)
            host.call = call
            shared.logger.log(
                .info, "call handed over", call: call.id, ["bot": name, "pipeline": path(call.stream, name, pipeline)])
            return .handedOver(call, pipeline)
        } catch {
            return .push(Frame(.error("bot \(name): \(error.description)")))
        }
    }

    /// `twilio(8000 mu-law) -> Speex(8000->24000) -> echo -> twilio(8000 mu-law)`. What the bot says is converted frame by frame, from
    /// whatever rate the frame has.
    func path(_ start: StreamStart, _ bot: String, _ pipeline: BotPipeline) -> String {
        let filter = shared.configuration.audioFilter
        var steps = ["\(start.provider)(\(start.inbound))"]
        if let rate = pipeline.inputRate, rate != start.inbound.rate {
            steps.append("Speex(\(start.inbound.rate.hertz)->\(rate.hertz))")
        }
        if filter.denoise { steps.append("denoise") }
        if filter.agc { steps.append("agc") }
        return (steps + [bot, "\(start.provider)(\(start.outbound))"]).joined(separator: " -> ")
    }
}
