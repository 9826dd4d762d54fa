/// Samples that wait, each with a number that it keeps.
struct SampleQueue: Sendable {
    private var storage: [Int16] = []
    private var head = 0
    /// Number of the first one that waits.
    private(set) var first = 0

    var count: Int { storage.count - head }
    /// Number of the next one that comes.
    var end: Int { first + count }

    mutating func append(_ samples: Span<Int16>) {
        storage.append(addingCapacity: samples.count) { output in
            for index in samples.indices { output.append(samples[index]) }
        }
    }

    /// Those with the numbers of the range that still wait.
    func with(_ range: Range<Int>, _ body: (Span<Int16>) -> Void) {
        let inside = range.clamped(to: first..<end)
        body(storage.span.extracting(head + inside.lowerBound - first..<head + inside.upperBound - first))
    }

    /// Forgets those before a number.
    mutating func drop(before number: Int) {
        let count = min(max(number - first, 0), count)
        head += count
        first += count
        guard head > storage.count / 2 else { return }
        storage.removeFirst(head)
        head = 0
    }

    /// Forgets those from a number on; it is given out again.
    mutating func drop(from number: Int) {
        let count = min(max(end - number, 0), count)
        storage.removeLast(count)
    }

    mutating func silence(_ range: Range<Int>) {
        for number in range.clamped(to: first..<end) { storage[head + number - first] = 0 }
    }

    /// Whether no sample of the range is louder than ``RecordingLimits/quiet``.
    func isQuiet(_ range: Range<Int>) -> Bool {
        var loudest: UInt16 = 0
        with(range) { for index in $0.indices { loudest = max(loudest, $0[index].magnitude) } }
        return loudest <= RecordingLimits.quiet.magnitude
    }
}
