/// What can go wrong between this process and the network, in one line each.
///
/// Names and addresses are printed; targets, headers and bodies never are.
public enum NetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The URL cannot be used; the reason says why.
    case url(String)
    /// The name has no address, or the name server did not answer.
    case resolve(host: String, reason: String)
    /// No TCP connection.
    case connect(host: String, reason: String)
    /// The TCP connection stands, the TLS session does not (certificate, name, protocol).
    case tls(host: String, reason: String)
    /// The peer closed before the answer was whole.
    case closed(host: String, reason: String)
    /// A WebSocket handshake was answered with this status in place of 101.
    case refused(host: String, status: Int)
    case timeout(host: String)
    /// More than `limit` bytes.
    case tooLarge(what: String, limit: Int)
    /// More waits already than the named limit allows.
    case overloaded(what: String, limit: Int)
    /// The loop has ended or is ending.
    case stopped
    /// The listening address cannot be used.
    case bind(address: String, reason: String)
    /// libwebsockets or the system refused to work; the reason carries the mend.
    case system(String)

    /// Whether surely nothing of a request has left: what it asks for was not done.
    public var isSurelyUnsent: Bool {
        switch self {
        case .url, .resolve, .connect, .tls, .overloaded: true
        case .closed, .refused, .timeout, .tooLarge, .stopped, .bind, .system: false
        }
    }

    public var description: String {
        switch self {
        case .url(let reason): "not a usable URL: \(reason)"
        case .resolve(let host, let reason): "no address for \(host): \(reason)"
        case .connect(let host, let reason): "no connection to \(host): \(reason)"
        case .tls(let host, let reason): "no TLS session with \(host): \(reason)"
        case .closed(let host, let reason): "\(host) closed the connection: \(reason)"
        case .refused(let host, let status): "\(host) refused the WebSocket with status \(status)"
        case .timeout(let host): "\(host) did not answer in time"
        case .tooLarge(let what, let limit): "\(what) is over \(limit) bytes"
        case .overloaded(let what, let limit): "more than \(limit) \(what) are waiting"
        case .stopped: "the event loop has ended"
        case .bind(let address, let reason): "cannot listen on \(address): \(reason)"
        case .system(let reason): reason
        }
    }
}

import Glibc

/// The system's words for an `errno`.
func systemMessage(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}
