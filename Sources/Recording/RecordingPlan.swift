public import Audio
public import Call

/// What one recording is to be.
public struct RecordingPlan: Sendable {
    public let layout: RecordingLayout
    /// Rates of the caller's voice and of the bot's.
    public let inbound, outbound: SampleRate
    /// Whether keys are silenced.
    public let masksKeys: Bool
    public let start: Moment

    public init(_ layout: RecordingLayout, inbound: SampleRate, outbound: SampleRate, masksKeys: Bool, start: Moment) {
        self.layout = layout
        self.inbound = inbound
        self.outbound = outbound
        self.masksKeys = masksKeys
        self.start = start
    }

    /// Of the files: the higher one, so that neither voice loses anything.
    public var rate: SampleRate { layout == .caller ? inbound : max(inbound, outbound) }

    /// The files, in order.
    public var tracks: [RecordingTrack] {
        switch layout {
        case .stereo: [.stereo]
        case .mixed: [.mixed]
        case .caller: [.caller]
        case .separate: [.caller, .bot]
        }
    }
}

/// One file of a recording.
public enum RecordingTrack: String, Sendable, CaseIterable {
    case stereo, mixed, caller, bot

    public var channels: Int { self == .stereo ? 2 : 1 }
    /// Units: bytes. One sample of each channel.
    public var frameLength: Int { 2 * channels }
}
