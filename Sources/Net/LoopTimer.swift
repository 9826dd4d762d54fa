import CLibWebSockets
import Call

/// A one-shot timer of a loop (`lws_sul_schedule`). Loop-confined; dropped before the loop's context is.
final class LoopTimer {
    private let timer: UnsafeMutablePointer<lwsx_timer_t>
    private let context: OpaquePointer
    private var armed = false
    var fired: (() -> Void)?

    init(_ context: OpaquePointer) {
        self.context = context
        timer = .allocate(capacity: 1)
        timer.initialize(to: lwsx_timer_t())
        timer.pointee.user = Unmanaged.passUnretained(self).toOpaque()
    }

    /// Arms the timer; armed again, it moves. Resolution of libuv's timers: 1 ms.
    func schedule(after duration: Duration) {
        armed = true
        lwsx_timer_schedule(context, timer, timerFired, max(1, duration.nanoseconds / 1_000))
    }

    func cancel() {
        guard armed else { return }
        armed = false
        lwsx_timer_cancel(timer)
    }

    fileprivate func fire() {
        armed = false
        fired?()
    }

    deinit {
        cancel()
        timer.deinitialize(count: 1)
        timer.deallocate()
    }
}

private func timerFired(_ sul: UnsafeMutablePointer<lws_sorted_usec_list_t>?) {
    guard let sul, let user = lwsx_timer_user(sul) else { return }
    let timer = Unmanaged<LoopTimer>.fromOpaque(user).takeUnretainedValue()
    timer.fire()
}
