import Audio
import Call

/// Tells sound from silence in what a caller hears, while it is heard.
///
/// - Shape: one flag for each ``block`` of the call, from the start of the stream.
struct Ear: Sendable {
    /// Half the shortest packet in use anywhere, and a period and a half of the lowest voice.
    static let block = Duration.milliseconds(5)
    /// The largest magnitude of silence: -50 dBFS, between the noise of a line and speech. Units: linear amplitude.
    static let silencePeak: UInt16 = 103

    let rate: SampleRate
    let blockSamples: Int
    private(set) var loud: [Bool] = []
    private var loudBlocks = 0
    /// The end of the last block with sound, from the start of the stream.
    private(set) var lastSoundEnd: Duration?

    init(_ rate: SampleRate) {
        self.rate = rate
        blockSamples = rate.samples(in: Self.block)
    }

    /// Sound heard so far.
    var heard: Duration { Self.block * loudBlocks }

    /// Takes in what came since the last time.
    ///
    /// - Parameter samples: everything heard, from the start of the stream.
    mutating func listen(to samples: [Int16]) {
        var start = loud.count * blockSamples
        while start + blockSamples <= samples.count {
            note(samples.span.extracting(start..<start + blockSamples))
            start += blockSamples
        }
    }

    /// Takes in the last block too, which may be shorter.
    mutating func finish(with samples: [Int16]) {
        listen(to: samples)
        let start = loud.count * blockSamples
        if start < samples.count { note(samples.span.extracting(start..<samples.count)) }
    }

    private mutating func note(_ samples: Span<Int16>) {
        var isLoud = false
        for index in samples.indices where samples[index].magnitude > Self.silencePeak {
            isLoud = true
            break
        }
        loud.append(isLoud)
        guard isLoud else { return }
        loudBlocks += 1
        lastSoundEnd = Self.block * loud.count
    }
}
