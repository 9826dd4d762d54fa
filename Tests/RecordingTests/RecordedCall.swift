import Audio
import Call

@testable import Recording

/// A call in virtual time, and what its recording holds.
struct RecordedCall {
    var recorder: Recorder
    private(set) var now = Moment.zero
    private var bytes: [[UInt8]]
    private var nextTake = Moment.zero

    init(
        _ layout: RecordingLayout = .separate, inbound: SampleRate = .hz8000, outbound: SampleRate = .hz8000,
        masksKeys: Bool = false,
        largestFile: Int = RecordingLimits.largestFile
    ) throws {
        let plan = RecordingPlan(layout, inbound: inbound, outbound: outbound, masksKeys: masksKeys, start: .zero)
        bytes = plan.tracks.map { _ in [] }
        guard let recorder = Recorder(plan, resamplers: Doubling(), largestFile: largestFile) else { throw NoResampler() }
        self.recorder = recorder
    }

    struct NoResampler: Error {}

    /// Time goes on; ten times a second the recorder is asked.
    mutating func wait(until moment: Moment) {
        while nextTake <= moment {
            recorder.take(at: nextTake, into: &bytes)
            nextTake = nextTake + .milliseconds(100)
        }
        now = max(now, moment)
    }

    mutating func hear(_ samples: [Int16], at moment: Moment) {
        wait(until: moment)
        recorder.caller(samples.span, at: now)
    }

    mutating func finish(at moment: Moment) -> [[Int16]] {
        wait(until: moment)
        recorder.finish(at: moment, into: &bytes)
        return bytes.map { file in
            var samples: [Int16] = []
            _ = LinearPCM.decode(file.span, .littleEndian, into: &samples)
            return samples
        }
    }
}

/// Doubles or halves a rate sample by sample, so that each sample's place shows.
struct Doubling: ResamplerFactory {
    func makeResampler(from source: SampleRate, to target: SampleRate) -> (any Resampler)? {
        if source == target { return PassThrough(rate: source) }
        return source.hertz * 2 == target.hertz ? Twice(source: source, target: target) : nil
    }

    struct Twice: Resampler {
        let source: SampleRate
        let target: SampleRate
        var delay: Int64 { 0 }
        func process(_ samples: Span<Int16>, into output: inout [Int16]) {
            for index in samples.indices { output += [samples[index], samples[index]] }
        }
        func finish(into output: inout [Int16]) {}
        func reset() {}
    }
}

/// Samples that tell their place: never quiet, never zero, and no two near each other alike.
enum Count {
    static func samples(_ range: Range<Int>) -> [Int16] { range.map(sample) }
    static func sample(_ index: Int) -> Int16 { Int16(1_000 + index % 30_011) }

    /// Where in the count a sample of the track comes from, near a place.
    static func place(of sample: Int16, near index: Int) -> Int {
        let rest = Int(sample) - 1_000
        let round = ((index - rest) + 15_005) / 30_011
        return round * 30_011 + rest
    }
}

extension Moment {
    static func milliseconds(_ count: Double) -> Moment { Moment(nanoseconds: Int64(count * 1_000_000)) }
}

/// Where two runs of samples begin to differ; `nil` when they are the same. A test that fails says one number, not a million.
func firstDifference(_ a: some Sequence<Int16>, _ b: some Sequence<Int16>) -> Int? {
    var (a, b) = (a.makeIterator(), b.makeIterator())
    var index = 0
    while true {
        let (x, y) = (a.next(), b.next())
        if x != y { return index }
        if x == nil { return nil }
        index += 1
    }
}
