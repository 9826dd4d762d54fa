import Audio
import Call
import Pipeline

/// What hears one call: its own recording, and beside it a message that its bot takes.
struct CallRecordings {
    enum Place { case call, message }

    private var call: RecordingTap?
    private var message: RecordingTap?

    subscript(place: Place) -> RecordingTap? {
        get {
            switch place {
            case .call: call
            case .message: message
            }
        }
        set {
            switch place {
            case .call: call = newValue
            case .message: message = newValue
            }
        }
    }

    /// What makes the call's own recording out of none; it says nothing of a message.
    var orders: [RecordingOrder] {
        guard let call else { return [] }
        return call.isPaused ? [.start(call.entry.layout), .pause] : [.start(call.entry.layout)]
    }

    /// What the engine is to be told of.
    var tap: (any CallTap)? {
        guard let call, let message else { return call ?? message }
        return BothTaps(call, message)
    }

    /// Where an order of the bot's belongs: the caller's voice alone is a message, and so is what follows until it has stopped.
    func place(of order: RecordingOrder) -> Place { order == .start(.caller) || message != nil ? .message : .call }

    func place(ofRecording id: String) -> Place? {
        if call?.id == id { return .call }
        return message?.id == id ? .message : nil
    }

    mutating func end(at now: Moment) {
        call?.end(at: now)
        message?.end(at: now)
        (call, message) = (nil, nil)
    }
}

/// Two recordings of one call at once.
private final class BothTaps: CallTap {
    private let call: RecordingTap
    private let message: RecordingTap

    init(_ call: RecordingTap, _ message: RecordingTap) {
        self.call = call
        self.message = message
    }

    func caller(_ samples: Span<Int16>, at now: Moment) {
        call.caller(samples, at: now)
        message.caller(samples, at: now)
    }

    func sent(_ samples: Span<Int16>, position: Int, playsAt: Moment) {
        call.sent(samples, position: position, playsAt: playsAt)
        message.sent(samples, position: position, playsAt: playsAt)
    }

    func confirmed(position: Int, at now: Moment) {
        call.confirmed(position: position, at: now)
        message.confirmed(position: position, at: now)
    }

    func cut(_ positions: Range<Int>) {
        call.cut(positions)
        message.cut(positions)
    }

    func key(at now: Moment) {
        call.key(at: now)
        message.key(at: now)
    }
}
