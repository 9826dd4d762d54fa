/// One way in which what came is not what a capture has.
public struct Difference: Equatable, Sendable {
    public enum Matter: String, Sendable {
        case missing
        case extra
        case order
        case timing
        case audio
        case message
    }

    public let matter: Matter
    /// Since the capture's start, of the expected message, or of the one that came when none was expected. Units: microseconds.
    public let time: Int64
    /// Like differences in a row, this one and those behind it.
    public internal(set) var count = 1
    /// Time of the last of them. Units: microseconds.
    public internal(set) var lastTime: Int64
    public let expected: String
    public let got: String
    /// How much later than expected it came, in ``Matter/timing``. Units: microseconds.
    let delay: Int64

    init(_ matter: Matter, at time: Int64, expected: String, got: String, delay: Int64 = 0) {
        self.matter = matter
        self.time = time
        lastTime = time
        self.expected = expected
        self.got = got
        self.delay = delay
    }
}

extension Difference: CustomStringConvertible {
    /// `2.140 s  missing: expected clear, got nothing`
    public var description: String {
        let line = "\(Self.seconds(time))  \(matter.rawValue): expected \(expected), got \(got)"
        return count == 1 ? line : line + " (and \(count - 1) more like it up to \(Self.seconds(lastTime).drop { $0 == " " }))"
    }

    /// - Returns: `12.345 s`, padded for a column.
    static func seconds(_ microseconds: Int64) -> String {
        let text = decimal(microseconds, perUnit: 1_000_000) + " s"
        return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }

    /// - Returns: `30.0 ms`.
    static func milliseconds(_ microseconds: Int64) -> String { "\(decimal((microseconds + 50) / 100, perUnit: 10, places: 1)) ms" }

    private static func decimal(_ value: Int64, perUnit unit: Int64, places: Int = 3) -> String {
        let step = places == 3 ? unit / 1_000 : unit / 10
        let fraction = String(value % unit / step)
        return "\(value / unit)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}

extension [Difference] {
    /// Differences in a row that say the same thing become one.
    ///
    /// - Parameter tolerance: delays that differ by no more are the same. Units: microseconds.
    func folded(tolerance: Int64) -> [Difference] {
        var folded: [Difference] = []
        for difference in self {
            guard var last = folded.last, last.matter == difference.matter, last.matter.isFolded,
                abs(last.delay - difference.delay) <= tolerance, difference.time - last.lastTime <= Self.reach,
                last.matter == .timing || (last.expected == difference.expected && last.got == difference.got)
            else {
                folded.append(difference)
                continue
            }
            last.count += 1
            last.lastTime = Swift.max(last.lastTime, difference.time)
            folded[folded.count - 1] = last
        }
        return folded
    }

    /// Farther apart, two differences are two. Units: microseconds.
    private static var reach: Int64 { 2_000_000 }
}

extension Difference.Matter {
    /// Whether one line may stand for a run. What is different in a message's content is told one by one.
    fileprivate var isFolded: Bool {
        switch self {
        case .missing, .extra, .timing: true
        case .order, .audio, .message: false
        }
    }
}
