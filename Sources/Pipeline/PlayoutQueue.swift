import Audio
import Call

/// A mark on its way to the provider.
struct Mark: Equatable {
    let name: String
    let isInterruptible: Bool
}

/// What the bot has said and playout has not yet reached, in order.
struct PlayoutQueue {
    enum Entry {
        case audio(ArraySlice<Int16>, isInterruptible: Bool)
        case mark(Mark)
        case keys([KeypadEntry], isInterruptible: Bool)
        case utteranceEnd(isInterruptible: Bool)
        case end

        var isInterruptible: Bool {
            switch self {
            case .audio(_, let isInterruptible), .keys(_, let isInterruptible), .utteranceEnd(let isInterruptible): isInterruptible
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

    mutating func append(_ samples: ArraySlice<Int16>, isInterruptible: Bool) {
        guard !samples.isEmpty else { return }
        waitingSamples += samples.count
        if !joinLast(samples, isInterruptible) { entries.append(.audio(samples, isInterruptible: isInterruptible)) }
        while waitingSamples > longest, dropOldest(waitingSamples - longest) {}
    }

    /// - Parameter command: anything but audio. An utterance ends once, however often that is said.
    mutating func append(_ command: Entry) {
        if case .utteranceEnd(let isInterruptible) = command, case .utteranceEnd(let wasInterruptible)? = last {
            entries[entries.count - 1] = .utteranceEnd(isInterruptible: isInterruptible && wasInterruptible)
            return
        }
        entries.append(command)
        commands += 1
    }

    mutating func removeFirst() {
        guard let entry = entries.popFirst() else { return }
        if case .audio(let samples, _) = entry { waitingSamples -= samples.count } else { commands -= 1 }
    }

    /// Takes samples from the audio at the front.
    mutating func removeFirst(samples count: Int) {
        guard case .audio(let samples, let isInterruptible)? = entries.first else { return }
        guard count < samples.count else { return removeFirst() }
        entries.replaceFirst(with: .audio(samples.dropFirst(count), isInterruptible: isInterruptible))
        waitingSamples -= count
    }

    /// Drops what may be dropped.
    mutating func interrupt() {
        entries.removeAll(where: \.isInterruptible)
        waitingSamples = 0
        commands = 0
        for index in 0..<entries.count {
            if case .audio(let samples, _)? = entries[index] { waitingSamples += samples.count } else { commands += 1 }
        }
    }

    private var last: Entry? { isEmpty ? nil : entries[entries.count - 1] }

    /// Adds a very short run of samples to the entry before it.
    private mutating func joinLast(_ samples: ArraySlice<Int16>, _ isInterruptible: Bool) -> Bool {
        guard samples.count < Self.shortest, case .audio(var joined, isInterruptible)? = last, joined.count < Self.shortest else {
            return false
        }
        entries[entries.count - 1] = nil
        joined.append(contentsOf: samples)
        entries[entries.count - 1] = .audio(joined, isInterruptible: isInterruptible)
        return true
    }

    /// The newest audio is spared: a bot that says all it has to say in one frame is heard from its first word.
    ///
    /// - Returns: `false` when no other audio waits.
    private mutating func dropOldest(_ excess: Int) -> Bool {
        for index in 0..<entries.count - 1 {
            guard case .audio(let samples, let isInterruptible)? = entries[index] else { continue }
            let dropped = min(excess, samples.count)
            droppedSamples += dropped
            waitingSamples -= dropped
            if dropped < samples.count {
                entries[index] = .audio(samples.dropFirst(dropped), isInterruptible: isInterruptible)
            } else {
                entries.remove(at: index)
            }
            return true
        }
        return false
    }
}
