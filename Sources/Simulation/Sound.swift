/// What counts as sound.
enum Sound {
    /// The largest magnitude of silence: the idle noise of a G.711 line stays below it. Units: linear amplitude.
    static let silencePeak: UInt16 = 20

    /// Where sound begins; `nil` when all is silence.
    static func first(in samples: Span<Int16>) -> Int? {
        for index in samples.indices where samples[index].magnitude > silencePeak { return index }
        return nil
    }

    static func isHeard(in samples: Span<Int16>) -> Bool { first(in: samples) != nil }
}
