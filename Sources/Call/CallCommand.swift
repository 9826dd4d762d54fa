/// What a provider can be told on the stream beside audio.
public enum CallCommand: Equatable, Sendable {
    /// Ask to be told when all audio sent so far has played.
    case mark(String)
    /// Drop what has not been played.
    case clear
    /// Send keys to the far end, where the provider has a message for it.
    case keys([KeypadEntry])
}
