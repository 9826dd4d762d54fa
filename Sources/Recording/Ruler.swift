import Audio
import Call

/// Moments of one recording as positions of samples.
struct Ruler: Sendable {
    /// Position 0.
    let origin: Moment
    let rate: SampleRate

    /// Rounded down; negative before the origin.
    func position(of moment: Moment) -> Int { position(of: moment - origin) }

    /// How many samples a time holds, rounded down.
    func position(of duration: Duration) -> Int {
        let (seconds, rest) = duration.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let scaled = rest * Int64(rate.hertz)
        let part = scaled >= 0 ? scaled / 1_000_000_000 : -((999_999_999 - scaled) / 1_000_000_000)
        return Int(seconds) * rate.hertz + Int(part)
    }
}
