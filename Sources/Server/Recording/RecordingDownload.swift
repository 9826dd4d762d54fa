import Foundation
import Net
import Synchronization

/// A file on its way to somebody, piece by piece: it is read on a thread of its own and never held whole.
final class RecordingDownload: Sendable {
    /// What is read and sent at once. Units: bytes.
    static let piece = 65_536
    /// Most at once. Each holds a descriptor and a piece.
    static let most = 64

    private static let running = Atomic<Int>(0)

    private let descriptor: Int32
    /// When it was opened; a recording that goes on is sent as it was then. Units: bytes.
    private let length: Int
    private let thread: WritingThread

    static func open(_ path: String, on thread: WritingThread) -> Result<RecordingDownload, HTTPRefusal> {
        guard running.wrappingAdd(1, ordering: .relaxed).newValue <= most else {
            running.wrappingSubtract(1, ordering: .relaxed)
            return .failure(
                HTTPRefusal(
                    .refusal(503, "busy", "\(most) recordings are being downloaded; try again", headers: [("retry-after", "5")]))
            )
        }
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            running.wrappingSubtract(1, ordering: .relaxed)
            return .failure(HTTPRefusal(.refusal(404, "no_file", "the recording's file is not there, or not there yet")))
        }
        return .success(RecordingDownload(descriptor, length: Int(status.st_size), thread))
    }

    private init(_ descriptor: Int32, length: Int, _ thread: WritingThread) {
        self.descriptor = descriptor
        self.length = length
        self.thread = thread
    }

    deinit {
        close(descriptor)
        Self.running.wrappingSubtract(1, ordering: .relaxed)
    }

    /// - Parameter range: the request's `Range` header; one range of bytes is honoured (RFC 9110 §14), anything else gets the whole.
    func answer(name: String, range: String?) -> HTTPAnswer {
        var headers = [
            ("content-type", "audio/wav"), ("content-disposition", "attachment; filename=\"\(name)\""), ("accept-ranges", "bytes"),
            ("cache-control", "private, no-store"),
        ]
        switch ByteRange(range, of: length) {
        case .whole: return HTTPAnswer(status: 200, headers: headers, stream: stream(0..<length))
        case .part(let part):
            headers.append(("content-range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(length)"))
            return HTTPAnswer(status: 206, headers: headers, stream: stream(part))
        case .none:
            return .refusal(
                416, "bad_range", "the file has \(length) bytes", headers: [("content-range", "bytes */\(length)")])
        }
    }

    private func stream(_ range: Range<Int>) -> HTTPStream {
        HTTPStream(length: range.count) { [self] offset, take in
            thread.run { [self] in
                let count = min(Self.piece, range.count - offset)
                let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                    initialized = max(pread(descriptor, buffer.baseAddress, count, off_t(range.lowerBound + offset)), 0)
                }
                take(bytes)
            }
        }
    }
}

/// What a `Range` header asks for.
enum ByteRange: Equatable {
    case whole
    case part(Range<Int>)
    /// Nothing that there is.
    case none

    init(_ header: String?, of length: Int) {
        guard let header, header.hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.map { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
        switch (ends.count, numbers.first ?? nil, numbers.last ?? nil) {
        case (2, let first?, let last?) where first <= last:
            self = first < length ? .part(first..<min(last, length - 1) + 1) : .none
        case (2, let first?, nil) where ends[1].isEmpty: self = first < length ? .part(first..<length) : .none
        case (2, nil, let last?) where ends[0].isEmpty:
            self = last > 0 && length > 0 ? .part(max(length - last, 0)..<length) : .none
        default: self = .whole
        }
    }
}
