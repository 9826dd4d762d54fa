import Dialing
import Foundation
import Synchronization

/// Time zones as Foundation knows them.
final class CampaignTimeZones: CampaignZones {
    private let known = Mutex<[String: TimeZone?]>([:])

    /// IANA names only: `Europe/London`, `UTC`. Abbreviations such as `EST` mean different times to different people.
    func offset(of zone: String, at unixTime: Int64) -> Int64? {
        let found = known.withLock { known in
            if let zone = known[zone] { return zone }
            let new = zone.contains("/") || zone == "UTC" ? TimeZone(identifier: zone) : nil
            known[zone] = .some(new)
            return new
        }
        return found.map { Int64($0.secondsFromGMT(for: Date(timeIntervalSince1970: Double(unixTime)))) }
    }
}
