import Call
import Wire

/// A stream that has opened and waits for the host's word whether it may begin.
struct Admission {
    /// Most events kept meanwhile: ten seconds of 20 ms messages, the time in which the word has to come.
    static let mostEvents = 500

    let start: StreamStart
    var serializer: any StreamSerializer
    /// What the provider said after its `start`, in order; what does not fit is lost.
    private(set) var events: [CallEvent] = []

    /// - Parameter events: those of the message that opened the stream.
    /// - Returns: `nil` when none of them is a `started`.
    init?(_ serializer: any StreamSerializer, events: [CallEvent]) {
        guard let index = events.firstIndex(where: { if case .started = $0 { true } else { false } }),
            case .started(let start) = events[index]
        else { return nil }
        self.start = start
        self.serializer = serializer
        self.events = Array(events[(index + 1)...])
    }

    mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) throws(WireError) {
        defer { if events.count > Self.mostEvents { events.removeLast(events.count - Self.mostEvents) } }
        try serializer.decode(message, kind, at: now, into: &events)
    }
}
