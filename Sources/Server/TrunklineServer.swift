import Call
import Foundation
import LibCrypto
import Net
import Synchronization

/// The server: its loops, from start to stop.
public final class TrunklineServer: Sendable {
    private let hasStopped = Atomic(false)
    /// Where it listens.
    public let port: Int
    let shared: SharedState
    private let group: EventLoopGroup
    /// The loop that places calls; `nil` when none are.
    private let dialing: EventLoopGroup?

    /// Opens the port and starts the loops.
    ///
    /// - Throws: ``NetError`` when the address cannot be had, a folder of captures, call logs, recordings or the journal cannot be used or
    ///   a library is missing; the text says the mend.
    public init(
        _ configuration: Configuration, logger: Logger, onSignal: @escaping @Sendable () -> Void = {}
    ) throws(NetError) {
        let (journal, access) = try Self.openJournal(configuration, logger)
        let shared = try SharedState(
            configuration, tokenSecret: configuration.secret ?? journal?.secret, dialing: access, logger: logger)
        self.shared = shared
        // Before anybody is listened to: their streams may open at once.
        for call in journal?.fold.calls ?? [] { shared.dialing.note(call) }
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
        shared.dialing.port = port
        guard let journal else {
            dialing = nil
            return
        }
        do throws(NetError) {
            let dialing = try EventLoopGroup.start(host: nil) { DialLoop(shared, $0, journal) }
            self.dialing = dialing
            if let handle = dialing.handles.first { shared.dialing.open(handle) }
        } catch {
            group.stop(grace: .zero)
            group.wait()
            journal.file.close()
            throw error
        }
    }

    /// - Returns: the journal, and what is to be said of calls until the dial loop is there.
    private static func openJournal(
        _ configuration: Configuration, _ logger: Logger
    ) throws(NetError) -> (OpenedJournal?, DialingDoor.Access) {
        guard let path = configuration.journal else {
            return (nil, .closed("the server keeps no journal, so it places no calls; start it with --journal DIR"))
        }
        do throws(NetError) {
            let now = Date().timeIntervalSince1970
            let folder = try JournalFolder(path)
            let secret = configuration.secret == nil ? try folder.secret(OpenSSLCryptography()) : nil
            let (file, fold, complaints) = try JournalFile.open(folder, configuration.journalDisk, unixTime: now)
            for complaint in complaints { logger.log(.error, complaint, ["folder": path]) }
            return (OpenedJournal(file: file, fold: fold, secret: secret), .opening)
        } catch {
            guard configuration.isJournalOptional else { throw error }
            logger.log(.warning, "no outbound calls: \(error)")
            return (nil, .closed("the server places no calls: \(error)"))
        }
    }

    /// Calls that are live.
    public var liveCalls: Int { shared.registry.liveCount }

    /// Takes and places no new calls, waits up to the drain time-out for the live ones and those in the air, ends the rest at their providers too, and stops the loops.
    /// Returns when all is gone.
    ///
    /// - Parameter waitingWhile: asked now and then; `false` ends the waiting.
    public func stop(waitingWhile isPatient: () -> Bool = { true }) {
        guard !hasStopped.exchange(true, ordering: .relaxed) else { return }
        shared.isDraining = true
        shared.dialing.post { $0.drain() }
        let timeout = shared.configuration.drainTimeout
        if timeout > .zero { shared.logger.log(.info, "draining", ["calls": "\(liveCalls)", "at_most": "\(timeout)"]) }
        wait(atMost: timeout, while: { isPatient() && isBusy })
        // Whoever talks with a telephone is the provider's: nobody hangs up on them.
        let away = shared.transfers.away
        if away > 0 {
            shared.logger.log(.warning, "callers on the way to a telephone are left to their provider", ["calls": "\(away)"])
        }
        for handle in group.handles { handle.post { ($0.service as? LoopServer)?.cancelAll(.shutdown) } }
        // Paid legs are ended before the loops are: a line that stays open costs money.
        wait(atMost: HangUp.longest, while: { isPatient() && (shared.registry.sockets > 0 || shared.registry.hangUps > 0) })
        shared.dialing.post { $0.answerAll() }
        group.stop()
        group.wait()
        // Behind the others: the ends of their calls are still written.
        dialing?.stop(grace: .zero)
        dialing?.wait()
        shared.captures?.finish()
        shared.callLogs?.finish(at: group.now)
        shared.recordings?.finish()
        shared.logger.flush()
    }

    /// Whether calls are live or in the air. A caller on the way to a telephone counts: nobody else can take them back if it does not answer.
    private var isBusy: Bool { shared.registry.sockets > 0 || shared.dialing.inTheAir > 0 || shared.transfers.away > 0 }

    /// Looks every 20 ms: nobody waits for the end of a server more exactly.
    private func wait(atMost limit: Duration, while isWaiting: () -> Bool) {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while isWaiting(), clock.now < deadline { usleep(20_000) }
    }
}
