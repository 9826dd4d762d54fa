import Call
import Net
import Recording

/// What the recordings of one loop have heard: samples and what happened when. Copied on the loop, put in order on the writer's thread.
struct RecordingBatch: Sendable {
    enum Kind: Sendable {
        case caller
        case sent(position: Int, playsAt: Moment)
        case confirmed(Int)
        case cut(Range<Int>)
        case key
        case pause
        case resume
        case end(reason: String?)
    }

    struct Note: Sendable {
        /// Number of the recording on this server.
        let recording: UInt64
        let at: Moment
        let kind: Kind
        /// Where its samples end in ``RecordingBatch/samples``; they begin where those of the note before end.
        let end: Int
    }

    /// A recording that begins.
    struct Beginning: Sendable {
        let recording: UInt64
        let entry: RecordingEntry
        let plan: RecordingPlan
        /// The loop of its call.
        let home: EventLoopHandle
    }

    private(set) var notes: [Note] = []
    private(set) var samples: [Int16] = []
    private(set) var beginnings: [Beginning] = []

    init() {}

    /// With room for as much as the one before had.
    init(like other: RecordingBatch) {
        notes.reserveCapacity(other.notes.count)
        samples.reserveCapacity(other.samples.count)
    }

    var isEmpty: Bool { notes.isEmpty && beginnings.isEmpty }

    /// What it takes in memory, nearly. Units: bytes.
    var size: Int { 2 * samples.count + notes.count * MemoryLayout<Note>.stride }

    mutating func begin(_ beginning: Beginning) { beginnings.append(beginning) }

    mutating func note(_ recording: UInt64, at now: Moment, _ kind: Kind) {
        notes.append(Note(recording: recording, at: now, kind: kind, end: samples.count))
    }

    mutating func note(_ recording: UInt64, at now: Moment, _ kind: Kind, _ new: Span<Int16>) {
        new.withUnsafeBufferPointer { samples.append(contentsOf: $0) }
        note(recording, at: now, kind)
    }
}
