import Audio
import Bots
import Call
import Foundation
import Pipeline
import Providers
import SpeexAudio
import Testing

@testable import CLI
@testable import Server

@Suite struct BackgroundFlagsTests {
    /// Sound files that go with their last reference.
    private final class Sounds {
        let folder = NSTemporaryDirectory() + "trunkline-sounds-\(UUID().uuidString)"

        init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func file(_ name: String, _ bytes: [UInt8]) -> String {
            let path = folder + "/" + name
            _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
            return path
        }

        func tone(_ name: String, _ rate: SampleRate) -> String {
            var tone = Tone(hertz: 400, rate: rate)
            return file(name, WAV(tone.next(milliseconds: 100)).encoded())
        }
    }

    private func load(_ words: [String], _ environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationLoader.load(
            try ServeCommand.arguments(words[...]), environment: environment, bots: .builtIn, dialects: Provider.all)
    }

    private func show(_ name: String, _ configuration: Configuration) -> String? {
        Setting.all.first { $0.name == name }?.show(configuration)
    }

    @Test func `sounds come from one flag, from several, or from the environment`() throws {
        let sounds = try Sounds()
        let (one, two) = (sounds.tone("a.wav", .hz8000), sounds.tone("b.wav", .hz44100))
        let repeated = try load(["--background", "office=\(one)", "--background", "music=\(two)", "--background-sound", "music"])
        let listed = try load(["--background-volume", "0.25"], ["TRUNKLINE_BACKGROUND": "office=\(one),music=\(two)"])
        #expect(repeated.background?.names == ["office", "music"] && listed.background?.names == ["office", "music"])
        #expect(repeated.background?.sound == "music" && repeated.background?.isOn == true && repeated.background?.volume == 0.4)
        #expect(listed.background?.sound == "office" && listed.background?.isOn == false && listed.background?.volume == 0.25)
        #expect(show("background", repeated) == "office=\(one),music=\(two)" && show("background-sound", repeated) == "music")
        #expect(show("background-sound", listed) == "none" && show("background-volume", listed) == "0.25")
        #expect(try load([]).background == nil && show("background", try load([])) == "none")
    }

    @Test func `what cannot be a background is refused at the start, with the mend`() throws {
        let sounds = try Sounds()
        let good = sounds.tone("a.wav", .hz8000)
        let odd = sounds.file("odd.wav", WAV(PCM16(samples: [1], rate: try #require(SampleRate(hertz: 11_025)))).encoded())
        let broken = sounds.file("broken.wav", Array("RIFF".utf8))
        for (words, mend) in [
            (["--background", "office"], "--background office: must be a name"),
            (["--background", "=\(good)"], "must be a name"), (["--background", "a b=\(good)"], "must be a name"),
            (["--background", "a=\(good),"], "must be a name"),
            (["--background", "a=/no/such.wav"], "--background a /no/such.wav: cannot be read"),
            (["--background", "a=\(broken)"], "--background a \(broken): "),
            (["--background", "a=\(odd)"], "a cannot be converted from 11025 Hz"),
            (["--background", "a=\(good),a=\(good)"], "a is named twice"),
            (["--background", "a=\(good)", "--background-sound", "b"], "--background-sound: no sound is named b; there are a"),
            (["--background-sound", "b"], "give --background"), (["--background-volume", "0.5"], "give --background"),
            (["--background", "a=\(good)", "--background-volume", "2"], "from 0 to 1"),
            (["--background", "a=\(good)", "--background-volume", "nan"], "from 0 to 1"),
        ] {
            let error = try #require(throws: UsageError.self) { try load(words) }
            #expect(error.message.contains(mend), "\(error.message)")
        }
    }

    /// A sine that loops whole has a largest step from sample to sample. A click at the seam is a larger one.
    @Test(arguments: [SampleRate.hz22050, .hz44100, .hz48000, .hz16000])
    func `the seam of a converted loop has no click`(source: SampleRate) throws {
        var tone = Tone(hertz: 400, level: -6, rate: source)
        var loop = try BackgroundSounds([("a", tone.next(milliseconds: 200))], resamplers: SpeexResamplerFactory())
        try loop.begin(with: "a")
        loop.volume = 1
        for rate in BackgroundSounds.usualRates {
            var mixer = try #require(loop.mixer(at: rate))
            var heard: [Int16] = []
            mixer.fill(rate.samples(inMilliseconds: 1_000), speech: [Int16]().span, into: &heard)
            let steps = zip(heard, heard.dropFirst()).map { abs(Int($1) - Int($0)) }
            let steepest = 16_423 * 2 * 3.141_6 * 400 / Double(rate.hertz)
            #expect(Double(try #require(steps.max())) < steepest * 1.02, "\(source) to \(rate)")
            #expect(heard.max().map { $0 > 16_000 } == true)
        }
    }

    @Test func `logs of calls are off, and their keys masked, unless asked for`() throws {
        #expect(try load([]).logFolder == nil)
        let configuration = try load(["--log-dir", "/tmp/logs"], ["TRUNKLINE_LOG_KEYS": "full"])
        #expect(configuration.logFolder == "/tmp/logs" && configuration.logKeys)
        #expect(show("log-dir", configuration) == "/tmp/logs" && show("log-keys", configuration) == "full")
        let error = try #require(throws: UsageError.self) { try load(["--log-keys", "some"]) }
        #expect(error.message == "--log-keys some: must be masked or full")
    }
}
