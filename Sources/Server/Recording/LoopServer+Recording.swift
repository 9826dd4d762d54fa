import Call
import Pipeline

/// What became of an order to record.
enum RecordingOutcome {
    case began(RecordingTap)
    case changed(RecordingStatus)
    case ended
    /// A code and a sentence.
    case refused(String, String)
}

extension LoopServer {
    /// Carries out an order for a call of this loop. The caller tells the engine.
    func carryOut(_ order: RecordingOrder, _ current: RecordingTap?, call id: String, at now: Moment) -> RecordingOutcome {
        guard let recordings else {
            return .refused("recording_off", "the server records nothing; start it with --record DIR")
        }
        switch (order, current) {
        case (.start(let layout), nil):
            guard let call = shared.registry.record(id) else { return .refused("unknown_call", "the call has not begun") }
            let name = RecordingEntry.newID(shared.cryptography)
            return .began(recordings.begin(call, layout, id: name, unixTime: shared.unixTime, at: now))
        case (.start, let current?):
            return .refused("already_recording", "the call is being recorded: \(current.id); stop that first, or resume it")
        case (.pause, let current?):
            current.pause(at: now)
            return .changed(.paused)
        case (.resume, let current?):
            current.resume(at: now)
            return .changed(.recording)
        case (.stop, let current?):
            current.end(at: now)
            return .ended
        case (.pause, nil), (.resume, nil), (.stop, nil):
            return .refused("not_recording", "the call is not being recorded; start a recording first")
        }
    }
}
