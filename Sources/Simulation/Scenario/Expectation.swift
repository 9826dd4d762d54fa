import Call

/// A number that a rehearsed call is measured by. The raw value is its name in files and reports, with its unit.
public enum Measure: String, CaseIterable, Sendable {
    /// The longest silence inside what the bot says: one of up to 400 ms. A longer one is a pause.
    case gap = "gap_ms"
    /// How much sound was heard.
    case heard = "heard_ms"
    /// From the start of the stream to the first sound.
    case firstSound = "first_sound_ms"
    /// From the end of what the caller says to the first sound after it; the longest of all.
    case reply = "reply_ms"
    /// From the beginning of the interruption to the silence that follows.
    case stop = "stop_ms"
    /// From the beginning of the interruption to the arrival of a clear.
    case clear = "clear_ms"
    /// Sound that is heard between that silence and the end of the interruption.
    case stale = "stale_ms"
    /// Level of the sound. Units: dBFS.
    case level = "level_db"
    case clears
    case marks
    case complaints
    /// From the start of the stream to the end of the call.
    case ended = "ended_ms"
    /// From the last sound to the end of the call.
    case endAfterSound = "end_after_sound_ms"
    /// Round trip of an echo, the 99th percentile.
    case roundTrip = "round_trip_ms"
    /// Packets that an echo did not send back.
    case lostPackets = "lost_packets"
}

/// What a measured number must lie between.
public struct Bound: Equatable, Sendable, CustomStringConvertible {
    public var minimum: Double?
    public var maximum: Double?

    public init(minimum: Double? = nil, maximum: Double? = nil) {
        self.minimum = minimum
        self.maximum = maximum
    }

    func holds(_ value: Double) -> Bool { value >= minimum ?? -.infinity && value <= maximum ?? .infinity }

    public var description: String {
        switch (minimum.map(Self.text), maximum.map(Self.text)) {
        case (let low?, let high?): low == high ? low : "\(low) to \(high)"
        case (let low?, nil): "at least \(low)"
        case (nil, let high?): "at most \(high)"
        case (nil, nil): "any"
        }
    }

    static func text(_ value: Double) -> String {
        guard value.isFinite else { return "none" }
        return value == value.rounded() ? ReportTable.fixed(value, 0) : ReportTable.fixed(value, 1)
    }
}

/// What must be true of a rehearsed call.
public enum Expectation: Equatable, Sendable {
    case bound(Measure, Bound)
    /// The numbered tones that are heard, all of them.
    case segments(SegmentPattern)
    /// Each of these numbered tones is heard whole exactly once, in order; one that was cut may be heard in part before.
    case wholeOnce(ClosedRange<Int>)
    /// Nothing but numbered tones of this voice is heard.
    case voice(Int)
    /// The level of one frequency in what is heard.
    case tone(hertz: Double, Bound)
    /// The caller hears what was said, sample by sample.
    case exactEcho
    /// Keys that the bot had pressed.
    case keys([KeypadEntry])
    case ending(CallEnding)

    /// As the file spells it.
    public var name: String {
        switch self {
        case .bound(let measure, _): measure.rawValue
        case .segments: "segments"
        case .wholeOnce: "whole_once"
        case .voice: "voice"
        case .tone: "tone"
        case .exactEcho: "exact_echo"
        case .keys: "keys"
        case .ending: "ending"
        }
    }

    /// Whether only a drill bot can meet it.
    var needsSegments: Bool {
        switch self {
        case .segments, .wholeOnce, .voice: true
        case .bound, .tone, .exactEcho, .keys, .ending: false
        }
    }
}

/// Which numbered tones are heard: `0-11`, `0-* 12-15`, `3`.
///
/// - Shape: parts in order. `a-b` and `a` are heard whole; `a-*` begins with `a`, counts on, and its last may be cut.
/// - Units: numbers of segments. What is heard tells them modulo 24 only.
public struct SegmentPattern: Equatable, Sendable, CustomStringConvertible {
    enum Part: Equatable, Sendable {
        case whole(ClosedRange<Int>)
        case from(Int)
    }

    let parts: [Part]
    public let description: String

    /// Largest number of a segment: two replies of the longest kind.
    static let largest = 99_999

    /// - Returns: `nil` for a text that is none.
    public init?(_ text: String) {
        var parts: [Part] = []
        for word in text.split(separator: " ") {
            let ends = word.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = Self.number(ends[0]) else { return nil }
            if ends.count == 1 {
                parts.append(.whole(first...first))
            } else if ends[1] == "*" {
                parts.append(.from(first))
            } else if let last = Self.number(ends[1]), last >= first {
                parts.append(.whole(first...last))
            } else {
                return nil
            }
        }
        self.parts = parts
        description = text.isEmpty ? "none" : text
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text), number <= largest else {
            return nil
        }
        return number
    }
}
