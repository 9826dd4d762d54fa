import Audio
import Call

@testable import Pipeline

/// A pacer on virtual time, and everything that left it.
struct PlayoutRun {
    enum Sent: Equatable {
        case audio([Int16])
        case mark(String)
        case keys([KeypadEntry])
        case clear
        case allSent
    }

    let rate: SampleRate
    let profile: PlayoutProfile
    var playout: Playout
    var now = Moment.zero
    var sent: [Sent] = []
    /// The marks by which playout asks what was heard.
    var asked: [String] = []
    /// When each packet left.
    var departures: [Moment] = []
    /// What the last `idle` asked for.
    var wake: Moment?
    var samplesSent = 0
    /// Most audio that was ever ahead of real time, as the far end sees it.
    var mostAhead = Duration.zero
    private var farEnd = Moment.zero

    init(
        _ profile: PlayoutProfile? = nil, rate: SampleRate = .hz8000, resamplers: FakeResamplers = FakeResamplers(),
        isLive: Bool = false
    ) {
        self.rate = rate
        self.profile = profile ?? .frames(at: rate)
        playout = Playout(self.profile, rate: rate, resamplers: resamplers, isLive: isLive, at: .zero)
    }

    /// 200 ms packets at 8 kHz, as Exotel wants them.
    static func large() -> PlayoutRun {
        PlayoutRun(PlayoutProfile(packetSamples: 1_600, lead: .milliseconds(220), confirmsPlayback: false))
    }

    @discardableResult
    mutating func say(_ samples: [Int16], at rate: SampleRate? = nil, isInterruptible: Bool = true) -> Bool {
        playout.append(PCM16(samples: samples, rate: rate ?? self.rate), isInterruptible: isInterruptible, at: now)
    }

    mutating func interrupt() { if playout.interrupt(at: now) { sent.append(.clear); farEnd = now } }

    /// Takes what is due at this moment.
    mutating func poll() {
        while true {
            switch playout.poll(at: now) {
            case .audio:
                sent.append(.audio(Array(playout.packet)))
                departures.append(now)
                samplesSent += playout.packet.count
                farEnd = max(farEnd, now) + .nanoseconds(rate.nanoseconds(ofSamples: playout.packet.count))
                mostAhead = max(mostAhead, farEnd - now)
            case .mark(let name):
                if name.hasPrefix(Confirmations.prefix) { asked.append(name) } else { sent.append(.mark(name)) }
            case .keys(let keys): sent.append(.keys(keys))
            case .allSent: sent.append(.allSent)
            case .idle(let wake):
                self.wake = wake
                return
            }
        }
    }

    mutating func advance(_ duration: Duration) {
        now = now + duration
        poll()
    }

    /// Sleeps exactly as long as the pacer asks, until nothing is left to do.
    mutating func drain() {
        poll()
        while let wake {
            now = wake
            poll()
        }
    }

    var audio: [Int16] { sent.flatMap { if case .audio(let samples) = $0 { samples } else { [Int16]() } } }
    var packets: Int { departures.count }
}
