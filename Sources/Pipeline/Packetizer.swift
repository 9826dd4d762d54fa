import Call

/// Cuts audio of any length into packets of one size. The marks behind a packet's last sample wait with it.
struct Packetizer {
    /// - Units: samples.
    let packetSamples: Int
    /// The packet that is ready, or the last one that was.
    private(set) var packet: ArraySlice<Int16> = []
    private(set) var isReady = false
    private(set) var packetIsInterruptible = true
    /// Of which utterance the packet is, and how many of its samples, from the first, are no padding.
    private(set) var packetUtterance = 0
    private(set) var packetSpeech = 0
    private(set) var marksBehindPacket: [Mark] = []

    private var partial: [Int16] = []
    private var partialIsInterruptible = true
    private var partialUtterance = 0
    private var marksBehindPartial: [Mark] = []
    /// The memory of the last packet that was gathered piece by piece; the next one is gathered in it.
    private var spare: [Int16] = []

    init(packetSamples: Int) {
        precondition(packetSamples > 0, "a playout profile's packets hold at least one sample")
        self.packetSamples = packetSamples
    }

    /// Whether no sample waits for its packet to fill.
    var isEmpty: Bool { partial.isEmpty }
    var marks: Int { marksBehindPacket.count + marksBehindPartial.count }

    /// Takes what the packet still needs from the samples. A packet that one run of samples fills is a slice of it: no copy.
    ///
    /// - Returns: how many samples were taken.
    mutating func take(from samples: ArraySlice<Int16>, isInterruptible: Bool, utterance: Int = 0) -> Int {
        let taken = min(packetSamples - partial.count, samples.count)
        partialUtterance = utterance
        if taken == packetSamples {
            makeReady(samples.prefix(taken), isInterruptible: isInterruptible, speech: taken)
            return taken
        }
        if partial.isEmpty { partial.reserveCapacity(packetSamples) }
        partialIsInterruptible = isInterruptible && (partial.isEmpty || partialIsInterruptible)
        partial.append(contentsOf: samples.prefix(taken))
        if partial.count == packetSamples { promote(speech: packetSamples) }
        return taken
    }

    mutating func append(_ mark: Mark) { marksBehindPartial.append(mark) }

    /// Fills the packet up with silence.
    mutating func pad() {
        guard !partial.isEmpty else { return }
        let speech = partial.count
        partial.append(contentsOf: repeatElement(0, count: packetSamples - speech))
        promote(speech: speech)
    }

    /// The packet has left; its marks are the caller's.
    mutating func packetLeft() -> [Mark] {
        isReady = false
        guard !marksBehindPacket.isEmpty else { return [] }
        defer { marksBehindPacket = [] }
        return marksBehindPacket
    }

    /// Drops what may be dropped.
    ///
    /// - Returns: marks that may not, and whose audio is gone.
    mutating func interrupt() -> [Mark] {
        var orphans: [Mark] = []
        marksBehindPacket.removeAll(where: \.isInterruptible)
        marksBehindPartial.removeAll(where: \.isInterruptible)
        if packetIsInterruptible {
            isReady = false
            orphans += marksBehindPacket
            marksBehindPacket = []
        }
        if partialIsInterruptible {
            partial.removeAll(keepingCapacity: true)
            orphans += marksBehindPartial
            marksBehindPartial = []
        }
        return orphans
    }

    /// The utterances of which something waits.
    var utterances: Set<Int> {
        var numbers: Set<Int> = []
        if isReady { numbers.insert(packetUtterance) }
        if !partial.isEmpty { numbers.insert(partialUtterance) }
        return numbers
    }

    private mutating func makeReady(_ samples: ArraySlice<Int16>, isInterruptible: Bool, speech: Int) {
        packet = samples
        packetIsInterruptible = isInterruptible
        packetUtterance = partialUtterance
        packetSpeech = speech
        isReady = true
    }

    private mutating func promote(speech: Int) {
        packet = []
        swap(&partial, &spare)
        partial.removeAll(keepingCapacity: true)
        makeReady(spare[...], isInterruptible: partialIsInterruptible, speech: speech)
        marksBehindPacket = marksBehindPartial
        marksBehindPartial = []
    }
}
