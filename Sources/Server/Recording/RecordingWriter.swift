import Audio
import Call
import Recording

/// The files of one recording, on the writer's thread: puts the voices in order and writes them.
struct RecordingWriter: ~Copyable {
    /// How much sound is written at once, nearly. Units: parts of a second. A killed process loses no more than this behind what settles.
    static let writesPerSecond = 4

    private var recorder: Recorder
    private var files: [RecordingFile]
    private var bytes: [[UInt8]]
    private let writeLength: Int
    private(set) var isOver = false

    /// Makes the files.
    init(
        _ entry: RecordingEntry, _ plan: RecordingPlan, _ folder: RecordingFolder, _ disk: RecordingDisk,
        _ resamplers: any ResamplerFactory
    ) throws(RecordingFile.Failure) {
        guard let recorder = Recorder(plan, resamplers: resamplers) else {
            throw RecordingFile.Failure(reason: "\(plan.inbound) and \(plan.outbound) cannot be brought together")
        }
        let files = try Self.create(entry, plan, folder, disk)
        self.recorder = recorder
        self.files = files
        bytes = files.map { _ in [] }
        writeLength = plan.rate.hertz / Self.writesPerSecond
    }

    private static func create(
        _ entry: RecordingEntry, _ plan: RecordingPlan, _ folder: RecordingFolder, _ disk: RecordingDisk
    ) throws(RecordingFile.Failure) -> [RecordingFile] {
        var files: [RecordingFile] = []
        do throws(RecordingFile.Failure) {
            for track in plan.tracks { files.append(try .create(folder.file(entry, track), track, plan.rate, disk)) }
        } catch {
            for var file in files { file.close() }
            throw error
        }
        return files
    }

    deinit { for var file in files { file.close() } }

    /// Frames that all files hold.
    var frames: Int { files.map(\.frames).min() ?? 0 }
    var isFull: Bool { recorder.isFull }

    mutating func take(_ note: RecordingBatch.Note, _ samples: Span<Int16>) {
        switch note.kind {
        case .caller: recorder.caller(samples, at: note.at)
        case .sent(let position, let playsAt): recorder.sent(samples, position: position, playsAt: playsAt)
        case .confirmed(let position): recorder.confirmed(position: position, at: note.at)
        case .cut(let positions): recorder.cut(positions)
        case .key: recorder.key(at: note.at)
        case .pause: recorder.pause(at: note.at)
        case .resume: recorder.resume(at: note.at)
        case .end:
            recorder.finish(at: note.at, into: &bytes)
            isOver = true
        }
    }

    /// Writes what has settled, when it is worth it.
    mutating func write(at now: Moment) throws(RecordingFile.Failure) {
        if !isOver { recorder.take(at: now, into: &bytes) }
        for index in files.indices where isOver || bytes[index].count >= writeLength * files[index].track.frameLength {
            try files[index].append(bytes[index])
            bytes[index].removeAll(keepingCapacity: true)
        }
        guard isOver else { return }
        for index in files.indices { try files[index].count() }
    }
}
