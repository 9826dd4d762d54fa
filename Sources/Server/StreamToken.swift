import Call
import Synchronization
import Wire

/// The right to open one media stream: minted into each answer document, spent when that stream's `start` is accepted.
///
/// - Shape: `claims.mac`, both base64url without padding. The claims are readable, not secret; the MAC is HMAC-SHA256 with
///   `TRUNKLINE_SECRET`.
struct StreamToken: Sendable, Equatable {
    /// From the answer to the stream's upgrade. Providers dial within seconds; two minutes outlive their retries.
    static let lifetime: Int64 = 120

    /// Units: bytes. No provider's id is longer; a webhook with a longer one gets a token that is bound to no call.
    static let longestCallID = 128

    let provider: ProviderName
    /// The provider's call id, where the webhook named it and the stream will name it alike.
    let callID: String?
    /// The bot that the webhook named, so that any replica lets the same one answer.
    let bot: String?
    /// Seconds since 1970.
    let expires: Int64
    /// Tells tokens apart; spent tokens are remembered by it.
    let nonce: String
    /// The outbound call whose stream it opens.
    let dialled: DialledClaim?
    /// The transfer whose document it gives, or whose caller comes back with it.
    let transfer: TransferClaim?

    /// What a token is good for.
    enum Purpose: String, Sendable {
        case stream
        /// The answer document of an outbound call.
        case answer
        /// The document that dials for a transfer.
        case transfer
        /// What the provider asks after that dial.
        case transferred
    }
}

/// Mints, checks and spends stream tokens, and keeps what the webhook said until its stream comes.
final class StreamTokens: Sendable {
    /// Webhooks whose stream has not come yet. More than any server answers within a token's lifetime; past it the oldest is forgotten
    /// (its call still connects, without the webhook's fields).
    static let mostPending = 20_000
    /// Most memory for them, nearly. Units: bytes. A webhook's fields are under 4 KiB; an unsigned one may send 64 KiB.
    static let mostPendingBytes = 64 * 1_024 * 1_024

    enum Refusal: Error, Equatable {
        case malformed, forged, expired, spent, otherProvider, otherCall, otherPurpose, callEnded

        var sentence: String {
            switch self {
            case .malformed: "the stream token is malformed"
            case .forged: "the stream token was not made with this server's TRUNKLINE_SECRET"
            case .expired: "the stream token has expired; fetch a new answer document"
            case .spent: "the stream token has been used"
            case .otherProvider: "the stream token was made for another provider"
            case .otherCall: "the stream token was made for another call"
            case .callEnded: "the call of the stream token has ended"
            case .otherPurpose: "a token is good for what it was made for: a stream, an answer, a transfer or what follows one"
            }
        }
    }

    private struct State {
        var pending: [String: (webhook: Webhook, expires: Int64)] = [:]
        var pendingBytes = 0
        var order: [String] = []
        var spent: [String: Int64] = [:]
        /// Outbound calls that have ended before their tokens expire; the last second of those.
        var ended: [String: Int64] = [:]
        var sweptAt: Int64 = 0
    }

    private let key: [UInt8]
    private let cryptography: any Cryptography
    private let state = Mutex(State())

    init(secret: Secret?, _ cryptography: any Cryptography) {
        key = secret.map { Array($0.exposed.utf8) } ?? cryptography.randomBytes(32)
        self.cryptography = cryptography
    }

    /// A token for the stream that answers this webhook.
    func mint(_ provider: ProviderName, callID: String?, _ webhook: Webhook, unixTime: Int64) -> String {
        let nonce = Hex.text(cryptography.randomBytes(12))
        let expires = unixTime + StreamToken.lifetime
        var claims: [String: JSONValue] = ["p": .string(provider.text), "e": .number(Double(expires)), "n": .string(nonce)]
        if let callID, callID.utf8.count <= StreamToken.longestCallID { claims["c"] = .string(callID) }
        if let bot = webhook.bot { claims["b"] = .string(bot) }
        state.withLock { state in
            sweep(&state, unixTime)
            state.pending[nonce] = (webhook, expires)
            state.pendingBytes += webhook.memory
            state.order.append(nonce)
            trim(&state)
        }
        return signed(claims)
    }

    /// A token of an outbound call. Nothing is kept for it.
    ///
    /// - Parameter expires: seconds since 1970.
    func mint(_ provider: ProviderName, _ dialled: DialledClaim, bot: String?, for purpose: StreamToken.Purpose, expires: Int64)
        -> String
    {
        var claims: [String: JSONValue] = [
            "p": .string(provider.text), "e": .number(Double(expires)), "n": .string(Hex.text(cryptography.randomBytes(12))),
            "i": .string(dialled.id),
        ]
        if let bot { claims["b"] = .string(bot) }
        if let body = dialled.body { claims["d"] = body }
        if dialled.machineDetection != .off { claims["m"] = .string(dialled.machineDetection.rawValue) }
        if purpose != .stream { claims["u"] = .string(purpose.rawValue) }
        return signed(claims)
    }

    /// A token of a transfer, or of the stream that follows one. Nothing is kept for it.
    ///
    /// - Parameters:
    ///   - callID: the provider's id of the call, which the new stream has to name; `nil` where it may not.
    ///   - nonce: of the transfer: all its streams' tokens are one, which one stream spends.
    ///   - expires: seconds since 1970.
    func mint(
        _ provider: ProviderName, _ transfer: TransferClaim, _ dialled: DialledClaim?, callID: String?, bot: String, nonce: String,
        for purpose: StreamToken.Purpose, expires: Int64
    ) -> String {
        var claims: [String: JSONValue] = [
            "p": .string(provider.text), "e": .number(Double(expires)), "n": .string(nonce), "t": .string(transfer.call),
            "l": .string(transfer.place), "b": .string(bot),
        ]
        if let outcome = transfer.outcome { claims["o"] = .string(outcome.rawValue) }
        if let callID, callID.utf8.count <= StreamToken.longestCallID { claims["c"] = .string(callID) }
        // Without its body, which may be long, and which is kept with the transfer and in the journal.
        if let dialled { claims["i"] = .string(dialled.id) }
        if purpose != .stream { claims["u"] = .string(purpose.rawValue) }
        return signed(claims)
    }

    private func signed(_ claims: [String: JSONValue]) -> String {
        let bytes = JSONValue.object(claims).bytes
        return Base64.urlText(bytes) + "." + Base64.urlText(cryptography.hmacSHA256(bytes, key: key))
    }

    /// Reads a token and checks everything but whether it was spent by a stream that opens right now.
    func verify(_ text: String, for purpose: StreamToken.Purpose = .stream, unixTime: Int64) throws(Refusal) -> StreamToken {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Base64.lenientBytes(String(parts[0])), let mac = Base64.lenientBytes(String(parts[1]))
        else {
            throw .malformed
        }
        guard cryptography.equalInConstantTime(mac, cryptography.hmacSHA256(bytes, key: key)) else { throw .forged }
        guard let claims = try? JSONValue(parsing: bytes), let provider = claims["p"]?.string, let nonce = claims["n"]?.string,
            let expires = claims["e"]?.number.flatMap({ Int64(exactly: $0) })
        else { throw .malformed }
        guard (claims["u"]?.string ?? StreamToken.Purpose.stream.rawValue) == purpose.rawValue else { throw .otherPurpose }
        let dialled = claims["i"]?.string.map { id in
            DialledClaim(
                id: id, body: claims["d"], machineDetection: claims["m"]?.string.flatMap { MachineDetection(rawValue: $0) } ?? .off)
        }
        let token = StreamToken(
            provider: ProviderName(provider), callID: claims["c"]?.string, bot: claims["b"]?.string, expires: expires,
            nonce: nonce, dialled: dialled,
            transfer: claims["t"]?.string.map { call in
                TransferClaim(
                    call: call, place: claims["l"]?.string ?? "", outcome: claims["o"]?.string.flatMap { DialEnd(rawValue: $0) })
            })
        guard unixTime <= token.expires else { throw .expired }
        try state.withLock { state throws(Refusal) in
            // The tokens of one transfer share its nonce; only the stream's is spent.
            guard purpose != .stream || state.spent[nonce] == nil else { throw .spent }
            if let id = dialled?.id, state.ended[id] != nil { throw .callEnded }
        }
        return token
    }

    /// From here on no token of the outbound call opens anything.
    ///
    /// - Parameter expires: when the last of them expires at the latest. Seconds since 1970.
    func end(call id: String, expires: Int64, unixTime: Int64) {
        guard expires >= unixTime else { return }
        state.withLock { state in
            sweep(&state, unixTime)
            state.ended[id] = expires
        }
    }

    /// Spends the token for this stream.
    ///
    /// - Returns: what the webhook said; `nil` when another replica answered it, for an outbound call, which had none, and after a transfer.
    func spend(_ token: StreamToken, for start: StreamStart, unixTime: Int64) throws(Refusal) -> Webhook? {
        guard start.provider == token.provider else { throw .otherProvider }
        if let bound = token.callID, bound != start.callID { throw .otherCall }
        return try state.withLock { state throws(Refusal) in
            sweep(&state, unixTime)
            if let id = token.dialled?.id, state.ended[id] != nil { throw .callEnded }
            guard state.spent.updateValue(token.expires, forKey: token.nonce) == nil else { throw .spent }
            // The stream after a transfer: the one before it has spent the rest.
            guard token.transfer == nil else { return nil }
            // An outbound call has one stream, whichever of its tokens opens it.
            if let id = token.dialled?.id {
                guard state.spent.updateValue(token.expires, forKey: id) == nil else { throw .spent }
                return nil
            }
            guard let webhook = state.pending.removeValue(forKey: token.nonce)?.webhook else { return nil }
            state.pendingBytes -= webhook.memory
            return webhook
        }
    }

    /// Units: bytes, nearly.
    var pendingMemory: Int { state.withLock { $0.pendingBytes } }

    /// Forgets the oldest webhooks past the limits. Many at once, so that the list is not moved for each.
    private func trim(_ state: inout State) {
        guard state.pending.count > Self.mostPending || state.pendingBytes > Self.mostPendingBytes else { return }
        var count = 0
        while count < state.order.count - 1,
            state.pending.count > Self.mostPending * 15 / 16 || state.pendingBytes > Self.mostPendingBytes / 16 * 15
        {
            if let old = state.pending.removeValue(forKey: state.order[count]) { state.pendingBytes -= old.webhook.memory }
            count += 1
        }
        state.order.removeFirst(count)
    }

    /// Forgets what has expired, at most once a second.
    private func sweep(_ state: inout State, _ unixTime: Int64) {
        guard unixTime > state.sweptAt else { return }
        state.sweptAt = unixTime
        state.pending = state.pending.filter { $0.value.expires >= unixTime }
        state.pendingBytes = state.pending.values.reduce(0) { $0 + $1.webhook.memory }
        state.order.removeAll { state.pending[$0] == nil }
        // A socket opened in the token's last second may send its start ten seconds later.
        state.spent = state.spent.filter { $0.value + 60 >= unixTime }
        state.ended = state.ended.filter { $0.value + 60 >= unixTime }
    }
}
