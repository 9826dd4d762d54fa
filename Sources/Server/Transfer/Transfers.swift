import Call
import Net
import Providers
import Synchronization

/// The transfers of all loops, one a call. Touched when a call is transferred or a stream ends, never per frame.
///
/// The order stays here, since tokens can be read and it holds a number. So another replica, and this one after a restart, cannot give the
/// document that dials (404; the provider ends the call), but can take the caller back: bot and place are in the token.
final class Transfers: Sendable {
    /// As many as the server has calls by default. Past it a transfer is refused and the caller stays with the bot.
    static let most = 10_000

    private let table = Mutex<[String: Transfer]>([:])

    /// - Returns: why it cannot begin.
    func begin(_ transfer: Transfer) -> String? {
        table.withLock { table in
            guard table[transfer.call.id] == nil else { return "a transfer of this call is under way already" }
            guard table.count < Self.most else { return "\(Self.most) transfers are under way, which is the most; try again" }
            table[transfer.call.id] = transfer
            return nil
        }
    }

    /// Tells the transfer of a call what has happened.
    ///
    /// - Parameter nonce: of the transfer that is meant; `nil`: whichever there is.
    /// - Returns: what came of it, and the transfer as it stands now; `nil` when there is none.
    func tell<Result>(
        _ call: String, nonce: String? = nil, _ news: (inout Transfer) -> Result
    ) -> (result: Result, transfer: Transfer)? {
        let told = table.withLock { table -> (Result, Transfer)? in
            guard var transfer = table[call], nonce == nil || transfer.nonce == nonce else { return nil }
            let result = news(&transfer)
            table[call] = transfer.isOver ? nil : transfer
            return (result, transfer)
        }
        if let transfer = told?.1, transfer.deadline != nil {
            transfer.home.post { ($0.service as? LoopServer)?.armTransfers() }
        }
        return told
    }

    func transfer(of call: String) -> Transfer? { table.withLock { $0[call] } }

    /// Takes out the transfer of a call that is over.
    func remove(_ call: String) -> Transfer? { table.withLock { $0.removeValue(forKey: call) } }

    /// Our id of the call that has this tag on its bridged telephone.
    func call(ofTag tag: String) -> String? { table.withLock { table in table.first { $0.value.nonce == tag }?.key } }

    /// Our id of the call without a stream that has this id at its provider.
    func call(away id: String, at provider: ProviderName) -> String? {
        table.withLock { table in
            table.first { $0.value.isAway && $0.value.call.stream.callID == id && $0.value.call.provider == provider }?.key
        }
    }

    /// Calls whose caller is not on a stream.
    var away: Int { table.withLock { table in table.values.count { $0.isAway } } }

    /// Our ids of the calls of a loop whose step has taken too long.
    func due(on home: EventLoopHandle, at now: Moment) -> [String] {
        table.withLock { table in
            table.values.filter { $0.home === home && $0.deadline.map { $0 <= now } ?? false }.map(\.call.id).sorted()
        }
    }

    /// When the next step of a loop's transfers is given up.
    func deadline(on home: EventLoopHandle) -> Moment? {
        table.withLock { table in table.values.lazy.filter { $0.home === home }.compactMap(\.deadline).min() }
    }
}
