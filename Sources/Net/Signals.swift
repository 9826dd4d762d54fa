import CLibWebSockets
import Synchronization

/// Signals as libuv reports them: its plug-in installs handlers for SIGINT and SIGTERM, and `signal()` or a dispatch source gets
/// neither any more.
enum Signals {
    static let handler = Mutex<(@Sendable (Int32) -> Void)?>(nil)
}

/// That of the first loop of the group with a hook; libuv tells every loop of every signal.
func signalCame(_ watcher: UnsafeMutableRawPointer?, _ number: Int32) {
    let handler = Signals.handler.withLock { $0 }
    handler?(number)
}

func signalIgnored(_ watcher: UnsafeMutableRawPointer?, _ number: Int32) {}
