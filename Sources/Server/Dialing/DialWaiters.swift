import Call
import Dialing
import Net

/// Who waits for word of a call: for its record to be on disk, for the provider's answer, or for all records so far.
struct DialWaiters {
    /// Calls that were refused because the journal failed, of which the dialer knows the key. Past it the oldest is forgotten.
    static let mostRefused = 10_000

    /// Somebody who asked for a call.
    struct Asker {
        let reply: Reply
        /// Its idempotency key was used before.
        var isReplayed: Bool
        /// When it is told the state so far; `nil` when it does not wait for the provider.
        let deadline: Moment?

        func answer(_ call: DialedCall) {
            let isRefused: Bool =
                switch call.status.end {
                case .failed, .rejected, .busy: call.providerCallID == nil
                case nil, .completed, .noAnswer, .canceled, .machine, .unknown: false
                }
            reply(isRefused && deadline != nil ? DialReport.refused(call) : DialReport.started(call, isReplayed: isReplayed))
        }
    }

    private var unsynced: [String: [Asker]] = [:]
    private var waiting: [String: [Asker]] = [:]
    /// Not after the earliest deadline of those who wait; `nil` while nobody does.
    private(set) var deadline: Moment?
    private var actions: [(through: UInt64, action: (Bool) -> Void)] = []
    private var refusedCalls: Set<String> = []
    private var refusedOrder: [String] = []

    /// Whether there is nothing to wait for any more: the provider has the call, or it has ended.
    static func isSettled(_ call: DialedCall) -> Bool { call.providerCallID != nil || call.status.end != nil }

    // MARK: For the disk

    mutating func addUnsynced(_ asker: Asker, _ call: String) { unsynced[call, default: []].append(asker) }
    mutating func takeUnsynced(_ call: String) -> [Asker] { unsynced.removeValue(forKey: call) ?? [] }

    mutating func takeUnsynced() -> [String: [Asker]] {
        defer { unsynced = [:] }
        return unsynced
    }

    /// The call was refused although the dialer knows its key.
    mutating func refused(_ call: String) {
        guard refusedCalls.insert(call).inserted else { return }
        refusedOrder.append(call)
        if refusedOrder.count > Self.mostRefused { refusedCalls.remove(refusedOrder.removeFirst()) }
    }

    func wasRefused(_ call: String) -> Bool { refusedCalls.contains(call) }

    /// - Parameter action: gets whether the records are on disk.
    mutating func whenSynced(through number: UInt64, _ action: @escaping (Bool) -> Void) { actions.append((number, action)) }

    mutating func takeSynced(through number: UInt64) -> [(Bool) -> Void] {
        let count = actions.prefix { $0.through <= number }.count
        defer { actions.removeFirst(count) }
        return actions.prefix(count).map(\.action)
    }

    // MARK: For the provider

    mutating func addWaiting(_ asker: Asker, _ call: String) {
        guard let due = asker.deadline else { return }
        waiting[call, default: []].append(asker)
        deadline = deadline.map { min($0, due) } ?? due
    }

    mutating func takeWaiting(_ call: String) -> [Asker] {
        defer { if waiting.isEmpty { deadline = nil } }
        return waiting.removeValue(forKey: call) ?? []
    }

    mutating func takeExpired(at now: Moment) -> [(call: String, asker: Asker)] {
        guard let earliest = deadline, earliest <= now else { return [] }
        let expired = waiting.flatMap { call, askers in
            askers.filter { ($0.deadline ?? now) <= now }.map { (call: call, asker: $0) }
        }
        waiting = waiting.mapValues { $0.filter { ($0.deadline ?? now) > now } }.filter { !$0.value.isEmpty }
        deadline = waiting.values.joined().compactMap(\.deadline).min()
        return expired
    }

    mutating func takeAllWaiting() -> [(call: String, asker: Asker)] {
        defer {
            waiting = [:]
            deadline = nil
        }
        return waiting.flatMap { call, askers in askers.map { (call: call, asker: $0) } }
    }
}
