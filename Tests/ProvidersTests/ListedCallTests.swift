import Call
import Testing

@testable import Providers

@Suite struct ListedCallTests {
    private static let now: Int64 = 1_790_000_100

    private static func only(_ ids: [String], own: String?, created: Int64 = now - 50) -> DialFinding {
        ListedCall.only(
            ids.map { ListedCall(id: $0, state: .answered, created: created) }, own: own, since: now - 60, others: [],
            isWhole: true,
            unixTime: now)
    }

    @Test func `a call whose id is known is found beside others to its number, and however old it seems`() {
        #expect(Self.only(["CA2", "CA1"], own: "CA1") == .found(providerCallID: "CA1", state: .answered))
        #expect(Self.only(["CA1"], own: "CA1", created: 0) == .found(providerCallID: "CA1", state: .answered))
        #expect(Self.only(["CA1"], own: nil, created: 0) == .notFound)
        guard case .cannotTell = Self.only(["CA2", "CA1"], own: nil) else { Issue.record("one of two was taken"); return }
    }

    @Test func `a provider's clock is read from its answers`() {
        var clock = ProviderClock()
        func read(_ date: String?, _ unixTime: Int64) -> Int64 {
            clock.read(HTTPResponse(status: 500, headers: date.map { ["date": $0] } ?? [:]), unixTime: unixTime)
            return clock.lag
        }
        // 1,790,000,000 seconds since 1970.
        let date = "Mon, 21 Sep 2026 14:13:20 GMT"
        #expect(read(date, 1_790_000_004) == 0)
        #expect(read(date, 1_790_000_120) == 120)
        #expect(clock.isSlower(than: ProviderClock()))
        #expect(read(date, 1_790_000_123) == 120)
        #expect(read(nil, 1_790_000_200) == 120)
        #expect(read("yesterday", 1_790_000_200) == 120)
        #expect(read(date, 1_789_999_000) == 0)
    }
}
