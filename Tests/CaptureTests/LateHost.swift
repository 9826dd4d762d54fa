import Call
import Capture
import Pipeline
import Providers
import SpeexAudio

/// A live host in small: its wakes lie on a grid, its loop is late by chance, and it may stand still for a while.
struct LateHost {
    /// The host's grid. Units: microseconds.
    private static let grain: Int64 = 5_000

    /// Times in which the loop does nothing; what comes meanwhile waits. Units: microseconds.
    var stalls: [Range<Int64>] = []
    var chance = SplitMix64(state: 1)

    /// Answers what comes in, and writes down when it did so.
    mutating func record(_ inbound: [CaptureEntry], _ header: CaptureHeader) -> Capture {
        var capture = Capture(header: header, entries: [])
        var call = LocalCall(dialects: Provider.all, resamplers: SpeexResamplerFactory(), at: .zero) { start in
            let query = header.call["query"].map { query in
                ["delay_ms", "pipeline_rate"].reduce(into: [:]) { $0[$1] = query[$1]?.string }
            }
            return RecordedCall.answer(CallInfo(id: "1", stream: start, query: query ?? [:], bot: header.bot))
        }
        var buffer = MessageBuffer()
        var armed: Int64? = 0
        var now: Int64 = 0
        var isOver = false
        var wake: Int64?
        var late: Int64 = 0
        func turn() {
            late = wake.map { now - $0 } ?? 0
            if late < CaptureLimits.leastLate { late = 0 }
        }
        func drive() {
            while let output = call.poll(at: Moment(nanoseconds: now * 1_000), into: &buffer) {
                switch output {
                case .send: capture.entries.append(CaptureEntry(at: now, .outward, .json(buffer.message), late: late))
                case .finished(let word):
                    capture.entries.append(CaptureEntry(at: now, .outward, .end(word)))
                    isOver = true
                case .close(let code, _): capture.entries.append(CaptureEntry(at: now, .outward, .close(code: code)))
                case .hangUp, .event, .log: break
                }
            }
            wake = call.wake.map { ($0.nanoseconds + 999) / 1_000 }
            guard let wake else { return }
            let earliest = max(wake, now + Self.grain)
            if armed.map({ earliest < $0 }) ?? true { armed = earliest }
        }
        var waiting = inbound[...]
        while !isOver {
            let due = armed.map { awake($0 + Int64(chance.next() % 2_500)) }
            let arrival = waiting.first.map { awake($0.time) }
            if let arrival, due.map({ arrival < $0 }) ?? true, let entry = waiting.popFirst() {
                now = max(now, arrival)
                turn()
                capture.entries.append(CaptureEntry(at: now, .inward, entry.content, late: late))
                let moment = Moment(nanoseconds: now * 1_000)
                switch entry.content {
                case .json(let bytes): call.receive(bytes.span, .text, at: moment)
                case .close(let code): call.handle(.closed(code: code), at: moment)
                case .text, .binary, .end, .woken: break
                }
                drive()
            } else if let due {
                now = max(now, due)
                armed = nil
                turn()
                if late > 0 { capture.entries.append(CaptureEntry(at: now, .inward, .woken, late: late)) }
                if let wake, wake <= now { call.handle(.tick, at: Moment(nanoseconds: now * 1_000)) }
                drive()
            } else {
                return capture
            }
        }
        return capture
    }

    private func awake(_ time: Int64) -> Int64 { stalls.first { $0.contains(time) }?.upperBound ?? time }
}
