import Audio
import Foundation

/// A WAV file that a setting names.
enum SoundFile {
    /// Ten minutes of 16-bit sound at 48 kHz. Units: bytes.
    static let largest = 60_000_000

    /// - Parameter setting: as it is typed, for sentences: `--message`.
    /// - Returns: one channel, at the file's rate, with at least one sample.
    static func read(_ path: String, for setting: String) throws(UsageError) -> PCM16 {
        guard let data = FileManager.default.contents(atPath: path), data.count <= largest else {
            throw UsageError("\(setting) \(path): cannot be read, or is over \(largest / 1_000_000) MB")
        }
        let file: WAV
        do throws(WAVError) {
            file = try WAV(decoding: Array(data))
        } catch {
            throw UsageError("\(setting) \(path): \(error)")
        }
        let sound = file.mono
        guard !sound.samples.isEmpty else { throw UsageError("\(setting) \(path): has no sound") }
        return sound
    }
}
