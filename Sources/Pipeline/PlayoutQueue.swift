import Audio
import Call

/// What is to follow a sample on its way to the provider.
struct Mark: Equatable {
    enum Kind: Equatable {
        /// The bot's own.
        case named(String)
        /// The utterance of this number ends here.
        case utteranceEnd(Int)
    }

    let kind: Kind
    let isInterruptible: Bool
}

/// What the bot has said and playout has not yet reached, in order.
struct PlayoutQueue {
    enum Entry {
        case audio(ArraySlice<Int16>, isInterruptible: Bool, utterance: Int)
        case mark(Mark)
        case keys([KeypadEntry], isInterruptible: Bool)
        case utteranceEnd(Int, isInterruptible: Bool)
        case end

        var isInterruptible: Bool {
            switch self {
            case .audio(_, let isInterruptible, _), .keys(_, let isInterruptible), .utteranceEnd(_, let isInterruptible):
                isInterruptible
            case .mark(let mark): mark.isInterruptible
            case .end: false
            }
        }
    }

    /// Runs under this length are joined (8 ms at 8 kHz), so that a bot that speaks in single samples costs what its audio costs.
    /// Units: samples.
    private static let shortest = 64

    private var entries = Queue<Entry>()
    private var waitingSamples = 0
    private let longest: Int
    /// Samples that were dropped because more than the longest queue waited.
    private(set) var droppedSamples = 0

    /// - Parameter longest: most samples that wait; past it the oldest are dropped and counted.
    init(longest: Int) { self.longest = longest }

    var isEmpty: Bool { entries.isEmpty }
    var first: Entry? { entries.first }
    /// Entries that are no audio.
    private(set) var commands = 0

    mutating func append(_ samples: ArraySlice<Int16>, isInterruptible: Bool, utterance: Int = 0) {
        guard !samples.isEmpty else { return }
        waitingSamples += samples.count
        if !joinLast(samples, isInterruptible, utterance) {
            entries.append(.audio(samples, isInterruptible: isInterruptible, utterance: utterance))
        }
        while waitingSamples > longest, dropOldest(waitingSamples - longest) {}
    }

    /// - Parameter command: anything but audio.
    mutating func append(_ command: Entry) {
        entries.append(command)
        commands += 1
    }

    mutating func removeFirst() {
        guard let entry = entries.popFirst() else { return }
        if case .audio(let samples, _, _) = entry { waitingSamples -= samples.count } else { commands -= 1 }
    }

    /// Takes samples from the audio at the front.
    mutating func removeFirst(samples count: Int) {
        guard case .audio(let samples, let isInterruptible, let utterance)? = entries.first else { return }
        guard count < samples.count else { return removeFirst() }
        entries.replaceFirst(with: .audio(samples.dropFirst(count), isInterruptible: isInterruptible, utterance: utterance))
        waitingSamples -= count
    }

    /// Drops what may be dropped.
    mutating func interrupt() {
        entries.removeAll(where: \.isInterruptible)
        waitingSamples = 0
        commands = 0
        for index in 0..<entries.count {
            if case .audio(let samples, _, _)? = entries[index] { waitingSamples += samples.count } else { commands += 1 }
        }
    }

    /// The utterances of which something waits.
    var utterances: Set<Int> {
        var numbers: Set<Int> = []
        for index in 0..<entries.count { if case .audio(_, _, let utterance)? = entries[index] { numbers.insert(utterance) } }
        return numbers
    }

    private var last: Entry? { isEmpty ? nil : entries[entries.count - 1] }

    /// Adds a very short run of samples to the entry before it.
    private mutating func joinLast(_ samples: ArraySlice<Int16>, _ isInterruptible: Bool, _ utterance: Int) -> Bool {
        guard samples.count < Self.shortest, case .audio(var joined, isInterruptible, utterance)? = last,
            joined.count < Self.shortest
        else { return false }
        entries[entries.count - 1] = nil
        joined.append(contentsOf: samples)
        entries[entries.count - 1] = .audio(joined, isInterruptible: isInterruptible, utterance: utterance)
        return true
    }

    /// The newest audio is spared: a bot that says all it has to say in one frame is heard from its first word.
    ///
    /// - Returns: `false` when no other audio waits.
    private mutating func dropOldest(_ excess: Int) -> Bool {
        for index in 0..<entries.count - 1 {
            guard case .audio(let samples, let isInterruptible, let utterance)? = entries[index] else { continue }
            let dropped = min(excess, samples.count)
            droppedSamples += dropped
            waitingSamples -= dropped
            if dropped < samples.count {
                entries[index] = .audio(samples.dropFirst(dropped), isInterruptible: isInterruptible, utterance: utterance)
            } else {
                entries.remove(at: index)
            }
            return true
        }
        return false
    }
}
