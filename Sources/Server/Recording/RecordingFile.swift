import Audio
import Foundation
import Recording

/// One WAV file that grows. At any moment it is playable: its header is written first, and again once a second behind the sound that
/// it counts, so that what a killed process leaves lacks at most a second.
struct RecordingFile {
    /// Why it takes no more: the system's words.
    struct Failure: Error { let reason: String }

    /// Units: bytes.
    static let headerLength = 44

    let descriptor: Int32
    let track: RecordingTrack
    private let rate: SampleRate
    private let disk: RecordingDisk
    /// Bytes of sound that are written.
    private var length = 0
    /// Frames that the header counts.
    private var counted = 0

    /// Makes the file.
    static func create(
        _ path: String, _ track: RecordingTrack, _ rate: SampleRate, _ disk: RecordingDisk
    ) throws(Failure) -> RecordingFile {
        let descriptor = disk.create(path)
        guard descriptor >= 0 else { throw Failure(reason: PrivateFolder.words(errno)) }
        let file = RecordingFile(descriptor: descriptor, track: track, rate: rate, disk: disk)
        do throws(Failure) { try file.writeHeader(0) } catch {
            Foundation.close(descriptor)
            throw error
        }
        return file
    }

    private init(descriptor: Int32, track: RecordingTrack, rate: SampleRate, disk: RecordingDisk) {
        self.descriptor = descriptor
        self.track = track
        self.rate = rate
        self.disk = disk
    }

    var frames: Int { length / track.frameLength }

    mutating func append(_ bytes: [UInt8]) throws(Failure) {
        try Self.write(bytes, at: Self.headerLength + length, descriptor, disk) { length += $0 }
        guard frames - counted >= rate.hertz else { return }
        try count()
    }

    /// Makes the header count what is there.
    mutating func count() throws(Failure) {
        try writeHeader(frames)
        counted = frames
    }

    /// The header counts what is there, and nothing is behind that. Writes into blocks that are there, so a full disk takes it.
    mutating func close() {
        _ = try? count()
        ftruncate(descriptor, off_t(Self.headerLength + frames * track.frameLength))
        Foundation.close(descriptor)
    }

    private func writeHeader(_ frames: Int) throws(Failure) {
        let header = WAV.header(channels: track.channels, rate: rate, frames: frames)
        try Self.write(header, at: 0, descriptor, disk) { _ in }
    }

    private static func write(
        _ bytes: [UInt8], at offset: Int, _ descriptor: Int32, _ disk: RecordingDisk, _ written: (Int) -> Void
    ) throws(Failure) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { disk.write(descriptor, $0, offset + start) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(reason: PrivateFolder.words(count == 0 ? EIO : errno)) }
            start += count
            written(count)
        }
    }

    // MARK: After a crash

    /// Puts the header right of a file whose process died.
    ///
    /// - Returns: its frames; `nil` when there is no such file or it cannot be written.
    static func repair(_ path: String, _ track: RecordingTrack, _ rate: SampleRate) -> Int? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            Foundation.close(descriptor)
            return nil
        }
        var file = RecordingFile(descriptor: descriptor, track: track, rate: rate, disk: RecordingDisk())
        file.length = max(Int(status.st_size) - headerLength, 0)
        file.close()
        return file.frames
    }
}
