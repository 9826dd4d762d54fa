import Call
import Server

/// The settings of recordings.
enum RecordSetting {
    static let all: [Setting] = [
        Setting(
            name: "record", short: nil, value: "DIR", help: "record calls into this folder, as WAV; one server has it at a time",
            apply: { value, c throws(UsageError) in c.recording.folder = value }, show: { $0.recording.folder ?? "none" }),
        Setting(
            name: "record-layout", short: nil, value: "LAYOUT",
            help: "stereo (caller left, bot as heard right), separate (two files), mixed or caller (alone)",
            apply: { value, c throws(UsageError) in
                guard let layout = RecordingLayout(rawValue: value) else {
                    let names = RecordingLayout.allCases.map(\.rawValue).joined(separator: ", ")
                    throw UsageError("--record-layout \(value): must be one of \(names)")
                }
                c.recording.layout = layout
            }, show: { $0.recording.layout.rawValue }),
        Setting(
            name: "record-start", short: nil, value: "WHEN",
            help: "auto (every call, from its start) or manual (when the bot or POST /calls/{id}/recording says so)",
            apply: { value, c throws(UsageError) in
                c.recording.isAutomatic = try Setting.either(value, "record-start", "auto", "manual")
            }, show: { $0.recording.isAutomatic ? "auto" : "manual" }),
        Setting(
            name: "record-keys", short: nil, value: "KEEP",
            help: "tones of keys in recordings: masked (silence in their place) or full",
            apply: { value, c throws(UsageError) in
                c.recording.keepsKeys = try Setting.either(value, "record-keys", "full", "masked")
            }, show: { $0.recording.keepsKeys ? "full" : "masked" }),
    ]
}
