import Audio
import Call

@testable import Pipeline

/// The far end of a pacer: a way there, a buffer that plays in real time, a way back. It counts for itself what it plays.
final class Telephone {
    struct Manners {
        var there = Duration.milliseconds(30)
        var back = Duration.milliseconds(20)
        /// Played so much later than it came, after silence.
        var buffer = Duration.milliseconds(40)
        var returnsMarks = true
        /// Marks come back when a clear drops what is before them.
        var throwsMarksBack = true
        /// A clear is answered with a word of its own.
        var saysCleared = false
        /// A clear lets the packet that is being played finish.
        var finishesPacket = false
        /// Marks return so much after they might, and ``saysCleared`` at once.
        var marksLate = Duration.zero
        /// Everything that comes back from a clear on is later by so much.
        var answersClearAfter = Duration.zero
    }

    private enum Item {
        case samples(Int, first: Int)
        case mark(String)
    }

    private enum Message {
        case packet([Int16])
        case mark(String)
        case clear
    }

    let manners: Manners
    var playout: Playout
    private(set) var now = Moment.zero
    private var outward: [(at: Moment, message: Message)] = []
    private var inward: [(at: Moment, word: String)] = []
    private var line: [(item: Item, end: Moment)] = []
    private var free = Moment.zero
    /// Every sample that was played, by its value, and when.
    private(set) var played: [(value: Int, at: Moment)] = []
    private(set) var news: [Playback.Event] = []
    private(set) var newsAt: [Moment] = []
    /// When a clear reached the far end.
    private(set) var clears: [Moment] = []
    var wayJitter: () -> Duration = { .zero }

    init(_ manners: Manners = Manners(), profile: PlayoutProfile = .frames(at: .hz8000)) {
        self.manners = manners
        playout = Playout(profile, rate: .hz8000, resamplers: FakeResamplers(), at: .zero)
    }

    /// The far end's and the pacer's next moment, in steps of a millisecond.
    func run(_ duration: Duration) {
        let end = now + duration
        while now < end {
            step()
            now = now + .milliseconds(1)
        }
        step()
    }

    func say(_ values: Range<Int>) {
        _ = playout.append(PCM16(samples: values.map { Int16($0 % 30_000 + 1) }, rate: .hz8000), at: now)
    }

    /// - Returns: whether a clear was sent.
    @discardableResult
    func interrupt() -> Bool {
        let clears = playout.interrupt(at: now)
        if clears {
            send(.clear)
            if let fence = playout.fence { send(.mark(fence)) }
        }
        collect()
        return clears
    }

    var reports: [UtteranceReport] { news.compactMap { if case .utterance(let report) = $0 { report } else { nil } } }

    private func send(_ message: Message) {
        let at = now + manners.there + wayJitter()
        outward.append((max(at, outward.last?.at ?? at), message))
    }

    private func step() {
        while let first = outward.first, first.at <= now {
            outward.removeFirst()
            take(first.message)
        }
        while let first = line.first, first.end <= now {
            line.removeFirst()
            play(first.item, at: first.end)
        }
        while let first = inward.first, first.at <= now {
            inward.removeFirst()
            if first.word == "cleared" { playout.cleared(at: now) } else { _ = playout.returned(first.word, at: now) }
        }
        if let wake = playout.newsWake, wake <= now { playout.advance(at: now) }
        poll()
        collect()
    }

    private func poll() {
        while true {
            switch playout.poll(at: now) {
            case .audio: send(.packet(Array(playout.packet)))
            case .mark(let name): send(.mark(name))
            case .keys, .allSent: continue
            case .idle: return
            }
        }
    }

    private func collect() {
        while let event = playout.popNews() {
            news.append(event)
            newsAt.append(now)
        }
    }

    private func take(_ message: Message) {
        switch message {
        case .packet(let samples):
            if line.isEmpty, free <= now { free = now + manners.buffer }
            var first = 0
            // In pieces of a millisecond, so that a clear cuts where it strikes.
            while first < samples.count {
                let count = min(8, samples.count - first)
                free = free + .milliseconds(1)
                line.append((.samples(count, first: Int(samples[first])), free))
                first += count
            }
        case .mark(let name): line.isEmpty ? answer(name) : line.append((.mark(name), free))
        case .clear:
            clears.append(now)
            if manners.saysCleared { answer("cleared") }
            let kept = manners.finishesPacket ? (8_000 - played.count % 1_600) % 1_600 / 8 : 0
            var samples = 0
            for (item, _) in line {
                if case .samples = item { samples += 1 }
                if case .mark(let name) = item, manners.throwsMarksBack, samples > kept { answer(name) }
            }
            var left = kept
            line.removeAll { item, _ in
                guard case .samples = item else { return true }
                left -= 1
                return left < 0
            }
            free = line.last?.end ?? now
        }
    }

    private func play(_ item: Item, at moment: Moment) {
        switch item {
        case .samples(let count, let first): for index in 0..<count { played.append((first == 0 ? 0 : first + index, moment)) }
        case .mark(let name): answer(name)
        }
    }

    private func answer(_ word: String) {
        guard manners.returnsMarks || word == "cleared" else { return }
        let at = now + manners.back + wayJitter() + (clears.last == now ? manners.answersClearAfter : .zero)
        if word == "cleared", manners.marksLate > .zero {
            inward.insert((at, word), at: inward.firstIndex { $0.at > at } ?? inward.count)
        } else {
            let late = at + (word == "cleared" ? .zero : manners.marksLate)
            inward.append((max(late, inward.last?.at ?? late), word))
        }
    }
}
