/// The resampler of two equal rates: every sample leaves in the call that brought it.
public struct PassThrough: Resampler, Sendable {
    public let source: SampleRate
    public var target: SampleRate { source }
    public var delay: Int64 { 0 }

    public init(rate: SampleRate) { source = rate }

    public mutating func process(_ samples: Span<Int16>, into output: inout [Int16]) {
        output.append(addingCapacity: samples.count) { output in
            for index in samples.indices { output.append(samples[index]) }
        }
    }

    public mutating func finish(into output: inout [Int16]) {}
    public mutating func reset() {}
}
