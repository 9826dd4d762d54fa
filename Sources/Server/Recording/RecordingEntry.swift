import Audio
import Call
import Recording
import Wire

/// One recording as the API shows it, and as its `.json` file keeps it.
struct RecordingEntry: Equatable, Sendable {
    /// `rec-` and 24 hexadecimal digits; unguessable, and a file name.
    let id: String
    let callID: String
    let provider: String
    let layout: RecordingLayout
    let rate: SampleRate
    /// Microseconds since 1970.
    let startedAt: Int64
    var status = RecordingStatus.recording
    /// Samples of each channel that the files hold.
    var frames = 0
    /// Why it is `errored`, or ended before its call.
    var reason: String?

    var duration: Double { Double(frames) / Double(rate.hertz) }

    var tracks: [RecordingTrack] {
        RecordingPlan(layout, inbound: rate, outbound: rate, masksKeys: false, start: .zero).tracks
    }

    /// Of a track's file, in the folder.
    func fileName(_ track: RecordingTrack) -> String { layout == .separate ? "\(id).\(track.rawValue).wav" : "\(id).wav" }

    /// Units: bytes.
    func size(_ track: RecordingTrack) -> Int { RecordingFile.headerLength + frames * track.frameLength }

    /// Whether it goes on.
    var isLive: Bool {
        switch status {
        case .recording, .paused: true
        case .finished, .errored: false
        }
    }

    /// The newest first.
    static func isBefore(_ a: RecordingEntry, _ b: RecordingEntry) -> Bool { (a.startedAt, a.id) > (b.startedAt, b.id) }

    // MARK: JSON

    var json: JSONValue {
        let tracks = tracks.map { track in
            JSONValue.object([
                "type": .string("audio"), "name": .string(track.rawValue), "size": .number(Double(size(track))),
                "channels": .number(Double(track.channels)), "sample_rate": .number(Double(rate.hertz)),
            ])
        }
        return .object([
            "id": .string(id), "call_id": .string(callID), "provider": .string(provider), "status": .string(status.rawValue),
            "layout": .string(layout.rawValue), "start_ts": .number(Double(startedAt / 1_000_000)),
            "duration": .number((duration * 1_000).rounded() / 1_000), "tracks": .array(tracks),
            "size": .number(Double(self.tracks.reduce(0) { $0 + size($1) })), "reason": .init(reason),
        ])
    }

    /// What the `.json` file holds: what the API shows, and what that rounds.
    var kept: JSONValue {
        guard case .object(var members) = json else { return json }
        members["started_at_us"] = .number(Double(startedAt))
        members["sample_rate"] = .number(Double(rate.hertz))
        members["frames"] = .number(Double(frames))
        return .object(members)
    }

    /// - Returns: `nil` for what is no recording's file.
    init?(_ value: JSONValue) {
        guard let id = value["id"]?.string, Self.isID(id), let call = value["call_id"]?.string,
            let provider = value["provider"]?.string, let layout = value["layout"]?.string.flatMap(RecordingLayout.init),
            let status = value["status"]?.string.flatMap(RecordingStatus.init),
            case .number(let started)? = value["started_at_us"], let startedAt = Int64(exactly: started),
            case .number(let hertz)? = value["sample_rate"], let rate = Int(exactly: hertz).flatMap(SampleRate.init),
            case .number(let count)? = value["frames"], let frames = Int(exactly: count),
            (0...RecordingLimits.largestFile).contains(frames)
        else { return nil }
        self.init(id: id, callID: call, provider: provider, layout: layout, rate: rate, startedAt: startedAt)
        self.status = status
        self.frames = frames
        reason = value["reason"]?.string
    }

    init(id: String, callID: String, provider: String, layout: RecordingLayout, rate: SampleRate, startedAt: Int64) {
        self.id = id
        self.callID = callID
        self.provider = provider
        self.layout = layout
        self.rate = rate
        self.startedAt = startedAt
    }

    static func newID(_ cryptography: any Cryptography) -> String { "rec-" + Hex.text(cryptography.randomBytes(12)) }

    static func isID(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst(4)
        return text.hasPrefix("rec-") && digits.count == 24
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
