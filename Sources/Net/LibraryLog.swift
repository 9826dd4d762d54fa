import CLibWebSockets
import Synchronization

/// Where libwebsockets' own warnings and errors go: to a hook, never to standard error.
public enum LibraryLog {
    private struct State {
        var sink: (@Sendable (String) -> Void)?
        var last: String?
    }
    private static let state = Mutex(State())

    /// Sets the hook, for the process. Called from loop threads.
    public static func setSink(_ sink: (@Sendable (String) -> Void)?) { state.withLock { $0.sink = sink } }

    /// The last line, for the message of an error that follows from it.
    static var last: String? { state.withLock { $0.last } }

    /// `lws_set_log_level`, for the process.
    static func install() { lws_set_log_level(LLL_ERR | LLL_WARN, libraryLine) }

    /// Lines that 4.1.6 logs as errors in the normal course.
    private static let normal = ["adopt_socket_readbuf", "lws_libuv_stop", "lws_context_destroy", "http_proxy needs to be"]

    fileprivate static func take(_ line: String) {
        guard !normal.contains(where: { line.contains($0) }) else { return }
        let sink = state.withLock { state in
            state.last = line
            return state.sink
        }
        sink?(line)
    }
}

private func libraryLine(_ level: Int32, _ line: UnsafePointer<CChar>?) {
    guard let line else { return }
    var text = Substring(String(cString: line))
    while let last = text.last, last.isNewline { text.removeLast() }
    LibraryLog.take(String(text))
}
