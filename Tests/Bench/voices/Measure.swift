import Foundation

/// What a detector makes of one scene.
struct Measure {
    var onsets: [Int] = []
    var misses = 0
    /// Starts where nobody speaks; those with 200 ms of voice, which begin a turn.
    var falseStarts = 0
    var falseTurns = 0
    var offsets: [Int] = []
    var found = 0
    var spoken = 0
    var readings: [VoiceReading] = []
    /// Processor time of one frame. Units: microseconds.
    var microseconds = 0.0

    init(_ scene: Scene, _ pcm: [Int16]) {
        var detector = BandEnergyDetector()
        var at = 0
        let begun = clock()
        var found: [VoiceReading] = []
        found.reserveCapacity(pcm.count / 160)
        while at < pcm.count {
            let end = min(at + 160, pcm.count)
            detector.process(pcm.span.extracting(at..<end), at: .hz8000) { found.append($0) }
            at = end
        }
        microseconds = Double(clock() - begun) / Double(CLOCKS_PER_SEC) * 1e6 / Double(max(found.count, 1))
        readings = found
        score(scene)
    }

    /// A reading stands for the 20 ms before it. Speech may be found from 40 ms before its label to 400 ms after.
    private mutating func score(_ scene: Scene) {
        var runs: [(from: Int, to: Int)] = []
        for (index, reading) in readings.enumerated() where reading.isSpeech {
            if let last = runs.last, last.to == index * 20 {
                runs[runs.count - 1].to = index * 20 + 20
            } else {
                runs.append((index * 20, index * 20 + 20))
            }
        }
        var owned = [Bool](repeating: false, count: runs.count)
        var next = 0
        for span in scene.speech {
            while next < runs.count, runs[next].to + 0 < span.from { next += 1 }
            var index = next
            var first: Int?
            while index < runs.count, runs[index].from < span.to + 400 {
                owned[index] = true
                if first == nil { first = runs[index].from + 20 }
                index += 1
            }
            if let first { onsets.append(first - span.from) } else { misses += 1 }
            if index > next { offsets.append(runs[index - 1].to - span.to) }
            for ms in stride(from: span.from / 20 * 20, to: span.to, by: 20) where ms / 20 < readings.count {
                spoken += 1
                if readings[ms / 20].isSpeech { found += 1 }
            }
        }
        for (index, run) in runs.enumerated() where !owned[index] {
            falseStarts += 1
            // As a turn counts them: without what the detector only holds.
            if readings[run.from / 20..<run.to / 20].count(where: { $0.confidence > 0 }) >= 10 { falseTurns += 1 }
        }
    }
}
