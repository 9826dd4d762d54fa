/// The marks that the provider has and has not yet returned.
struct MarksOut {
    /// Marks kept. A provider that never returns them costs no more than this; an older one then counts as played when it comes.
    static let most = 1_000

    private var marks: [(name: String, isCleared: Bool)] = []

    mutating func sent(_ name: String) {
        if marks.count >= Self.most { marks.removeFirst(Self.most / 2) }
        marks.append((name, false))
    }

    /// A clear has left: what is out now may come back without having been played.
    mutating func cleared() {
        for index in marks.indices { marks[index].isCleared = true }
    }

    /// - Returns: whether the audio before the mark was played.
    mutating func returned(_ name: String) -> Bool {
        guard let index = marks.firstIndex(where: { $0.name == name }) else { return true }
        return !marks.remove(at: index).isCleared
    }
}
