import Call

/// An input that is a sequence of things that happen to a stream, one a line, so that a finding can be read and edited.
///
/// - Shape: `< text` a text message; `b` and raw bytes a binary one; `. 40` so many milliseconds pass; `! 40` they pass unseen: nothing
///   that was due is done; `c 1000` the socket closes, `c` it breaks; `x` the call is canceled; `i` the bot is interrupted from elsewhere.
///   Any other line is a text message.
struct Conversation {
    enum Event {
        case message([UInt8], MessageKind)
        case pass(Duration)
        case stall(Duration)
        case close(UInt16?)
        case cancel
        case interrupt
    }

    /// Events of one input: enough for a call to fill each of its queues.
    static let mostEvents = 3_000
    /// Longest single wait: an idle call's time-out is in reach, and a drill's hour is not.
    static let longestWait = 400_000
    /// Longest call. Units: milliseconds.
    static let longestCall = 1_000_000

    let events: [Event]

    init(_ bytes: [UInt8]) {
        var time = 0
        events = bytes.split(separator: 0x0A).prefix(Self.mostEvents).map { line in
            func milliseconds() -> Duration {
                let asked = min(Self.number(line.dropFirst()) ?? 20, Self.longestWait)
                let given = min(asked, Self.longestCall - time)
                time += given
                return .milliseconds(given)
            }
            switch line.first {
            case UInt8(ascii: "b"): return .message(Array(line.dropFirst()), .binary)
            case UInt8(ascii: "."): return .pass(milliseconds())
            case UInt8(ascii: "!"): return .stall(milliseconds())
            case UInt8(ascii: "c"): return .close(Self.number(line.dropFirst()).flatMap { UInt16(exactly: $0) })
            case UInt8(ascii: "x"): return .cancel
            case UInt8(ascii: "i"): return .interrupt
            case UInt8(ascii: "<"): return .message(Array(line.dropFirst(line.dropFirst().first == 0x20 ? 2 : 1)), .text)
            default: return .message(Array(line), .text)
            }
        }
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        let number = Int(String(decoding: text.drop { $0 == 0x20 }.prefix(9), as: UTF8.self))
        return number.flatMap { $0 >= 0 ? $0 : nil }
    }
}
