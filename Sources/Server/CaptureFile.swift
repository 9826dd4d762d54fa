import Call
import Capture

/// The file of one call, on the writer's thread: masks, spells and writes.
struct CaptureFile: ~Copyable {
    typealias Failure = LineFile.Failure

    let call: String
    private var file: LineFile
    private var masking: Masking
    private var writer: CaptureWriter
    private var lines: [UInt8] = []
    /// The file is complete.
    private(set) var isOver = false
    /// Set when it ends before the call does.
    private(set) var cut: Capture.Cut?

    /// Writes nothing yet.
    init(_ beginning: CaptureBatch.Beginning, _ options: CaptureSink.Options, key: [UInt8], _ file: consuming LineFile) {
        let info = beginning.info
        call = info.id
        self.file = file
        masking = Masking(
            key: key, options.cryptography, provider: info.provider, inbound: info.stream.inbound, outbound: info.stream.outbound,
            audio: options.audio, keepsKeys: options.keepsKeys)
        let header = CaptureHeader(
            provider: info.provider, startedAt: beginning.startedAt, inbound: info.stream.inbound, outbound: info.stream.outbound,
            bot: info.bot, build: options.build, audio: options.audio, keepsKeys: options.keepsKeys, call: masking.header(of: info))
        writer = CaptureWriter(header)
        writer.begin(into: &lines)
    }

    var path: String { file.path }

    /// Spells one note. The line leaves with ``flush()``.
    mutating func write(_ note: CaptureBatch.Note, _ message: ArraySlice<UInt8>) {
        guard !isOver else { return }
        switch note.kind {
        case .text, .binary:
            let (content, remark) = masking.content(of: Array(message), note.kind == .text ? .text : .binary, note.direction)
            write(CaptureEntry(at: note.time, note.direction, content, late: note.late), remark)
        case .close(let code): write(CaptureEntry(at: note.time, note.direction, .close(code: code), late: note.late))
        case .woken: write(CaptureEntry(at: note.time, note.direction, .woken, late: note.late))
        case .end(let word):
            write(CaptureEntry(at: note.time, note.direction, .end(word), late: note.late))
            if note.direction == .outward { isOver = true }
        case .cut(let reason):
            writer.cut(reason, into: &lines)
            end(reason)
        }
    }

    private mutating func write(_ entry: CaptureEntry, _ remark: String? = nil) {
        if case .cut(let reason) = writer.write(entry, note: remark, into: &lines) { end(reason) }
    }

    private mutating func end(_ reason: Capture.Cut) {
        cut = reason
        isOver = true
    }

    /// Gives the lines to the system: from here on they outlive this process.
    ///
    /// - Throws: ``LineFile/Failure`` when the disk takes no more.
    mutating func flush() throws(Failure) {
        do throws(Failure) {
            try file.append(&lines)
        } catch {
            isOver = true
            throw error
        }
    }
}
