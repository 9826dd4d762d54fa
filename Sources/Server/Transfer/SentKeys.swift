import Audio
import Call
import Net
import Providers

/// Sends keys to the far end by the provider's REST API: one request. A key that may have been sent is not sent twice, so only a refusal, or a
/// request that was surely not heard, makes tones of it.
final class SentKeys {
    /// A menu at the far end waits for a key some seconds; tones that come later help nobody.
    static let timeout = Duration.seconds(5)
    /// Most keys that become tones: a minute of them. Longer than any number or code.
    static let mostTones = 300

    private let shared: SharedState
    private let loop: EventLoop
    private let call: String

    init(_ shared: SharedState, _ loop: EventLoop, call: String) {
        self.shared = shared
        self.loop = loop
        self.call = call
    }

    func begin(_ keys: [KeypadEntry], _ start: StreamStart) {
        guard let dialect = shared.dialect(start.provider) as? any KeySendingDialect,
            let request = dialect.send(keys, on: start, shared.configuration.settings)
        else { return sayTones(keys, why: "the provider's API cannot be asked: no credentials, or no call id") }
        loop.rest.send(request, timeout: Self.timeout) { result in
            switch result {
            case .success(let response) where (200..<300).contains(response.status):
                self.shared.logger.log(.debug, "keys sent", call: self.call, ["count": "\(keys.count)"])
            case .success(let response) where response.status < 500:
                self.sayTones(keys, why: "the provider refused them with status \(response.status)")
            case .failure(.overloaded), .failure(.resolve), .failure(.connect), .failure(.tls), .failure(.url):
                self.sayTones(keys, why: "the provider cannot be reached")
            case .success, .failure:
                self.shared.logger.log(
                    .warning, "keys may not have been sent: the provider gave no answer", call: self.call,
                    ["count": "\(keys.count)"])
            }
        }
    }

    /// On a later turn: the call may be in the middle of one.
    private func sayTones(_ keys: [KeypadEntry], why: String) {
        let call = call
        shared.logger.log(.info, "keys are sent as tones: \(why)", call: call)
        loop.handle.post { loop in
            guard let host = (loop.service as? LoopServer)?.host(call) else { return }
            var tones = DTMFTones(keys.prefix(Self.mostTones).map(\.rawValue).joined())
            while !tones.isOver {
                host.tell(.push(Frame(.outputAudioRaw(tones.next(milliseconds: 200)), isInterruptible: false)))
            }
            host.tell(.push(Frame(.ttsStopped, isInterruptible: false)))
        }
    }
}
