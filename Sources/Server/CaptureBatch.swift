import Call
import Capture

/// What one loop, or one call that has not begun yet, has noted: raw bytes and where each message ends. Copied on the loop, masked on
/// the writer's thread.
struct CaptureBatch: Sendable {
    enum Kind: Equatable, Sendable {
        case text
        case binary
        case close(UInt16?)
        case end(Termination)
        /// The timer came late.
        case woken
        /// The rest of the call is not kept.
        case cut(Capture.Cut)
    }

    struct Note: Sendable {
        /// Number of the call on this server.
        let call: UInt64
        /// Since the socket opened. Units: microseconds.
        let time: Int64
        let direction: CaptureEntry.Direction
        let kind: Kind
        /// How late the host was. Units: microseconds.
        let late: Int64
        /// Where the message ends in ``CaptureBatch/bytes``; it begins where the one before ends.
        let end: Int
    }

    /// A call whose file begins.
    struct Beginning: Sendable {
        let call: UInt64
        let info: CallInfo
        /// Wall clock at which the socket opened. Units: microseconds since 1970.
        let startedAt: Int64
    }

    private(set) var bytes: [UInt8] = []
    private(set) var notes: [Note] = []
    /// They come before the notes of their calls.
    private(set) var beginnings: [Beginning] = []

    /// Room that it takes, nearly. Units: bytes.
    var size: Int { bytes.count + notes.count * MemoryLayout<Note>.stride + beginnings.count * 4_096 }
    var isEmpty: Bool { notes.isEmpty && beginnings.isEmpty }

    mutating func begin(_ beginning: Beginning) { beginnings.append(beginning) }

    mutating func note(_ call: UInt64, at time: Int64, late: Int64, _ direction: CaptureEntry.Direction, _ kind: Kind) {
        notes.append(Note(call: call, time: time, direction: direction, kind: kind, late: late, end: bytes.count))
    }

    mutating func note(
        _ call: UInt64, at time: Int64, late: Int64, _ direction: CaptureEntry.Direction, _ kind: MessageKind,
        _ message: Span<UInt8>
    ) {
        message.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        note(call, at: time, late: late, direction, kind == .text ? .text : .binary)
    }

    mutating func append(_ other: CaptureBatch) {
        let start = bytes.count
        bytes.append(contentsOf: other.bytes)
        for note in other.notes {
            notes.append(
                Note(
                    call: note.call, time: note.time, direction: note.direction, kind: note.kind, late: note.late,
                    end: start + note.end))
        }
    }
}
