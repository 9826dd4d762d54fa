import Audio
import Pipeline
import Server
import SpeexAudio

/// The settings of the background sound.
enum BackgroundFlags {
    static let all: [Setting] = [
        Setting(
            name: "background", short: nil, value: "NAME=F.wav",
            help: "sounds that bots can put behind what they say; more with commas, or the flag again",
            apply: { value, c throws(UsageError) in
                c.background = try sounds(value)
                c.backgroundFiles = value
            }, show: { $0.backgroundFiles ?? "none" }, isList: true),
        Setting(
            name: "background-sound", short: nil, value: "NAME",
            help: "the sound that calls begin with; without it a bot has to enable one",
            apply: { value, c throws(UsageError) in
                guard c.background != nil else { throw missing("background-sound", value) }
                do throws(BackgroundSounds.Problem) {
                    try c.background?.begin(with: value)
                } catch {
                    throw UsageError("--background-sound: \(error)")
                }
            }, show: { ($0.background?.isOn == true ? $0.background?.sound : nil) ?? "none" }),
        Setting(
            name: "background-volume", short: nil, value: "FACTOR", help: "how loud it is, 0 to 1",
            apply: { value, c throws(UsageError) in
                guard let volume = Float(value), (0...1).contains(volume) else {
                    throw UsageError(
                        "--background-volume \(value): must be a number from 0 to 1, such as \(BackgroundSounds.usualVolume)")
                }
                guard c.background != nil else { throw missing("background-volume", value) }
                c.background?.volume = volume
            }, show: { "\($0.background?.volume ?? BackgroundSounds.usualVolume)" }),
    ]

    private static func missing(_ name: String, _ value: String) -> UsageError {
        UsageError("--\(name) \(value): there is no sound; give --background NAME=F.wav too")
    }

    /// - Parameter text: `office=a.wav,music=b.wav`.
    private static func sounds(_ text: String) throws(UsageError) -> BackgroundSounds {
        var sounds: [(name: String, audio: PCM16)] = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = parts.first, let path = parts.last, isName(name), !path.isEmpty else {
                throw UsageError(
                    "--background \(entry): must be a name of letters, digits, - and _, then = and a WAV file: office=office.wav")
            }
            sounds.append((String(name), try SoundFile.read(String(path), for: "--background \(name)")))
        }
        do throws(BackgroundSounds.Problem) {
            return try BackgroundSounds(sounds, resamplers: SpeexResamplerFactory())
        } catch {
            throw UsageError("--background: \(error)")
        }
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}
