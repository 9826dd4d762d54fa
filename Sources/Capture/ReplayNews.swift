import Pipeline

extension Replay {
    /// What has come since the last time this was asked, as lines for people: what was sent beside audio, and the engine's log.
    public mutating func news() -> [String] {
        let result = untold()
        return result.entries.compactMap { entry -> String? in
            guard entry.direction == .outward else { return nil }
            let message = ComparedMessage(entry)
            return message.kind.isAudio ? nil : "\(Difference.seconds(entry.time))  \(message)"
        } + result.log.map { "\(Difference.seconds($0.time))  log: \($0.line.sentence)" }
    }
}

extension CallLog {
    fileprivate var sentence: String {
        switch self {
        case .brokenMessage(let error, let count): "broken message (\(count) so far): \(error)"
        case .providerError(let code): "the provider reports an error: \(code.prefix(32))"
        case .botError(let text): "bot: \(text)"
        case .playoutFull: "the bot is more than \(Playout.longestQueue) ahead; its oldest audio is dropped"
        case .interrupted: "interrupted"
        }
    }
}
