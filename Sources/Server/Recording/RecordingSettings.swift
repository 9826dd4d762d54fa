public import Call
import Foundation

/// How calls are recorded.
public struct RecordingSettings: Sendable {
    /// The folder that takes the recordings; `nil`: nothing can be recorded.
    public var folder: String?
    /// Of recordings whose order names none.
    public var layout = RecordingLayout.stereo
    /// Whether every call is recorded from its beginning; else who wants it orders it.
    public var isAutomatic = true
    /// Whether keys can be heard in recordings.
    public var keepsKeys = false
    var disk = RecordingDisk()
    var longestQueue = RecordingSink.longestQueue

    public init() {}
}

/// How files come about and get their bytes. Tests put a broken disk in its place.
struct RecordingDisk: Sendable {
    /// `open(2)` of a new file, for its owner alone.
    var create: @Sendable (String) -> Int32 = { open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600) }
    /// `pwrite(2)`.
    var write: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int = { pwrite($0, $1.baseAddress, $1.count, off_t($2)) }
}
