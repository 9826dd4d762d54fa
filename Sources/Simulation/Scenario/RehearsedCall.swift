import Audio
import Call

/// What a rehearsed call wants done next.
public enum RehearsalOutput: Equatable, Sendable {
    /// Send the message in the buffer to the far end.
    case send(MessageKind)
    /// Close the connection; nothing follows.
    case close
    /// Cut the connection with no close frame; nothing follows.
    case cut
    /// Nothing to do before the given moment, or before a message arrives; `nil` when the call is over.
    case idle(wake: Moment?)
}

/// One call of a scenario without its far end: provider, network and caller together.
///
/// A value that is told and asked, like ``SimulatedProvider``: on a virtual clock and over a socket it is the same.
public struct RehearsedCall: Sendable {
    public let call: ScenarioCall
    public private(set) var isOver = false
    /// Whether nothing of it is left to do: it is over, and the far end knows.
    public private(set) var isClosed = false

    private(set) var side: SimulatedProvider
    private(set) var caller: SimulatedCaller
    private(set) var ear: Ear
    /// What the caller says, by the number of the step.
    private let sounds: [Int: (speech: CallerSpeech, samples: [Int16])]
    private(set) var said: [Int] = []
    private var origin = Moment.zero
    private var toBot: NetworkWay
    private var toCaller: NetworkWay
    private var scratch = MessageBuffer()

    /// - Parameter opened: what the answer document made of the call: formats, and whether anything is played. `nil` for the usual.
    /// - Throws: ``UnsupportedFormat``, or ``UnsupportedRate`` for a recording.
    public init(
        _ call: ScenarioCall, _ provider: PlayedProvider, _ identity: CallIdentity, opened: SimulationOptions? = nil,
        resamplers: any ResamplerFactory
    ) throws {
        self.call = call
        var options = opened ?? SimulationOptions(for: provider)
        options.jitterBuffer = call.provider.jitterBuffer
        options.swapsMedia = call.provider.swapsMedia
        options.numericFields = call.provider.numericFields
        options.endsWithoutStop = call.provider.endsWithoutStop
        options.heardLimit = call.limit + .seconds(60)
        let expectations = call.expectations(for: provider)
        options.expectsEcho = expectations.contains { expectation in
            if case .bound(let measure, _) = expectation { measure == .roundTrip || measure == .lostPackets } else { false }
        }
        side = try SimulatedProvider(provider, identity, options)
        caller = SimulatedCaller(call.script, limit: call.limit)
        ear = Ear(options.outbound.rate)
        var sounds: [Int: (CallerSpeech, [Int16])] = [:]
        for (index, step) in call.script.enumerated() {
            guard let sound = step.sound else { continue }
            let audio = try sound.samples(at: options.inbound.rate, resamplers: resamplers)
            sounds[index] = (CallerSpeech(audio, as: options.inbound, for: provider), audio.samples)
        }
        self.sounds = sounds
        toBot = NetworkWay(call.network.toBot, seed: call.network.seed, origin: .zero)
        toCaller = toBot
    }

    /// The connection stands.
    public mutating func start(at now: Moment) {
        origin = now
        toBot = NetworkWay(call.network.toBot, seed: call.network.seed, origin: now)
        toCaller = NetworkWay(call.network.toCaller, seed: call.network.seed &+ 1, origin: now)
        side.start(at: now)
    }

    /// The far end sent a message.
    public mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        guard !isOver else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.count)
        for index in message.indices { bytes.append(message[index]) }
        toCaller.send(.message(bytes, kind), at: now)
    }

    /// Whether the socket is to be read; while it is not, what the far end sends stays in the network.
    public func reads(at now: Moment) -> Bool { isOver || toCaller.reads(at: now) }

    /// Messages that found no room in the network.
    var lost: Int { toBot.lost + toCaller.lost }

    /// The far end closed the connection, or it broke.
    public mutating func connectionClosed(at now: Moment) {
        if isOver { isClosed = true } else { toCaller.send(.close, at: now) }
    }

    public mutating func poll(at now: Moment, into message: inout MessageBuffer) -> RehearsalOutput {
        while true {
            if let item = toBot.receive(at: now) {
                switch item {
                case .message(let bytes, let kind):
                    if isClosed { continue }
                    message.reset(kind)
                    message.storage.append(contentsOf: bytes)
                    return .send(kind)
                case .close:
                    isClosed = true
                    return .close
                }
            }
            if isOver { return .idle(wake: isClosed ? nil : toBot.wake) }
            if let dropsAt = call.network.dropsAt, now >= origin + dropsAt { side.drop(at: now) }
            if side.ending == .dropped { return cut() }
            if hear(at: now) { continue }
            if act(at: now) { continue }
            switch side.poll(at: now, into: &scratch) {
            case .send(let kind): toBot.send(.message(scratch.message, kind), at: now)
            case .close:
                finish()
                toBot.send(.close, at: now)
            case .idle(let wake):
                // What was just sent may have been the last that the caller had to say.
                if act(at: now) { continue }
                if let wake = toBot.wake, wake <= now { continue }
                return .idle(wake: nextWake(wake, at: now))
            }
        }
    }

    private func nextWake(_ provider: Moment?, at now: Moment) -> Moment? {
        let caller = caller.wake(at: now - origin).map { origin + $0 }
        let drop = call.network.dropsAt.map { origin + $0 }
        let wakes = [provider, caller, drop, toBot.wake, toCaller.wake].compactMap(\.self)
        return wakes.min().map { max($0, now + .microseconds(1)) }
    }

    /// - Returns: `true` when something arrived.
    private mutating func hear(at now: Moment) -> Bool {
        guard let item = toCaller.receive(at: now) else { return false }
        switch item {
        case .message(let bytes, let kind): side.receive(bytes.span, kind, at: now)
        case .close:
            side.connectionClosed(at: now)
            isClosed = true
            finish()
        }
        return true
    }

    /// - Returns: `true` when the caller did something.
    private mutating func act(at now: Moment) -> Bool {
        guard !isOver else { return false }
        ear.listen(to: side.playout.heard)
        let perceived = SimulatedCaller.Perception(
            now: now - origin, heard: ear.heard, lastSoundEnd: ear.lastSoundEnd, isSpeaking: side.isSpeaking)
        guard let act = caller.next(perceived) else { return false }
        switch act {
        case .say(let step):
            guard let sound = sounds[step] else { break }
            said.append(step)
            side.speak(sound.speech)
        case .press(let key): side.press(key)
        case .pauseMedia: side.pauseMedia()
        case .resumeMedia: side.resumeMedia(at: now)
        case .hangUp: side.hangUp()
        case .drop: side.drop(at: now)
        }
        return true
    }

    private mutating func cut() -> RehearsalOutput {
        finish()
        isClosed = true
        return .cut
    }

    private mutating func finish() {
        isOver = true
        ear.finish(with: side.playout.heard)
        caller.callEnded(at: side.report.duration)
    }

    /// What the caller said in order, as the provider's codec carries it.
    var saidSamples: [[Int16]] {
        said.compactMap { step in
            guard let samples = sounds[step]?.samples else { return nil }
            var bytes: [UInt8] = []
            var decoded: [Int16] = []
            side.options.inbound.encoding.encode(samples.span, into: &bytes)
            return side.options.inbound.encoding.decode(bytes.span, into: &decoded) ? decoded : nil
        }
    }
}

extension CallerStep {
    /// What the step says.
    var sound: CallerSound? {
        switch self {
        case .say(let sound, _), .interrupt(_, .say(let sound), _): sound
        default: nil
        }
    }
}
