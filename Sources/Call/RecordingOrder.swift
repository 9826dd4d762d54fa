/// What is to be done with the recording of a call.
public enum RecordingOrder: Equatable, Sendable {
    case start(RecordingLayout)
    /// Silence from here on, in the place of what is said.
    case pause
    case resume
    case stop

    public var word: String {
        switch self {
        case .start: "start"
        case .pause: "pause"
        case .resume: "resume"
        case .stop: "stop"
        }
    }
}

/// Which voices a recording has, and in how many files.
public enum RecordingLayout: String, Equatable, Sendable, CaseIterable {
    /// One file: the caller left, what the caller heard of the bot right.
    case stereo
    /// Two mono files.
    case separate
    /// One mono file with both.
    case mixed
    /// One mono file with the caller alone: a message.
    case caller
}

/// Where a recording stands.
public enum RecordingStatus: String, Equatable, Sendable, CaseIterable {
    case recording, paused, finished, errored
}
