import Call
import Synchronization

/// All recordings that the server knows, those of earlier runs too. Touched when a recording changes, never per frame.
final class RecordingCatalog: Sendable {
    /// Most that are known. A hundred thousand take 50 MB; of more the oldest are left out of lists and stay in the folder.
    static let mostKnown = 100_000

    private struct State {
        var entries: [String: RecordingEntry] = [:]
        /// The newest last.
        var order: [String] = []
    }

    private let state = Mutex(State())

    init(_ entries: [RecordingEntry]) {
        let newest = entries.sorted(by: RecordingEntry.isBefore).prefix(Self.mostKnown)
        state.withLock { state in
            for entry in newest.reversed() { Self.add(entry, to: &state) }
        }
    }

    private static func add(_ entry: RecordingEntry, to state: inout State) {
        state.entries[entry.id] = entry
        // Nearly always the last place: time goes on.
        var place = state.order.count
        while place > 0, let before = state.entries[state.order[place - 1]], RecordingEntry.isBefore(before, entry) { place -= 1 }
        state.order.insert(entry.id, at: place)
        if state.order.count > mostKnown { state.entries[state.order.removeFirst()] = nil }
    }

    func add(_ entry: RecordingEntry) { state.withLock { Self.add(entry, to: &$0) } }

    subscript(id: String) -> RecordingEntry? { state.withLock { $0.entries[id] } }

    /// - Returns: the entry as it is now; `nil` when it is not known any more.
    @discardableResult
    func change(_ id: String, _ body: (inout RecordingEntry) -> Void) -> RecordingEntry? {
        state.withLock { state in
            guard var entry = state.entries[id] else { return nil }
            body(&entry)
            state.entries[id] = entry
            return entry
        }
    }

    func remove(_ id: String) {
        state.withLock { state in
            guard state.entries.removeValue(forKey: id) != nil else { return }
            state.order.removeAll { $0 == id }
        }
    }

    /// One page, the newest first.
    ///
    /// - Parameters:
    ///   - after: begins behind this one, with the next older.
    ///   - before: ends before this one, with the next newer.
    /// - Returns: `nil` when there is no such recording.
    func page(limit: Int, after: String?, before: String?) -> (total: Int, entries: [RecordingEntry])? {
        state.withLock { state in
            var range = 0..<state.order.count
            if let after {
                guard let place = state.order.firstIndex(of: after) else { return nil }
                range = 0..<place
            }
            if let before {
                guard let place = state.order.firstIndex(of: before) else { return nil }
                range = min(place + 1, range.upperBound)..<range.upperBound
            }
            // Those next to the one that is named.
            let ids = before != nil && after == nil ? state.order[range].prefix(limit) : state.order[range].suffix(limit)
            return (state.order.count, ids.reversed().compactMap { state.entries[$0] })
        }
    }
}
