/// What the drill bot has to say, in order, and how much of it was said and was heard.
struct Script {
    private struct Utterance {
        let segments: Range<Int>
        /// Segments handed to playout, from the first.
        var said = 0
        /// Segments heard, from the first.
        var heard = 0
    }

    /// Most utterances that wait: half a minute of fast keying, each key said back. Past it the newest is refused.
    static let mostUtterances = 256

    private var utterances: [Utterance] = []

    /// Whether everything was heard, or nothing was to be said.
    var isEmpty: Bool { utterances.isEmpty }
    /// Segments that were said and not heard.
    var unheard: Int { utterances.reduce(0) { $0 + $1.said - $1.heard } }
    /// Whether a segment waits to be said.
    var hasUnsaid: Bool { firstUnsaid != nil }

    /// - Returns: `false` when nothing was added: there are no segments, or ``mostUtterances`` wait.
    mutating func append(_ segments: Range<Int>) -> Bool {
        guard !segments.isEmpty, utterances.count < Self.mostUtterances else { return false }
        utterances.append(Utterance(segments: segments))
        return true
    }

    /// The number of the next segment, which from now on counts as said.
    mutating func sayNext() -> Int? {
        guard let index = firstUnsaid else { return nil }
        defer { utterances[index].said += 1 }
        return utterances[index].segments.lowerBound + utterances[index].said
    }

    /// A segment's mark came back as played: it was heard, and so was all that was said before it.
    mutating func heard(_ segment: Int) {
        let index = utterances.firstIndex {
            $0.segments.contains(segment) && ($0.heard..<$0.said).contains(segment - $0.segments.lowerBound)
        }
        guard let index else { return }
        utterances[index].heard = segment - utterances[index].segments.lowerBound + 1
        utterances.removeFirst(utterances[index].heard == utterances[index].segments.count ? index + 1 : index)
    }

    /// What was not heard is to be said again.
    mutating func resume() {
        for index in utterances.indices { utterances[index].said = utterances[index].heard }
    }

    /// The utterance that was not heard to its end is to be said again from its first segment, and what waits after it.
    mutating func restart() {
        for index in utterances.indices {
            utterances[index].said = 0
            utterances[index].heard = 0
        }
    }

    mutating func removeAll() { utterances = [] }

    private var firstUnsaid: Int? { utterances.firstIndex { $0.said < $0.segments.count } }
}
