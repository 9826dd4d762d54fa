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
    let logger: Logger
    let registry: CallRegistry
    let tokens: StreamTokens
    let access: AccessRule
    let startedAt: Double
    /// `nil` without `--capture`.
    let captures: CaptureSink?
    private let draining = Mutex(false)

    /// - Throws: ``NetError`` when the folder of captures cannot be used.
    init(_ configuration: Configuration, logger: Logger) throws(NetError) {
        self.configuration = configuration
        self.logger = logger
        registry = CallRegistry(maximumCalls: configuration.maximumCalls)
        tokens = StreamTokens(secret: configuration.secret, cryptography)
        access = AccessRule(configuration, cryptography)
        startedAt = Date().timeIntervalSince1970
        if let path = configuration.captureFolder {
            let options = CaptureSink.Options(
                audio: configuration.captureAudio, keepsKeys: configuration.captureKeys, build: configuration.build,
                cryptography: cryptography)
            captures = CaptureSink(try CaptureFolder(path, cryptography), options, logger)
        } else {
            captures = nil
        }
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
