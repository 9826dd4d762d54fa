import Call
import Dialing
import Dispatch
import Synchronization

/// What a running campaign tells the thread that waits for it, and what that one wants.
final class CampaignBoard: Sendable {
    struct News: Sendable {
        var counts = CampaignCounts()
        /// Why nothing is asked for at the moment.
        var hold: String?
        /// When the next row can be called. Units: seconds since 1970.
        var nextOpening: Double?
        var over: CampaignOver?
        /// Once it is over.
        var results: String?
    }

    private struct State {
        var news = News()
        var signals = 0
    }

    private let state = Mutex(State())
    private let moved = DispatchSemaphore(value: 0)

    var news: News { state.withLock(\.news) }
    /// Ctrl-C once: no new calls.
    var wantsDrain: Bool { state.withLock { $0.signals > 0 } }
    /// Ctrl-C twice: nothing is waited for.
    var wantsItNow: Bool { state.withLock { $0.signals > 1 } }

    func signal() {
        state.withLock { $0.signals += 1 }
        moved.signal()
    }

    func tell(_ news: News) {
        state.withLock { $0.news = news }
        if news.over != nil { moved.signal() }
    }

    /// Returns when the campaign is over, when a signal has come, or after the time.
    func wait(_ duration: Duration) { _ = moved.wait(timeout: .now() + .nanoseconds(Int(duration.nanoseconds))) }
}
