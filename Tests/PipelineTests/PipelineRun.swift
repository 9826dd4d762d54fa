import Audio
import Call
import Foundation

@testable import Pipeline

/// A pipeline on virtual time, and the words of all that left it.
final class PipelineRun {
    var pipeline: Pipeline
    var now = Moment.zero
    /// What left downstream, and when in milliseconds.
    private(set) var sink: [(at: Int64, word: String)] = []
    /// What left upstream.
    private(set) var source: [String] = []

    init(_ processors: [any Processor]) { pipeline = Pipeline(processors) }

    func push(_ contents: Frame.Content...) {
        for content in contents {
            pipeline.push(Frame(content), at: now)
            run()
        }
    }

    func press(_ keys: String) { for key in KeypadEntry.keys(in: keys) ?? [] { push(.inputDTMF(key)) } }

    func say(_ words: String, isFinal: Bool = true) { push(.transcription(Transcription(words, isFinal: isFinal))) }

    /// Packets of 20 ms, one every 20 ms; time stands at the last.
    func hear(_ samples: [Int16]) {
        for start in stride(from: 0, to: samples.count, by: 160) {
            advance(.milliseconds(20))
            push(.inputAudioRaw(PCM16(samples: Array(samples[start..<min(start + 160, samples.count)]), rate: .hz8000)))
        }
    }

    /// Packets of one sample's value.
    func hear(_ count: Int, of sample: Int16) { hear([Int16](repeating: sample, count: count * 160)) }

    func advance(_ duration: Duration) {
        let end = now + duration
        while let wake = pipeline.wake, wake <= end {
            now = max(now, wake)
            pipeline.wakeProcessors(at: now)
            run()
        }
        now = end
    }

    /// What left downstream, without the audio that came in.
    var words: [String] { sink.map(\.word).filter { !$0.hasPrefix("in ") } }
    /// The same with the time.
    var timed: [String] { sink.filter { !$0.word.hasPrefix("in ") }.map { "\($0.at) \($0.word)" } }

    /// The words since the last look.
    func take() -> [String] {
        defer { (sink, source) = ([], []) }
        return words
    }

    private func run() {
        var (sink, source): ([Frame], [Frame]) = ([], [])
        _ = pipeline.run(at: now, sink: &sink, source: &source)
        self.sink += sink.map { ((now - .zero).milliseconds, $0.word) }
        self.source += source.map(\.word)
    }
}

/// Hears speech where the first sample of 20 ms is not 0, and only the hold of a detector where it is 1.
struct FirstSample: VoiceActivityDetector {
    mutating func process(_ samples: Span<Int16>, at rate: SampleRate, each body: (VoiceReading) -> Void) {
        for start in stride(from: 0, to: samples.count, by: 160) {
            body(VoiceReading(isSpeech: samples[start] != 0, confidence: samples[start] > 1 ? 1 : 0, level: -20))
        }
    }

    mutating func resetSpeech() {}
}

/// A file of `Tests/Fixtures/audio`.
enum Sound {
    static func samples(_ name: String) throws -> [Int16] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Fixtures/audio").appendingPathComponent(name)
        return try WAV(decoding: [UInt8](Data(contentsOf: file))).mono.samples
    }

    static func silence(_ milliseconds: Int) -> [Int16] { [Int16](repeating: 0, count: milliseconds * 8) }
}
