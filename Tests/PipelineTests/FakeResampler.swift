import Audio

/// Nearest-sample conversion that holds back a delay, as a real filter does.
struct FakeResampler: Resampler {
    let source: SampleRate
    let target: SampleRate
    let delay: Int64
    private var seen = 0
    private var made = 0
    private var held: [Int16] = []

    init(from source: SampleRate, to target: SampleRate, delay: Int64) {
        self.source = source
        self.target = target
        self.delay = delay
    }

    mutating func process(_ samples: Span<Int16>, into output: inout [Int16]) {
        for index in samples.indices {
            seen += 1
            while made < seen * target.hertz / source.hertz {
                held.append(samples[index])
                made += 1
            }
        }
        let kept = Int(delay) * target.hertz / 1_000_000_000
        guard held.count > kept else { return }
        output.append(contentsOf: held.dropLast(kept))
        held = Array(held.suffix(kept))
    }

    mutating func finish(into output: inout [Int16]) {
        output.append(contentsOf: held)
        reset()
    }

    mutating func reset() {
        held = []
        seen = 0
        made = 0
    }
}

struct FakeResamplers: ResamplerFactory {
    /// Units: nanoseconds.
    var delay: Int64 = 5_000_000
    /// A rate that it cannot convert.
    var refused: SampleRate?

    func makeResampler(from source: SampleRate, to target: SampleRate) -> (any Resampler)? {
        source == refused || target == refused ? nil : FakeResampler(from: source, to: target, delay: delay)
    }
}
