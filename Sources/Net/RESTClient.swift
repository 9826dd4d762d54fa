import CLibWebSockets
import Call

/// HTTP requests to others, on the loop that asks (libwebsockets' HTTP client: same thread, same TLS, same limits). Loop-confined.
///
/// HTTP/1.1, one request a connection, redirects not followed: an API that moves must be named anew, and credentials must not travel.
/// TLS is checked against the system's certificates and ``LoopOptions/extraCAFile``.
public final class RESTClient {
    public typealias Completion = (Result<HTTPResponse, NetError>) -> Void

    /// Longest answer body. Units: bytes. Providers' answers are a few KiB; a list of recordings stays under this.
    public static let responseLimit = 1_048_576
    /// Longest request body. Units: bytes.
    public static let requestLimit = 262_144
    /// Most requests of a loop under way, unless the loop says otherwise. Providers allow fewer for one account.
    public static let concurrencyLimit = 64
    /// Most requests that wait for a place. A campaign paces itself far below it.
    public static let waitingLimit = 1_024
    /// How long a request takes at most once it has its place, unless the caller says another time.
    public static let defaultTime = Duration.seconds(15)
    /// The longest time a caller may say: libwebsockets' own limit for a step is above it.
    public static let longestTime = Duration.seconds(100)

    /// Most requests under way. More wait for a place.
    public var places = concurrencyLimit

    private unowned let loop: EventLoop
    private var running: [ObjectIdentifier: RESTExchange] = [:]
    private var waiting: [RESTExchange] = []
    private var isStopped = false

    init(_ loop: EventLoop) { self.loop = loop }

    /// Sends one request. The completion is called once, on this loop, never before this returns.
    ///
    /// - Parameters:
    ///   - timeout: from the start of the request to the whole answer, at most ``longestTime``. So long it also waits for a place; a
    ///     request that got none in time fails with ``NetError/overloaded(what:limit:)`` and was not sent.
    ///   - limit: most bytes of the answer's body.
    ///   - detour: where to connect, when that is not what the URL names.
    public func send(
        _ request: HTTPRequest, timeout: Duration = defaultTime, limit: Int = responseLimit, detour: Detour? = nil,
        completion: @escaping Completion
    ) {
        let url: ClientURL
        do throws(NetError) {
            url = try ClientURL(request.url, schemes: ("http", "https"))
            guard !isStopped else { throw .stopped }
            guard request.body.count <= Self.requestLimit else {
                throw .tooLarge(what: "the request body", limit: Self.requestLimit)
            }
            guard waiting.count < Self.waitingLimit else { throw .overloaded(what: "requests", limit: Self.waitingLimit) }
        } catch {
            return loop.later { completion(.failure(error)) }
        }
        let exchange = RESTExchange(loop, request, url, limit: limit, detour: detour)
        exchange.completion = { [unowned self, unowned exchange] result in
            running[ObjectIdentifier(exchange)] = nil
            waiting.removeAll { $0 === exchange }
            startNext()
            completion(result)
        }
        exchange.timeout = min(timeout, Self.longestTime)
        exchange.dial.start(timeout: exchange.timeout)
        waiting.append(exchange)
        startNext()
    }

    private func startNext() {
        while !isStopped, running.count < places, !waiting.isEmpty {
            let exchange = waiting.removeFirst()
            running[ObjectIdentifier(exchange)] = exchange
            exchange.begin()
        }
    }

    func stop() {
        isStopped = true
        for exchange in waiting { exchange.failed(.stopped) }
        for exchange in running.values { exchange.failed(.stopped) }
    }
}
