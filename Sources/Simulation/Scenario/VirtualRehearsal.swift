import Audio
import Call

/// Why a scenario has no call to judge.
public struct RehearsalFailure: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Plays a scenario on a virtual clock, all its calls together: an hour in seconds, the same on every run.
public struct VirtualRehearsal: ~Copyable {
    private struct Pair {
        var line: RehearsedCall
        var far: any FarEnd
        let startsAt: Moment
        var hasStarted = false
        var wake: Moment?
    }

    /// Turns of one call at one moment. A turn carries a message one way; more of them are two sides that answer each other for ever.
    private static let mostTurns = 100_000

    private var pairs: [Pair] = []
    private var buffer = MessageBuffer()

    /// - Parameter answer: makes the far end of one call of the scenario, at the moment the clock starts with.
    public init(
        _ scenario: Scenario, _ provider: PlayedProvider, resamplers: any ResamplerFactory,
        answer: (Int, ScenarioCall, CallIdentity) throws -> any FarEnd
    ) throws {
        for (index, call) in scenario.calls.enumerated() {
            let identity = CallIdentity.numbered(index, for: provider).withAnswerParameters(for: provider)
            let line = try RehearsedCall(call, provider, identity, resamplers: resamplers)
            pairs.append(Pair(line: line, far: try answer(index, call, identity), startsAt: .zero + call.startsAt))
        }
    }

    /// Plays the calls to their ends.
    ///
    /// - Parameter progress: told the time of the virtual clock now and then.
    public mutating func run(progress: (Duration) -> Void = { _ in }) throws(RehearsalFailure) -> [CallVerdict] {
        var now = Moment.zero
        var told = Duration.zero
        while let next = next {
            now = max(now, next)
            if now - .zero >= told {
                progress(now - .zero)
                told = now - .zero + .seconds(60)
            }
            for index in pairs.indices { try Self.play(&pairs[index], &buffer, at: now) }
        }
        return pairs.map(\.line.verdict)
    }

    /// The moment at which something is due next; `nil` when all calls are over.
    private var next: Moment? {
        pairs.compactMap { $0.hasStarted ? ($0.line.isClosed ? nil : $0.wake) : $0.startsAt }.min()
    }

    private static func play(_ pair: inout Pair, _ buffer: inout MessageBuffer, at now: Moment) throws(RehearsalFailure) {
        if !pair.hasStarted {
            guard pair.startsAt <= now else { return }
            pair.hasStarted = true
            pair.line.start(at: now)
        } else {
            guard let wake = pair.wake, wake <= now else { return }
        }
        for _ in 0..<mostTurns {
            let ours = pair.line.poll(at: now, into: &buffer)
            switch ours {
            case .send(let kind):
                pair.far.receive(buffer.storage.span.extracting(droppingFirst: MessageBuffer.headroom), kind, at: now)
            case .close: pair.far.connectionClosed(code: 1000, at: now)
            case .cut: pair.far.connectionClosed(code: nil, at: now)
            case .idle: break
            }
            switch pair.far.poll(at: now, into: &buffer) {
            case .send:
                pair.line.receive(buffer.storage.span.extracting(droppingFirst: MessageBuffer.headroom), buffer.kind, at: now)
            case .close: pair.line.connectionClosed(at: now)
            case .idle(let theirWake):
                guard case .idle(let wake) = ours else { continue }
                pair.wake = [wake, theirWake].compactMap(\.self).min()
                // A line that waits for nothing while its call is up waits for a message that will not come.
                if pair.wake == nil, !pair.line.isClosed { throw RehearsalFailure("both sides of the call wait for ever") }
                return
            }
        }
        throw RehearsalFailure("the far end sent more than \(mostTurns) messages at \((now - .zero).milliseconds) ms")
    }
}
