import Audio
import Call

/// Finds keys in the caller's audio, for providers that send no message for them (or not for each).
///
/// A key that both the provider and the audio tell of counts once: whichever comes first passes, and its counterpart is dropped. They
/// are paired one by one, so that a key pressed twice counts twice. A found key follows the audio in which it was found. It notes each key that passes for the event log, in the call's stead.
public struct InBandKeys: Processor {
    /// Most time between the two words on one key. A tone is found at its beginning and a provider may report a key at its end: this
    /// is longer than people hold a key. Keys that only one side tells of cannot be mistaken for each other's counterparts.
    public static let pairing = Duration.seconds(2)
    /// Most keys that wait for their counterpart, ten a second for twice ``pairing``; past it the oldest waits no longer.
    public static let mostWaiting = 40

    private enum Source { case provider, audio }

    private struct Unpaired {
        let key: KeypadEntry
        let source: Source
        let at: Moment
    }

    private var detector = DTMFDetector()
    private var unpaired: [Unpaired] = []

    public init() {}

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard direction == .downstream else { return context.push(frame, direction) }
        if case .inputDTMF(let key) = frame.content {
            if isNew(key, from: .provider, at: context.now) { pass(key, &context) }
        } else if case .inputAudioRaw(let audio) = frame.content {
            context.push(frame)
            var found: [KeypadEntry] = []
            detector.process(audio) { character in
                if let key = KeypadEntry(rawValue: String(character)) { found.append(key) }
            }
            for key in found where isNew(key, from: .audio, at: context.now) { pass(key, &context) }
        } else {
            context.push(frame)
        }
    }

    private func pass(_ key: KeypadEntry, _ context: inout ProcessorContext) {
        context.push(.note(.key(key)))
        context.push(.inputDTMF(key))
    }

    private mutating func isNew(_ key: KeypadEntry, from source: Source, at now: Moment) -> Bool {
        unpaired.removeAll { now - $0.at > Self.pairing }
        if let index = unpaired.firstIndex(where: { $0.key == key && $0.source != source }) {
            unpaired.remove(at: index)
            return false
        }
        if unpaired.count >= Self.mostWaiting { unpaired.removeFirst() }
        unpaired.append(Unpaired(key: key, source: source, at: now))
        return true
    }
}
