import Foundation

/// How often a voice, noise or music seems to press a key, and whether keys are heard in noise.
enum Keys {
    static func measure(_ folder: URL) throws {
        let talk = try Scenes.load(folder.appendingPathComponent("talk"))
        let minutes = talk.reduce(0.0) { $0 + Double($1.count) } / 480_000
        for level in [-10.0, -20, -30] {
            var heard = ""
            var frames = 0
            let begun = clock()
            for sound in talk {
                var scene = Scene(kind: "", name: "")
                scene.add(sound, level: level)
                heard += keys(in: scene.pcm)
                frames += sound.count / 160
            }
            let cost = Double(clock() - begun) / Double(CLOCKS_PER_SEC) * 1e6 / Double(frames)
            print(
                String(
                    format: "speech %.0f dBFS, %.1f minutes: %d false keys %@ (%.2f us/frame with making the sound)", level,
                    minutes, heard.count, heard, cost))
        }
        var chance = SplitMix64(state: 7)
        let text = String((0..<500).map { _ in DTMF.keys[Int.random(in: 0..<16, using: &chance)] })
        var tones = DTMFTones(text, on: 50, off: 50)
        let clean = tones.next(milliseconds: 60_000).samples.map(Double.init)
        let noise = Sounds.noise(.white, clean.count, &chance)
        for snr in [40.0, 20, 15, 10] {
            var scene = Scene(kind: "", name: "")
            scene.add(clean, level: -15)
            scene.bed(noise, level: -15 - snr)
            let begun = clock()
            let heard = keys(in: scene.pcm)
            let cost = Double(clock() - begun) / Double(CLOCKS_PER_SEC) * 1e6 / Double(clean.count / 160)
            print(
                String(
                    format: "500 keys of 50 ms, noise %.0f dB below: %d heard, %@ (%.2f us/frame)", snr, heard.count,
                    heard == text ? "all right" : "not all right", cost))
        }
    }

    static func keys(in pcm: [Int16]) -> String {
        var detector = DTMFDetector()
        var heard = ""
        detector.process(pcm.span, at: .hz8000) { heard.append($0) }
        return heard
    }
}
