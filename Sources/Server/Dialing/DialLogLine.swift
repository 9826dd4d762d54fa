import Call
import Dialing

/// What the dialer says, as lines of the log. Never numbers.
enum DialLogLine {
    /// A call stands elsewhere.
    static func write(_ call: DialedCall, _ logger: Logger) {
        logger.log(
            .info, "outbound call \(call.status.word)", call: call.id,
            [
                "provider": call.request.provider.text, "provider_call_id": call.providerCallID,
                "reason": call.status.end?.rawValue, "code": call.code, "detail": call.detail,
                "attempts": call.attempts > 1 ? "\(call.attempts)" : nil,
            ])
    }

    static func write(_ line: DialLog, _ logger: Logger) {
        switch line {
        case .retrying(let call, let milliseconds, let reason):
            logger.log(.info, "the call will be placed again: \(reason)", call: call, ["after_ms": "\(milliseconds)"])
        case .backingOff(let provider, let milliseconds):
            logger.log(.warning, "the provider asks to be left alone", ["provider": provider.text, "for_ms": "\(milliseconds)"])
        case .unknown(let call, let reason):
            logger.log(.error, "it cannot be known whether the call was placed, and it is not placed again: \(reason)", call: call)
        case .stranger(let id): logger.log(.debug, "a callback about no outbound call of ours", ["provider_call_id": id])
        case .hangUpFailed(let call, let reason):
            logger.log(.error, "the call could not be ended: \(reason); end it in the provider's console", call: call)
        }
    }
}
