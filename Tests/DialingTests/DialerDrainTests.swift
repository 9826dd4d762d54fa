import Call
import Testing

@testable import Dialing

@Suite struct DialerDrainTests {
    private let twilio = ProviderName("twilio")
    private let now = DialTime(.zero, unixTime: 1_800_000_000)

    @Test func `a dialer that drains places nothing, sleeps, and leaves what waits to the next one`() throws {
        let rules = DialRules(providers: [twilio: .init(callsPerSecond: 100, concurrency: 100)])
        var dialer = Dialer(rules, seed: 1, at: now)
        let request = DialRequest(
            provider: twilio, to: PhoneNumber("+12025550123"), from: PhoneNumber("+12025550100"))
        _ = try dialer.accept(request, id: "call-1", key: nil, at: now)
        dialer.drain(at: now)
        var fold = JournalFold()
        var synced: UInt64 = 0
        while true {
            let output = dialer.poll(at: now)
            if case .write(let line) = output {
                fold.read(line.bytes)
                synced = line.number
                dialer.handle(.synced(through: synced), at: now)
            }
            if case .place = output { Issue.record("a call was placed") }
            guard case .idle(let wake) = output else { continue }
            // The end of the time that the call may wait; not now.
            #expect(wake.map { $0 > .zero + .seconds(60) } ?? true)
            break
        }
        _ = fold.end()
        #expect(!fold.isPaused)
        var next = Dialer(rules, journal: fold, seed: 1, at: now)
        #expect(next.queued == 1)
        var isPlaced = false
        poll: for _ in 1...20 {
            switch next.poll(at: now) {
            case .write(let line): next.handle(.synced(through: line.number), at: now)
            case .place: isPlaced = true
            case .idle: break poll
            default: break
            }
        }
        #expect(isPlaced)
    }
}
