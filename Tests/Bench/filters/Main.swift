import Audio
import Foundation

/// Processor time of one 20 ms frame at 8 kHz with voice activity detection, noise suppression and automatic gain, and what they do to
/// a voice in noise. The fastest of several rounds counts: others use the machine too.
@main
struct Filters {
    static let rounds = 15

    static func main() throws {
        let folder = URL(fileURLWithPath: CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "Tests/Fixtures/audio")
        let phrases = try ["speech-man.wav", "speech-woman.wav"].map { name in
            try WAV(decoding: [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))).mono.samples
        }
        let sound = call(phrases)
        print(row("20 ms at 8 kHz", "us/frame", "voice, dBFS", "pauses, dBFS"))
        let voice = microseconds(sound.samples) { detect() }
        print(row("voice activity", String(format: "%.2f", voice), "-", "-"))
        for settings in [
            AudioFilterSettings(denoise: true), AudioFilterSettings(agc: true), AudioFilterSettings(denoise: true, agc: true),
        ] {
            let name = [settings.denoise ? "denoise" : nil, settings.agc ? "agc" : nil].compactMap { $0 }.joined(separator: " + ")
            let alone = microseconds(sound.samples) { filter(settings) { _ in } }
            var output: [Int16] = []
            let whole = filter(settings) { output += $0 }
            for start in stride(from: 0, to: sound.samples.count, by: 160) { whole(sound.samples[start..<start + 160].span) }
            print(row(name, String(format: "%.2f", alone), level(output, sound.voiced), level(output, sound.quiet)))
        }
        let all = microseconds(sound.samples) {
            let hear = detect()
            return filter(AudioFilterSettings(denoise: true, agc: true)) { hear($0.span) }
        }
        print(row("denoise + agc + voice activity", String(format: "%.2f", all), "-", "-"))
        print("in: voice \(level(sound.samples, sound.voiced)) dBFS, pauses \(level(sound.samples, sound.quiet)) dBFS, white noise")
    }

    /// A minute: a voice at a far caller's level with pauses, over white noise. Which frames are to be measured, from 20 s on.
    static func call(_ phrases: [[Int16]]) -> (samples: [Int16], voiced: Set<Int>, quiet: Set<Int>) {
        var samples: [Int16] = []
        var spoken: [Bool] = []
        while samples.count < 480_000 {
            let phrase = phrases[samples.count % 2]
            let length = (phrase.count + 159) / 160 * 160
            samples += phrase.map { $0 / 8 } + [Int16](repeating: 0, count: length - phrase.count + 8_000)
            spoken += [Bool](repeating: true, count: length / 160) + [Bool](repeating: false, count: 50)
        }
        var chance = SplitMix64(state: 1)
        for index in samples.indices {
            samples[index] = Int16(clamping: Int(samples[index]) + Int.random(in: -60...60, using: &chance))
        }
        let frames = spoken.indices.filter { $0 > 1_000 }
        // The frame after a phrase's last one has its echo in the filter.
        let quiet = frames.filter { !spoken[$0] && !spoken[$0 - 1] && !spoken[$0 - 2] }
        return (samples, Set(frames.filter { spoken[$0] }), Set(quiet))
    }

    static func detect() -> (Span<Int16>) -> Void {
        var detector = BandEnergyDetector()
        return { detector.process($0, at: .hz8000) { _ in } }
    }

    static func filter(_ settings: AudioFilterSettings, _ body: @escaping ([Int16]) -> Void) -> (Span<Int16>) -> Void {
        guard let filter = SpeexPreprocessor(at: .hz8000, settings) else { fatalError("speexdsp has no memory") }
        return { samples in
            var output: [Int16] = []
            filter.process(samples, into: &output)
            body(output)
        }
    }

    static func microseconds(_ samples: [Int16], _ make: () -> (Span<Int16>) -> Void) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let body = make()
            let begun = clock()
            for start in stride(from: 0, to: samples.count, by: 160) { body(samples[start..<start + 160].span) }
            best = min(best, Double(clock() - begun) / Double(CLOCKS_PER_SEC) * 1e6 / Double(samples.count / 160))
        }
        return best
    }

    /// Of the frames of a set. Units: dBFS by the sine convention.
    static func level(_ samples: [Int16], _ frames: Set<Int>) -> String {
        var (power, count) = (0.0, 0)
        for frame in frames where frame * 160 + 160 <= samples.count {
            for sample in samples[frame * 160..<frame * 160 + 160] { power += Double(sample) * Double(sample) }
            count += 160
        }
        return String(format: "%.1f", 10 * log10(2 * power / Double(max(count, 1)) / 32_767 / 32_767 + 1e-12))
    }

    static func row(_ cells: String...) -> String {
        cells.enumerated().map { index, cell in
            index == 0
                ? cell.padding(toLength: 42, withPad: " ", startingAt: 0)
                : String(repeating: " ", count: max(1, 14 - cell.count)) + cell
        }.joined()
    }
}
