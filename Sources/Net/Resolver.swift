import Call
import Dispatch
import Glibc
import Synchronization

/// Names to addresses, off the loops: `getaddrinfo` blocks, and a second of it on a loop is a second without audio for every call.
final class Resolver: Sendable {
    /// How long an address is used. Providers move addresses in minutes; a minute keeps a burst of calls to one question.
    static let lifetime = Duration.seconds(60)
    /// How long a failure is believed. Short, so that a mended name server helps at once, but a retry loop does not hammer it.
    static let failureLifetime = Duration.seconds(2)
    /// Most names kept. A deployment talks to about ten.
    static let nameLimit = 256
    /// Threads that may block in `getaddrinfo`. Names are dealt to them by hash, so a dead name holds up one in four.
    static let lanes = 4
    /// Most addresses of a name that are tried.
    static let addressLimit = 4

    typealias Outcome = Result<[String], NetError>

    private struct State {
        var known: [String: (outcome: Outcome, until: Moment)] = [:]
        var waiting: [String: [@Sendable (Outcome) -> Void]] = [:]
    }
    private let state = Mutex(State())
    private let queues = (0..<Resolver.lanes).map { DispatchQueue(label: "trunkline.resolve.\($0)") }

    /// What needs no question: an address in numbers, or a name asked a short while ago.
    func known(_ host: String, at now: Moment) -> Outcome? {
        if Self.isNumeric(host) { return .success([host]) }
        return state.withLock { state in
            guard let entry = state.known[host], entry.until > now else { return nil }
            return entry.outcome
        }
    }

    /// Calls back on a thread of its own. A name that is being asked is asked once.
    func resolve(_ host: String, _ done: @escaping @Sendable (Outcome) -> Void) {
        let first = state.withLock { state in
            state.waiting[host, default: []].append(done)
            return state.waiting[host]?.count == 1
        }
        guard first else { return }
        queues[Int(UInt(bitPattern: host.hashValue) % UInt(Self.lanes))].async { [self] in
            let outcome = Self.ask(host)
            let now = EventLoop.clock()
            let waiting = state.withLock { state in
                if state.known.count >= Self.nameLimit { state.known = state.known.filter { $0.value.until > now } }
                if state.known.count >= Self.nameLimit { state.known = [:] }
                let lifetime = if case .success = outcome { Self.lifetime } else { Self.failureLifetime }
                state.known[host] = (outcome, now + lifetime)
                return state.waiting.removeValue(forKey: host) ?? []
            }
            for done in waiting { done(outcome) }
        }
    }

    static func isNumeric(_ host: String) -> Bool {
        var room = in6_addr()
        return inet_pton(AF_INET, host, &room) == 1 || inet_pton(AF_INET6, host, &room) == 1
    }

    private static func ask(_ host: String) -> Outcome {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else {
            return .failure(.resolve(host: host, reason: gai_strerror(status).map { String(cString: $0) } ?? "error \(status)"))
        }
        var addresses: [String] = []
        var entry = list
        while let node = entry, addresses.count < addressLimit {
            if let text = SocketAddress.text(node.pointee.ai_addr, node.pointee.ai_addrlen)?.host, !addresses.contains(text) {
                addresses.append(text)
            }
            entry = node.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(.resolve(host: host, reason: "no address")) : .success(addresses)
    }
}
