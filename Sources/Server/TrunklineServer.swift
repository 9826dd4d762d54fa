import Call
import Foundation
import Net

/// The server: its loops, from start to stop.
public final class TrunklineServer: Sendable {
    /// Where it listens.
    public let port: Int
    let shared: SharedState
    private let group: EventLoopGroup

    /// Opens the port and starts the loops.
    ///
    /// - Throws: ``NetError`` when the address cannot be had, the folder of captures cannot be used or a library is missing; the text says the mend.
    public init(
        _ configuration: Configuration, logger: Logger, onSignal: @escaping @Sendable () -> Void = {}
    ) throws(NetError) {
        let shared = try SharedState(configuration, logger: logger)
        self.shared = shared
        LibraryLog.setSink { shared.logger.log(.warning, "libwebsockets", ["text": $0]) }
        var tls: TLSFiles?
        if let certificate = configuration.tlsCertificate, let key = configuration.tlsKey {
            tls = TLSFiles(certificate: certificate, key: key)
        }
        let options = LoopOptions(loops: configuration.loops, tls: tls, onSignal: { _ in onSignal() })
        group = try EventLoopGroup.start(host: configuration.host, port: configuration.port, options: options) {
            LoopServer(shared, $0)
        }
        port = group.port
    }

    /// Calls that are live.
    public var liveCalls: Int { shared.registry.liveCount }

    /// Takes no new calls, waits up to the drain time-out for the live ones, ends the rest at their providers too, and stops the loops.
    /// Returns when all is gone.
    ///
    /// - Parameter waitingWhile: asked now and then; `false` ends the waiting.
    public func stop(waitingWhile isPatient: () -> Bool = { true }) {
        shared.isDraining = true
        let timeout = shared.configuration.drainTimeout
        if timeout > .zero { shared.logger.log(.info, "draining", ["calls": "\(liveCalls)", "at_most": "\(timeout)"]) }
        wait(atMost: timeout, while: { isPatient() && shared.registry.sockets > 0 })
        for handle in group.handles { handle.post { ($0.service as? LoopServer)?.cancelAll(.shutdown) } }
        // Paid legs are ended before the loops are: a line that stays open costs money.
        wait(atMost: HangUp.longest, while: { isPatient() && (shared.registry.sockets > 0 || shared.registry.hangUps > 0) })
        group.stop()
        group.wait()
        shared.captures?.finish()
        shared.logger.flush()
    }

    /// Looks every 20 ms: nobody waits for the end of a server more exactly.
    private func wait(atMost limit: Duration, while isWaiting: () -> Bool) {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while isWaiting(), clock.now < deadline { usleep(20_000) }
    }
}
