import Call

extension DialState {
    /// A state as Twilio's API spells it and Exotel's after it. Not `in-progress`, which means two things.
    init?(word: String) {
        switch word {
        case "queued": self = .queued
        case "ringing": self = .ringing
        case "completed": self = .ended(.completed)
        case "busy": self = .ended(.busy)
        case "no-answer": self = .ended(.noAnswer)
        case "failed": self = .ended(.failed)
        case "canceled": self = .ended(.canceled)
        default: return nil
        }
    }
}
