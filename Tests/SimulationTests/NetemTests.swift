import Call
import Testing

@testable import Simulation

/// What the network does to messages.
@Suite struct NetemTests {
    private func arrivals(_ way: Netem.Way, sizes: [Int] = Array(repeating: 10, count: 50), every: Int = 20) -> [Int] {
        var network = NetworkWay(way, seed: 4, origin: .zero)
        var arrivals: [(number: Int, at: Int)] = []
        for millisecond in 0...10_000 {
            let now = Moment.zero + .milliseconds(millisecond)
            if millisecond.isMultiple(of: every), millisecond / every < sizes.count {
                let number = millisecond / every
                network.send(.message([UInt8](repeating: UInt8(number), count: sizes[number]), .text), at: now)
            }
            while case .message(let bytes, _)? = network.receive(at: now) { arrivals.append((Int(bytes[0]), millisecond)) }
        }
        #expect(arrivals.map { $0.number } == Array(sizes.indices))
        return arrivals.map { $0.at }
    }

    @Test func `a delay is a delay`() {
        var way = Netem.Way()
        way.delay = .milliseconds(35)
        #expect(arrivals(way) == (0..<50).map { $0 * 20 + 35 })
    }

    @Test func `jitter keeps the order, its bounds, and is the same for the same seed`() {
        var way = Netem.Way()
        way.delay = .milliseconds(10)
        way.jitter = .milliseconds(90)
        let times = arrivals(way)
        #expect(times == times.sorted())
        for (index, time) in times.enumerated() { #expect(time >= index * 20 + 10 && time <= index * 20 + 101) }
        #expect(Set(times.enumerated().map { $0.element - $0.offset * 20 }).count > 10)
        #expect(arrivals(way) == times)
    }

    @Test func `what a stall holds comes at its end, all at once`() {
        var way = Netem.Way()
        way.stalls = [Netem.Stall(at: .milliseconds(100), length: .milliseconds(300))]
        #expect(arrivals(way) == (0..<50).map { (100..<400).contains($0 * 20) ? 400 : $0 * 20 })
    }

    @Test func `a network that is too full drops the newest, and counts it`() {
        var network = NetworkWay(Netem.Way(), seed: 1, origin: .zero)
        for _ in 0..<NetworkWay.mostMessages + 3 { network.send(.message([1], .text), at: .zero) }
        #expect(network.lost == 3)
        var arrived = 0
        while network.receive(at: .zero) != nil { arrived += 1 }
        #expect(arrived == NetworkWay.mostMessages)
        for _ in 0..<17 { network.send(.message([UInt8](repeating: 0, count: 1 << 20), .text), at: .zero) }
        #expect(network.lost == 4)
    }

    @Test func `a reader that pauses holds what came, and says that it does not read`() {
        var way = Netem.Way()
        way.readPauses = [Netem.Stall(at: .milliseconds(100), length: .milliseconds(300))]
        #expect(arrivals(way) == (0..<50).map { (100..<400).contains($0 * 20) ? 400 : $0 * 20 })
        let network = NetworkWay(way, seed: 1, origin: .zero)
        #expect([99, 100, 399, 400].map { network.reads(at: .zero + .milliseconds($0)) } == [true, false, false, true])
    }

    @Test func `a slow reader takes so many bytes a second`() {
        var way = Netem.Way()
        way.bytesPerSecond = 1_000
        let times = arrivals(way, sizes: [100, 100, 100], every: 20)
        #expect(times == [100, 200, 300])
    }

    @Test func `a paused line sends nothing, and goes on at its own pace`() throws {
        var line = try Line(.twilio)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 200)
        #expect(line.media.count == 10)
        line.side.pauseMedia()
        line.run(toMilliseconds: 1_200)
        #expect(line.media.count == 10)
        line.side.resumeMedia(at: line.now)
        line.run(toMilliseconds: 1_400)
        #expect(line.media.count == 20)
        #expect(line.media.last?.contains(#""chunk":"20","timestamp":"1400""#) == true)
    }

    @Test func `a dropped connection ends the call without a word`() throws {
        var line = try Line(.twilio)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.side.drop(at: line.now)
        line.run(toMilliseconds: 300)
        #expect(line.side.ending == .dropped)
        #expect(!line.isClosed)
        #expect(!line.sent.contains { $0.text.contains("stop") })
    }

    @Test func `a call can end without the provider's last message`() throws {
        var line = try Line(.twilio) { $0.endsWithoutStop = true }
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.side.hangUp()
        line.run(toMilliseconds: 120)
        #expect(line.isClosed)
        #expect(!line.sent.contains { $0.text.contains("stop") })
    }
}
