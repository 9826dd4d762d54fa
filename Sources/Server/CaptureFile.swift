import Call
import Capture
import Foundation

/// The file of one call, on the writer's thread: masks, spells and writes.
struct CaptureFile: ~Copyable {
    /// Why a file ends before its call: the system's words.
    struct Failure: Error { let reason: String }

    let call: String
    let path: String
    private let descriptor: Int32
    private var masking: Masking
    private var writer: CaptureWriter
    private var lines: [UInt8] = []
    /// Bytes of whole lines that the file holds.
    private var length: off_t = 0
    /// The file is complete.
    private(set) var isOver = false
    /// Set when it ends before the call does.
    private(set) var cut: Capture.Cut?

    /// Takes the descriptor over; writes nothing yet.
    init(_ beginning: CaptureBatch.Beginning, _ options: CaptureSink.Options, key: [UInt8], descriptor: Int32, path: String) {
        let info = beginning.info
        call = info.id
        self.path = path
        self.descriptor = descriptor
        masking = Masking(
            key: key, options.cryptography, provider: info.provider, inbound: info.stream.inbound, outbound: info.stream.outbound,
            audio: options.audio, keepsKeys: options.keepsKeys)
        let header = CaptureHeader(
            provider: info.provider, startedAt: beginning.startedAt, inbound: info.stream.inbound, outbound: info.stream.outbound,
            bot: info.bot, build: options.build, audio: options.audio, keepsKeys: options.keepsKeys, call: masking.header(of: info))
        writer = CaptureWriter(header)
        writer.begin(into: &lines)
    }

    deinit { close(descriptor) }

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

    /// Gives the lines to the system (`write`): from here on they outlive this process.
    ///
    /// - Throws: ``Failure`` when the disk takes no more. What went in of the last line is taken back, so that the file reads whole.
    mutating func flush() throws(Failure) {
        var start = 0
        while start < lines.count {
            let count = lines[start...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = PrivateFolder.words(count == 0 ? EIO : errno)
                if let end = lines[..<start].lastIndex(of: 0x0A) { length += off_t(end + 1) }
                ftruncate(descriptor, length)
                isOver = true
                throw Failure(reason: reason)
            }
            start += count
        }
        length += off_t(lines.count)
        lines.removeAll(keepingCapacity: true)
    }
}
