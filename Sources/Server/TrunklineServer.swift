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
    /// - Throws: ``NetError`` when the address cannot be had or a library is missing; the text says the mend.
    public init(
        _ configuration: Configuration, logger: Logger, onSignal: @escaping @Sendable () -> Void = {}
    ) throws(NetError) {
        let shared = SharedState(configuration, logger: logger)
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

    /// Takes no new calls, waits up to the drain time-out for the live ones, ends the rest and stops the loops. Returns when all is gone.
    ///
    /// - Parameter waitingWhile: asked now and then; `false` ends the waiting.
    public func stop(waitingWhile isPatient: () -> Bool = { true }) {
        shared.isDraining = true
        let timeout = shared.configuration.drainTimeout
        if timeout > .zero { shared.logger.log(.info, "draining", ["calls": "\(liveCalls)", "at_most": "\(timeout)"]) }
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while shared.registry.sockets > 0, clock.now < deadline, isPatient() { usleep(20_000) }
        group.stop()
        group.wait()
        shared.logger.flush()
    }
}
