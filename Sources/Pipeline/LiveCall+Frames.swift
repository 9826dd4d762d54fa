import Audio
import Call

/// What becomes of the frames that leave the pipeline of a call.
extension LiveCall {
    mutating func leaveDownstream(_ frame: Frame, at now: Moment) {
        switch frame.content {
        case .outputAudioRaw(let audio): say(audio, isInterruptible: frame.isInterruptible, at: now)
        case .ttsStarted: playout.beginUtterance()
        case .ttsStopped: playout.endUtterance(isInterruptible: frame.isInterruptible)
        case .words(let words): playout.append(words, at: now)
        case .mark(let name):
            if !playout.append(mark: name, isInterruptible: frame.isInterruptible) { refuseCommand() }
        case .outputDTMF(let keys): press(keys, isInterruptible: frame.isInterruptible, at: now)
        case .interruption: interrupt(at: now)
        case .pauseOutput:
            playout.hold(at: now)
            note(.outputPaused)
        case .resumeOutput:
            playout.resume(at: now)
            note(.outputResumed)
        case .end(let reason):
            farewell.begin(reason)
            playout.end()
        case .cancel(let reason): verdict = verdict ?? reason
        case .error(let text): logbook.write(.botError(text))
        case .userStartedSpeaking:
            note(.userStartedSpeaking)
            note(tracker.userStarted(at: now))
        case .userStoppedSpeaking:
            note(.userStoppedSpeaking)
            tracker.userStopped(at: now)
        case .userIdle(let count): note(.userIdle(count))
        case .note(let event): note(event)
        case .transcription(let transcription): note(.transcription(transcription))
        case .text(let text): note(.botText(text))
        case .transfer(let order):
            note(.transferAsked(timeout: order.timeout))
            asks.append(.transfer(order))
        case .handOver(let bot): asks.append(.handOver(bot: bot))
        case .recording(let order): asks.append(.record(order))
        case .background(let setting): change(setting)
        case .start, .inputAudioRaw, .inputDTMF, .vadUserStartedSpeaking, .vadUserStoppedSpeaking, .botStartedSpeaking,
            .botStoppedSpeaking, .utterance, .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .heartbeat,
            .custom:
            break
        }
    }

    private mutating func change(_ background: BackgroundSetting) {
        if playout.background == nil { return logbook.write(.botError("no background sound is configured (--background)")) }
        if let complaint = playout.background?.apply(background) { logbook.write(.botError(complaint)) }
    }

    private mutating func interrupt(at now: Moment) {
        counters.interruptions += 1
        note(.interruption)
        note(tracker.interrupted(at: now))
        if playout.interrupt(at: now) {
            clearIsDue = true
            fence = playout.fence
            farewell.cleared(at: now)
        }
        logbook.write(.interrupted)
    }

    /// Keys for the far end. Where the provider has no way of its own their tones are said.
    private mutating func press(_ keys: [KeypadEntry], isInterruptible: Bool, at now: Moment) {
        note(.keysSent(keys))
        switch profile.keys {
        case .message, .request:
            if !playout.append(keys: keys, isInterruptible: isInterruptible) { refuseCommand() }
        case .tones:
            var tones = DTMFTones(keys.map(\.rawValue).joined(), rate: start.outbound.rate)
            say(tones.next(milliseconds: Int(Playout.longestQueue.milliseconds)), isInterruptible: isInterruptible, at: now)
        }
    }

    mutating func leaveUpstream(_ frame: Frame, at now: Moment) {
        switch frame.content {
        case .end: pipeline.push(frame, at: now)
        case .error(let text): logbook.write(.botError(text))
        case .start, .cancel, .interruption, .inputAudioRaw, .inputDTMF, .vadUserStartedSpeaking, .vadUserStoppedSpeaking,
            .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .utterance, .userIdle,
            .pauseOutput,
            .resumeOutput, .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .note, .outputAudioRaw,
            .outputDTMF,
            .mark, .text, .transcription, .words, .ttsStarted, .ttsStopped, .transfer, .handOver, .recording, .background,
            .heartbeat,
            .custom:
            break
        }
    }

    private mutating func say(_ audio: PCM16, isInterruptible: Bool, at now: Moment) {
        if !playout.append(audio, isInterruptible: isInterruptible, at: now) {
            logbook.write(.botError("audio at \(audio.rate) cannot be converted to \(start.outbound.rate)"))
        }
        guard playout.droppedSamples > counters.droppedSamples else { return }
        if counters.droppedSamples == 0 { logbook.write(.playoutFull) }
        counters.droppedSamples = playout.droppedSamples
    }

    private mutating func refuseCommand() {
        logbook.write(.botError("more than \(Playout.mostCommands) marks and keys wait; the newest is dropped"))
    }
}
