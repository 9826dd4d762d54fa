/// One parser under fuzzing.
struct FuzzTarget: Sendable {
    /// As `Scripts/fuzz` names it.
    let name: String
    /// Inputs to begin from: those that the tests hold the parser to.
    var seeds: @Sendable () -> [[UInt8]] = { [] }
    /// Words of the grammar that chance would take long to find.
    var words: [String] = []
    /// Longest input that is tried. Units: bytes.
    var longest = 4_096
    /// Reads one input. It traps, or calls ``broken(_:)``, when what must always hold does not.
    let run: @Sendable ([UInt8]) -> Void
}

/// An invariant does not hold: stops the run, and libFuzzer keeps the input.
func broken(_ sentence: String) -> Never {
    // trap: a finding of the fuzzer is reported by dying with the sentence on standard error.
    fatalError("broken invariant: \(sentence)")
}

func expect(_ holds: @autoclosure () -> Bool, _ sentence: @autoclosure () -> String) {
    guard holds() else { broken(sentence()) }
}
