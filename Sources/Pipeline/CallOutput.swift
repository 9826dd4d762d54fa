import Call
import Wire

/// What the engine is told, beside the provider's messages.
public enum CallInput {
    /// The answer to ``CallOutput/admit(_:)``: the stream may begin.
    indirect case admitted(CallInfo, BotPipeline)
    /// The answer to ``CallOutput/admit(_:)``: it may not. The sentence goes to the log and into the close frame.
    case refused(Termination, reason: String)
    /// Puts a frame in at the head of the pipeline.
    indirect case push(Frame)
    /// Ends the call at once.
    case cancel(Termination)
    /// The socket is gone. `code` is the close code of the peer, `nil` when the connection broke without one.
    case closed(code: UInt16?)
    /// The call's recording begins or ends to listen.
    case tap((any CallTap)?)
    /// The answer to ``CallOutput/handOver(bot:)``: the bot's pipeline takes the call.
    indirect case handedOver(CallInfo, BotPipeline)
    /// Time has passed.
    case tick
}

/// What the engine asks for. The host does it and polls again.
///
/// What is large is boxed: a media message costs one `send` and one `idle`, and these stay a few bytes.
public enum CallOutput {
    /// The buffer holds one message for the provider.
    case send
    /// The stream has opened: answer with `admitted` or `refused` before polling again.
    indirect case admit(StreamStart)
    /// End the paid leg with the provider's REST API.
    indirect case hangUp(StreamStart)
    case log(CallLog)
    /// A line for the call's event log.
    indirect case event(ConversationEvent)
    /// Ask the provider's REST API to connect the caller elsewhere; push `transferAnswered` when it has answered.
    indirect case transfer(TransferOrder)
    /// Answer with `handedOver`, or push an `error` when there is no such bot.
    case handOver(bot: String)
    case record(RecordingOrder)
    /// Ask the provider's REST API to send keys to the far end.
    case sendKeys([KeypadEntry])
    /// Close the socket with this code (RFC 6455 §7.4.1).
    case close(code: UInt16, reason: String)
    /// The call is over; free everything.
    case finished(Termination)
    /// Nothing to do before the moment, which is later than now; `nil` when the call is over.
    case idle(wake: Moment?)
}

/// What a call has to say to the log. Never content of a message.
public enum CallLog: Equatable, Sendable {
    /// The provider's message broke its protocol; `count` so far in this call.
    case brokenMessage(WireError, count: Int)
    case providerError(code: String)
    case botError(String)
    /// The bot is further ahead than playout holds; from here on the oldest audio is dropped.
    case playoutFull
    case interrupted
}
