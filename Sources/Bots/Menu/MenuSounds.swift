import Audio
import Call

/// The sound files of a menu, each read and decoded once.
struct MenuSounds {
    /// Gives the bytes of a file in the menu's folder, or the words for why it cannot.
    typealias Source = (_ name: String) -> Result<[UInt8], MenuSoundError>

    /// Longest name, with folders. Units: bytes.
    static let longestName = 255

    private let source: Source
    private var known: [String: Result<PCM16, MenuSoundError>] = [:]
    private var samples = 0

    init(_ source: @escaping Source) { self.source = source }

    mutating func sound(_ name: String) -> Result<PCM16, MenuSoundError> {
        if let known = known[name] { return known }
        let read = Self.problem(of: name).map { .failure(MenuSoundError($0)) } ?? load(name)
        known[name] = read
        return read
    }

    private mutating func load(_ name: String) -> Result<PCM16, MenuSoundError> {
        let quoted = MenuMistake.quoted(name)
        switch source(name) {
        case .failure(let error): return .failure(error)
        case .success(let bytes):
            do throws(WAVError) {
                let audio = try WAV(decoding: bytes).mono
                guard !audio.samples.isEmpty else { return .failure(MenuSoundError("\(quoted) has no samples; record it again")) }
                guard audio.nanoseconds <= MenuPlan.longestSound.nanoseconds else {
                    let most = MenuPlan.longestSound.milliseconds / 60_000
                    return .failure(MenuSoundError("\(quoted) plays for more than \(most) minutes; cut it into parts"))
                }
                guard samples + audio.samples.count <= MenuPlan.mostSamples else {
                    let hours = MenuPlan.mostSamples / 8_000 / 3_600
                    return .failure(
                        MenuSoundError("\(quoted) is too much: all sounds together may play for \(hours) hour at 8,000 Hz"))
                }
                samples += audio.samples.count
                return .success(audio)
            } catch {
                return .failure(MenuSoundError("\(quoted): \(error)"))
            }
        }
    }

    /// Why a name can be no file in the menu's folder; `nil` when it can.
    private static func problem(of name: String) -> String? {
        let quoted = MenuMistake.quoted(name)
        guard !name.isEmpty else { return "is empty; name a WAV file" }
        guard name.utf8.count <= longestName else { return "\(quoted) has more than \(longestName) bytes" }
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\\" }
        guard isPlain else { return "\(quoted) holds a character that file names here may not have" }
        let steps = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !steps.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            return "\(quoted) leads out of the menu's folder; put the file there and give its name alone"
        }
        return nil
    }
}

/// Why a sound cannot be had: words that name the file and the mend.
public struct MenuSoundError: Error, Equatable, Sendable {
    public let words: String
    public init(_ words: String) { self.words = words }
}
