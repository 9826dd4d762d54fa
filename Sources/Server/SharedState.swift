import Call
import Foundation
import LibCrypto
import Net
import Providers
import SpeexAudio
import Synchronization

/// What the loops of one server share. Everything in it is a constant or guarded by its own lock, and none of it is touched per frame.
final class SharedState: Sendable {
    let configuration: Configuration
    let cryptography: any Cryptography = OpenSSLCryptography()
    let resamplers = SpeexResamplerFactory()
    let filters = SpeexPreprocessorFactory()
    let logger: Logger
    let registry: CallRegistry
    let tokens: StreamTokens
    let access: AccessRule
    let startedAt: Double
    /// `nil` without `--capture`.
    let captures: CaptureSink?
    /// `nil` without `--log-dir`.
    let callLogs: CallLogSink?
    /// `nil` without `--record`.
    let recordings: RecordingSink?
    let dialing: DialingDoor
    let transfers = Transfers()
    /// The providers whose credentials are set, so that they can place calls.
    let dialingProviders: [any DiallingDialect]
    private let draining = Mutex(false)

    /// - Parameters:
    ///   - tokenSecret: what stream tokens are signed with; `nil`: a random one of this process.
    ///   - door: to the dial loop, which comes later.
    /// - Throws: ``NetError`` when the folder of captures, of call logs or of recordings cannot be used.
    init(
        _ configuration: Configuration, tokenSecret: Secret?, dialing door: DialingDoor.Access, logger: Logger
    ) throws(NetError) {
        self.configuration = configuration
        self.logger = logger
        registry = CallRegistry(maximumCalls: configuration.maximumCalls)
        tokens = StreamTokens(secret: tokenSecret, cryptography)
        access = AccessRule(configuration, cryptography)
        startedAt = Date().timeIntervalSince1970
        dialing = DialingDoor(door)
        let cryptography = cryptography
        dialingProviders = configuration.dialling.filter {
            Self.hasCredentials($0, configuration.settings, cryptography)
        }
        if let path = configuration.captureFolder {
            let options = CaptureSink.Options(
                audio: configuration.captureAudio, keepsKeys: configuration.captureKeys, build: configuration.build,
                cryptography: cryptography)
            captures = CaptureSink(try CaptureFolder(path, cryptography), options, logger)
        } else {
            captures = nil
        }
        callLogs =
            if let path = configuration.logFolder {
                try CallLogSink(folder: path, keepsKeys: configuration.logKeys, logger)
            } else {
                nil
            }
        if let path = configuration.recording.folder {
            let folder = try RecordingFolder(path, cryptography)
            let links = RecordingLinks(key: try folder.linkKey(configuration.secret), cryptography: cryptography)
            recordings = RecordingSink(folder, configuration.recording, links, resamplers: resamplers, logger)
        } else {
            recordings = nil
        }
    }

    /// Whether an order with nothing wrong in it finds its settings.
    private static func hasCredentials(
        _ dialect: any DiallingDialect, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> Bool {
        let isDocument = dialect.dialling.openings.first == .document
        let number = PhoneNumber("+12025550100")
        let order = DialOrder(
            callID: "call", to: number, from: number, opening: isDocument ? .document("https://a.test/") : .stream("wss://a.test/"),
            statusURL: "https://a.test/", maximumDuration: 60)
        do throws(DialRefusal) {
            _ = try dialect.dial(order, settings, cryptography, unixTime: 0)
            return true
        } catch {
            if case .settings = error.reason { return false }
            return true
        }
    }

    /// Tells the bot of a live call who answered it.
    func tellBot(of call: String, _ verdict: MachineVerdict) {
        tell(call) { $0.tell(.push(Frame(.machineDetected(verdict)))) }
    }

    /// Closes the stream of a live call.
    func endStream(of call: String) { tell(call) { $0.tell(.cancel(.canceled)) } }

    /// The provider says that a call without a stream is over.
    func endTransferred(_ call: String, _ word: Termination) {
        guard let transfer = transfers.transfer(of: call) else { return }
        transfer.home.post { ($0.service as? LoopServer)?.streams.endTransferred(call, word, hangsUp: false) }
    }

    private func tell(_ call: String, _ job: @escaping @Sendable (CallHost) -> Void) {
        guard let record = registry.record(call), record.endedAt == nil else { return }
        record.loop.post { loop in (loop.service as? LoopServer)?.host(call).map(job) }
    }

    /// Seconds since 1970.
    var unixTime: Double { Date().timeIntervalSince1970 }

    var isDraining: Bool {
        get { draining.withLock(\.self) }
        set { draining.withLock { $0 = newValue } }
    }

    func dialect(_ name: ProviderName) -> (any ProviderDialect)? { configuration.dialects.first { $0.name == name } }

    func newCallID() -> String { "call-" + Hex.text(cryptography.randomBytes(12)) }
}

/// Bytes as lower-case hexadecimal digits.
enum Hex {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
