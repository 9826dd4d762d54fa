import CLibWebSockets

/// The one C callback: it finds the loop and the session, and leaves.
///
/// A free function, not a closure: a closure made in top-level code would carry an executor check and trap on the loop's thread.
func libwebsocketsCallback(
    _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?, _ bytes: UnsafeMutableRawPointer?,
    _ count: Int
) -> Int32 {
    guard let wsi, let context = lws_get_context(wsi), let box = lws_context_user(context) else { return 0 }
    guard let address = box.load(as: UnsafeMutableRawPointer?.self) else { return 0 }
    return Unmanaged<EventLoop>.fromOpaque(address)._withUnsafeGuaranteedRef { loop in
        loop.dispatch(wsi, reason, bytes, count)
    }
}

extension EventLoop {
    func dispatch(
        _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
            // Comes once for each protocol; draining is idempotent.
            drainJobs()
            return 0
        case LWS_CALLBACK_PROTOCOL_INIT, LWS_CALLBACK_PROTOCOL_DESTROY:
            return 0
        case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
            // The first callback of an adopted socket that can keep an opaque pointer.
            if adopting != 0 { lws_set_opaque_user_data(wsi, UnsafeMutableRawPointer(bitPattern: adopting)) }
            adopting = 0
        case LWS_CALLBACK_HTTP:
            // Only valid WebSocket handshakes are handed over; whatever else libwebsockets makes of one is closed.
            return -1
        default: break
        }
        let handle = UInt(bitPattern: lws_get_opaque_user_data(wsi))
        guard let session = sessions[handle] else { return 0 }
        let result = session.handle(reason, wsi, bytes, count)
        if reason == LWS_CALLBACK_WSI_DESTROY { release(handle) }
        return result
    }
}
