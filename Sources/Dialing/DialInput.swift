import Call

/// What the dialer is told.
public enum DialInput: Equatable, Sendable {
    /// The journal is on disk up to this record.
    case synced(through: UInt64)
    /// The answer to ``DialOutput/place(_:)``; `unknown` also when none came in time or the connection broke once anything was sent.
    case placed(call: String, DialOutcome)
    /// The create request could not be sent at all: the connection was never made, so nothing was placed.
    case notSent(call: String, String)
    /// The answer to ``DialOutput/lookUp(_:since:others:)``.
    case found(call: String, DialFinding)
    /// The answer to ``DialOutput/hangUp(_:)``; the sentence says why it failed.
    case hungUp(call: String, failure: String?)
    /// A callback of a provider: it says nothing about another one's calls. The call is the one in the path of the status address, where
    /// there is one.
    case callback(from: ProviderName, call: String?, DialEvent)
    /// The call's stream has opened.
    case streamBegan(call: String, providerCallID: String?)
    case streamEnded(call: String, Termination)
    /// Somebody wants the call ended.
    case cancel(call: String)
    /// Nothing more is placed; what is in the air goes on.
    case pause
    case resume
    /// The event of this record has been taken by the events webhook, or was given up.
    case delivered(event: UInt64)
    /// Time has passed.
    case tick
}

/// What the dialer asks for. Every effect comes after the records that it rests on are on disk.
public enum DialOutput: Equatable, Sendable {
    /// Append this line to the journal, and tell when it is synced. Lines come in order.
    case write(JournalLine)
    /// The call of an ``Dialer/accept(_:id:key:at:)`` is on disk: whoever asked may be told.
    case accepted(DialedCall)
    /// Send the create request, once.
    case place(DialedCall)
    /// Look for the call in the provider's lists.
    ///
    /// - Parameters:
    ///   - since: when the create request was sent. Units: seconds since 1970.
    ///   - others: provider ids of this provider that belong to other calls of ours: to the number, in the air, and ended a while ago.
    case lookUp(DialedCall, since: Int64, others: Set<String>)
    /// End the call at its provider.
    case hangUp(DialedCall)
    /// Tell the bot of the call who answered.
    case tellBot(call: String, MachineVerdict)
    /// The call stands elsewhere, and that is on disk. The record's number orders the changes of a call.
    case changed(DialedCall, event: UInt64)
    case log(DialLog)
    /// Nothing to do before the moment; `nil`: nothing at all until something comes in.
    case idle(wake: Moment?)
}

/// What the dialer has to say to the log. Never numbers.
public enum DialLog: Equatable, Sendable {
    /// A create request will be sent again.
    case retrying(call: String, afterMilliseconds: Int64, String)
    /// The provider asks to be left alone.
    case backingOff(ProviderName, milliseconds: Int64)
    /// It cannot be known whether the call was placed.
    case unknown(call: String, String)
    /// A callback about no call of ours.
    case stranger(providerCallID: String?)
    case hangUpFailed(call: String, String)
}

/// Why a call is not accepted.
public enum DialRejection: Error, Equatable, Sendable {
    /// - Parameter retryAfter: when a place will probably be free. Units: seconds.
    case queueFull(limit: Int, retryAfter: Int)
    /// A cap of ``DialCaps`` is reached; the text names it.
    case cap(String, retryAfter: Int)
    /// The idempotency key was used for another number or provider.
    case keyReused
    case unknownProvider
}

/// What came of asking for a call.
public enum DialAcceptance: Equatable, Sendable {
    /// New; ``DialOutput/accepted(_:)`` follows once it is on disk.
    case new(DialedCall)
    /// The key was used before: this is its call. If it is not on disk yet, ``DialOutput/accepted(_:)`` follows once more for it.
    case known(DialedCall, isOnDisk: Bool)
}
