import Audio
import Call
import Pipeline

/// Passes everything on; does what a test asks of it on the way.
struct Step: Processor {
    var onFrame: (Frame, FrameDirection, inout ProcessorContext) -> Bool = { _, _, _ in true }
    var onWake: (inout ProcessorContext) -> Void = { _ in }

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if onFrame(frame, direction, &context) { context.push(frame, direction) }
    }

    mutating func wake(_ context: inout ProcessorContext) { onWake(&context) }
}

extension Frame {
    /// Short and comparable.
    var word: String {
        switch content {
        case .start: "start"
        case .cancel(let reason): "cancel \(reason.rawValue)"
        case .interruption: "interruption"
        case .inputAudioRaw(let audio): "in \(audio.samples.count)"
        case .inputDTMF(let key): "key \(key.rawValue)"
        case .vadUserStartedSpeaking: "voice started"
        case .vadUserStoppedSpeaking: "voice stopped"
        case .userStartedSpeaking: "user started"
        case .userStoppedSpeaking: "user stopped"
        case .markReturned(let name, let wasPlayed): "returned \(name)\(wasPlayed ? "" : ", cleared")"
        case .botStartedSpeaking: "bot started"
        case .botStoppedSpeaking: "bot stopped"
        case .utterance(let report):
            "utterance \(report.number): \(report.heardMilliseconds) of \(report.queuedMilliseconds) ms\(report.isEstimate ? ", about" : "")\(report.wasInterrupted ? ", interrupted" : "")"
        case .userIdle(let count): "idle \(count)"
        case .pauseOutput: "pause"
        case .resumeOutput: "resume"
        case .transferAnswered(let answer): "transfer \(answer)"
        case .recordingChanged(let status): "recording \(status.rawValue)"
        case .note(let event): "note \(event)"
        case .transcription(let transcription): "transcription \(transcription.text)"
        case .words(let words): "words \(words.map(\.text).joined(separator: " "))"
        case .transfer(let order): "transfer, then \(order.resumeAt)"
        case .handOver(let bot): "hand over to \(bot)"
        case .recording(let order): "recording \(order.word)"
        case .background: "background"
        case .heartbeat: "heartbeat"
        case .machineDetected(let verdict): "detected \(verdict.rawValue)"
        case .error(let text): "error \(text)"
        case .outputAudioRaw(let audio): "out \(audio.samples.count)"
        case .outputDTMF(let keys): "keys \(keys.count)"
        case .mark(let name): "mark \(name)"
        case .text(let text): text
        case .ttsStarted: "started"
        case .ttsStopped: "stopped"
        case .end(let reason): "end \(reason.rawValue)"
        case .custom: "custom"
        }
    }
}

final class Notes {
    var lines: [String] = []
}
