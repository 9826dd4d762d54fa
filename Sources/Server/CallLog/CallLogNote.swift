import Call
import Pipeline

/// One thing for the log of a call, on its way from the call's loop to the writer.
struct CallLogNote: Sendable {
    /// A stream that begins.
    struct Beginning: Sendable {
        let info: CallInfo
        let isOutbound: Bool
        /// Wall clock. Units: microseconds since 1970.
        let startedAt: Int64
    }

    enum Content: Sendable {
        /// The first of a call makes its file; each further one is a stream that came back from a transfer.
        indirect case began(Beginning)
        indirect case event(ConversationEvent)
        /// So many events are missing here: the writer was too far behind.
        case dropped(Int)
        /// A stream is over, and the call goes on elsewhere: a transfer was accepted.
        indirect case streamEnded(Termination, CallCounters)
        indirect case ended(Termination, CallCounters)
    }

    /// Our id of the call.
    let call: String
    let at: Moment
    let content: Content

    /// Room that it takes, nearly. Units: bytes.
    var size: Int {
        switch content {
        case .began: 4_096
        case .event(let event): 256 + event.textLength
        case .dropped, .streamEnded, .ended: 256
        }
    }
}
