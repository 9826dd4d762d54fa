import Server

/// The settings of the caller's audio.
enum AudioSetting {
    static let all: [Setting] = [
        Setting(
            name: "denoise", short: nil, value: "on|off", help: "make steady noise behind the caller quieter; adds 20 ms",
            apply: { value, c throws(UsageError) in c.audioFilter.denoise = try Setting.isOn(value, "denoise") },
            show: { $0.audioFilter.denoise ? "on" : "off" }),
        Setting(
            name: "agc", short: nil, value: "on|off",
            help: "bring the caller's voice to one level; adds 20 ms, once with --denoise",
            apply: { value, c throws(UsageError) in c.audioFilter.agc = try Setting.isOn(value, "agc") },
            show: { $0.audioFilter.agc ? "on" : "off" }),
    ]
}
