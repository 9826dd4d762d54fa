import Audio
import Call
import Simulation
import Synchronization

/// What callers say, made once for each format and shared by all calls.
final class PreparedSpeech: Sendable {
    private let made = Mutex<[MediaFormat: CallerSpeech]>([:])

    func speech(as format: MediaFormat, otherwise make: () -> CallerSpeech) -> CallerSpeech {
        made.withLock { made in
            if let known = made[format] { return known }
            let speech = make()
            made[format] = speech
            return speech
        }
    }
}
