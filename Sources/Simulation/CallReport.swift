import Audio
import Call

/// What became of one simulated call, as the caller and the provider know it.
public struct CallReport: Sendable {
    public let provider: PlayedProvider
    /// The stream's id as the provider gave it.
    public let streamID: String
    /// From the start of the stream to its end, or to the last moment known.
    public let duration: Duration
    /// Caller audio that was sent.
    public let sent: Duration
    /// Audio that was played to the caller.
    public let heard: Duration
    /// Level of what was played, −∞ when it was silence or nothing. Units: dBFS, a full-scale sine is 0.
    public let level: Double
    /// From the start of the stream to the first sound that was played; `nil` when there was none.
    public let firstSound: Duration?
    /// From the first packet with the caller's voice to the first sound that arrived after it; `nil` when one of them is missing.
    public let answerDelay: Duration?
    /// Round trips of an echo, packet by packet; `nil` when none was expected.
    public let roundTrips: LatencyHistogram?
    /// What became of an echo's packets; `nil` when none was expected.
    public let echo: EchoTally?
    /// The longest round trip before the window that is measured.
    public let longestRoundTripBefore: Duration?
    /// Silences inside utterances.
    public let gaps: Gaps
    /// Most audio that waited at the provider: how far the server ran ahead of real time.
    public let furthestAhead: Duration
    public let marks: Int
    public let clears: Int
    /// How late caller audio left at worst: the driver's own lateness, not to be taken for the server's.
    public let driverLateness: Duration
    public let complaints: ComplaintList
    public let ending: CallEnding

    /// Packets that an echo did not send back; `nil` when none was expected.
    public var lostPackets: Int? { echo?.lost }
}

extension SimulatedProvider {
    /// The report up to the last moment this value was told. Final once the call is over.
    public var report: CallReport {
        let rate = playout.rate
        return CallReport(
            provider: provider, streamID: identity.streamID, duration: lastMoment - origin,
            sent: .milliseconds(counts.mediaMessages * provider.packetMilliseconds), heard: rate.time(of: playout.level.samples),
            level: playout.level.decibels, firstSound: playout.firstSound.map { $0 - origin },
            answerDelay: answerDelay, roundTrips: echo?.roundTrips, echo: echo?.tally,
            longestRoundTripBefore: echo?.longestBefore, gaps: playout.gaps,
            furthestAhead: rate.time(of: playout.deepest), marks: counts.marks, clears: counts.clears,
            driverLateness: counts.lateness, complaints: complaints, ending: ending)
    }

    private var answerDelay: Duration? {
        guard let firstCallerSound, let soundAnswered else { return nil }
        return soundAnswered - firstCallerSound
    }
}
