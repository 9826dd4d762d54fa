import CLibWebSockets
import Call
import Foundation
import Synchronization

/// How loops are set up.
public struct LoopOptions: Sendable {
    /// Number of loops, each a thread. At least one.
    public var loops: Int
    /// PEM file of certificates that clients trust besides the system's.
    public var extraCAFile: String?
    /// With it the port speaks TLS (1.2 and 1.3), and only TLS.
    public var tls: TLSFiles?
    /// Called on a loop's thread with SIGINT or SIGTERM. Without it the signals do nothing: libuv takes them over.
    public var onSignal: (@Sendable (Int32) -> Void)?

    public init(
        loops: Int = 1, extraCAFile: String? = nil, tls: TLSFiles? = nil, onSignal: (@Sendable (Int32) -> Void)? = nil
    ) {
        self.loops = max(1, loops)
        self.extraCAFile = extraCAFile
        self.tls = tls
        self.onSignal = onSignal
    }
}

/// Some loops that share one port (SO_REUSEPORT), or that only dial.
public final class EventLoopGroup: Sendable {
    public typealias ServiceFactory = @Sendable (EventLoop) -> any LoopService

    /// Most descriptors the process may have. libwebsockets keeps tables of this length for each loop and clears them at the start.
    public static let descriptorLimit: UInt = 65_536

    public let handles: [EventLoopHandle]
    /// The port that was bound; 0 for a group that does not listen.
    public let port: Int
    /// The address that was bound, in numbers.
    public let address: String
    private let threads: DispatchGroup
    /// By the clock of the loops.
    public var now: Moment { EventLoop.clock() }

    private init(_ handles: [EventLoopHandle], _ address: String, _ port: Int, _ threads: DispatchGroup) {
        self.handles = handles
        self.address = address
        self.port = port
        self.threads = threads
    }

    /// Binds, starts the threads and waits until every loop runs.
    ///
    /// - Parameters:
    ///   - host: an address or name to listen on; `nil` for loops that only dial.
    ///   - port: 0 for any free one.
    ///   - service: makes the service of one loop, on its thread.
    /// - Throws: ``NetError/bind(address:reason:)``, ``NetError/system(_:)``.
    public static func start(
        host: String?, port: Int = 0, options: LoopOptions = LoopOptions(), service: @escaping ServiceFactory
    ) throws(NetError) -> EventLoopGroup {
        prepareProcess(options)
        let trust = try TLSTrust.make(extraCAFile: options.extraCAFile)
        let identity: TLSIdentity? = if let tls = options.tls { try TLSIdentity(tls) } else { nil }
        let bound: (sockets: [Int32], host: String, port: Int)? =
            if let host { try SocketAddress.listen(host, port, count: options.loops) } else { nil }
        let shared = Shared(
            resolver: Resolver(), trust: trust, identity: identity, hearsSignals: options.onSignal != nil)
        let threads = DispatchGroup()
        var handles: [EventLoopHandle] = []
        var failure: NetError?
        for index in 0..<options.loops {
            let listener = bound?.sockets[index]
            guard failure == nil else {
                if let listener { close(listener) }
                continue
            }
            let handle = EventLoopHandle(index: index)
            failure = startThread(handle, shared, listener, threads, service)
            if failure == nil { handles.append(handle) }
        }
        if let failure {
            for handle in handles { handle.stop(grace: .zero) }
            threads.wait()
            throw failure
        }
        return EventLoopGroup(handles, bound?.host ?? "", bound?.port ?? 0, threads)
    }

    /// Stops every loop; see ``EventLoopHandle/stop(closing:grace:)``.
    public func stop(closing code: UInt16 = 1001, grace: Duration = .seconds(5)) {
        for handle in handles { handle.stop(closing: code, grace: grace) }
    }

    /// Waits until every loop has ended; all must have been stopped. Blocks the thread.
    public func wait() { threads.wait() }

    /// What the loops have in common.
    private struct Shared: Sendable {
        let resolver: Resolver
        let trust: TLSTrust
        let identity: TLSIdentity?
        /// Whether the first loop tells of signals: libuv tells the loops of every group.
        let hearsSignals: Bool
    }

    /// One loop at a time: contexts are not made concurrently.
    private static func startThread(
        _ handle: EventLoopHandle, _ shared: Shared, _ listener: Int32?, _ threads: DispatchGroup,
        _ service: @escaping ServiceFactory
    ) -> NetError? {
        let started = DispatchSemaphore(value: 0)
        let failure = Box<NetError>()
        threads.enter()
        let thread = Thread {
            defer { threads.leave() }
            do throws(NetError) {
                let loop = try EventLoop(
                    handle: handle, trust: shared.trust, resolver: shared.resolver, listener: listener, identity: shared.identity,
                    hearsSignals: shared.hearsSignals && handle.index == 0, makeService: service)
                started.signal()
                loop.run()
            } catch {
                if let listener { close(listener) }
                failure.value.withLock { $0 = error }
                started.signal()
            }
        }
        thread.name = "loop \(handle.index)"
        thread.stackSize = stackSize
        thread.start()
        started.wait()
        return failure.value.withLock { $0 }
    }

    /// Stack of a loop's thread. Units: bytes. A call's pipeline runs on it.
    static let stackSize = 2 * 1_024 * 1_024

    private final class Box<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }

    private static func prepareProcess(_ options: LoopOptions) {
        // A peer that has gone is an error of write, not a signal.
        signal(SIGPIPE, SIG_IGN)
        LibraryLog.install()
        if let onSignal = options.onSignal { Signals.handler.withLock { $0 = onSignal } }
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, descriptorLimit)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
