import Foundation

/// One sound with what is speech in it. Units of the spans: milliseconds.
struct Scene {
    let kind: String
    let name: String
    var samples: [Double] = []
    var speech: [(from: Int, to: Int)] = []

    var milliseconds: Int { samples.count / 8 }

    mutating func add(_ sound: [Double], level: Double) {
        let gain = Self.gain(sound, level: level)
        samples += sound.map { $0 * gain }
    }

    mutating func pause(_ milliseconds: Int) { samples += Array(repeating: 0, count: milliseconds * 8) }

    /// Adds a bed of the given level under everything.
    mutating func bed(_ sound: [Double], level: Double) {
        let gain = Self.gain(sound, level: level)
        for index in 0..<min(samples.count, sound.count) { samples[index] += sound[index] * gain }
    }

    /// Root mean square over what is not silence (20 ms windows within 30 dB of the loudest). Units of level: dBFS, sine convention.
    static func gain(_ sound: [Double], level: Double) -> Double {
        let powers = stride(from: 0, to: sound.count - 159, by: 160).map { start in
            sound[start..<start + 160].reduce(0) { $0 + $1 * $1 } / 160
        }
        let active = powers.filter { $0 > 0.001 * (powers.max() ?? 0) }
        guard !active.isEmpty else { return 1 }
        let rms = (active.reduce(0, +) / Double(active.count)).squareRoot()
        return 32_767 * Decibels.amplitude(ofLevel: level) / 2.0.squareRoot() / rms
    }

    var pcm: [Int16] { samples.map { Int16(min(max($0.rounded(), -32_768), 32_767)) } }
}

struct Scenes {
    let phrases: [[Double]]
    let talks: [[Double]]
    var chance = SplitMix64(state: 1)

    init(folder: URL) throws {
        phrases = try Self.load(folder.appendingPathComponent("phrases"))
        talks = try Self.load(folder.appendingPathComponent("talk"))
    }

    static func load(_ folder: URL) throws -> [[Double]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".wav") }.sorted()
        return try names.map { name in
            try WAV(decoding: [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))).mono.samples.map(Double.init)
        }
    }

    /// Where a phrase is louder than 25 dB below its loudest 10 ms. Units: milliseconds.
    static func span(of phrase: [Double]) -> (from: Int, to: Int)? {
        let powers = stride(from: 0, to: phrase.count - 79, by: 80).map { phrase[$0..<$0 + 80].reduce(0) { $0 + $1 * $1 } }
        let least = 0.00316 * (powers.max() ?? 0)
        guard let first = powers.firstIndex(where: { $0 > least }), let last = powers.lastIndex(where: { $0 > least }) else {
            return nil
        }
        return (first * 10, last * 10 + 10)
    }

    mutating func spoken(_ name: String, level: Double, bed: [Double], snr: Double) -> Scene {
        var scene = Scene(kind: "speech", name: name)
        scene.pause(3_000)
        for phrase in phrases {
            guard let span = Self.span(of: phrase) else { continue }
            let start = scene.milliseconds
            scene.add(phrase, level: level)
            scene.speech.append((start + span.from, start + span.to))
            scene.pause(Int.random(in: 1_000...2_000, using: &chance))
            scene.samples.removeLast(scene.samples.count % 8)
        }
        scene.bed(bed, level: level - snr)
        return scene
    }

    mutating func all() -> [Scene] {
        let long = 600 * Sounds.rate
        var scenes: [Scene] = []
        var beds: [(String, [Double])] = Sounds.Noise.allCases.map { ($0.rawValue, Sounds.noise($0, long, &chance)) }
        var babble = [Double](repeating: 0, count: long)
        for (number, talk) in talks.enumerated() where number < 12 {
            let shift = 16_000 * number
            for index in babble.indices { babble[index] += talk[(index + shift) % talk.count] }
        }
        beds.append(("babble", babble))
        let white = beds[0].1

        for level in [-15.0, -25, -35] {
            scenes.append(spoken("\(Int(level)) dBFS, white 35 dB below", level: level, bed: white, snr: 35))
        }
        var silent = spoken("-25 dBFS in digital silence", level: -25, bed: [], snr: 0)
        scenes.append(silent)
        silent.samples = silent.pcm.map { Double(MuLaw.decode(MuLaw.encode($0))) }
        scenes.append(Scene(kind: "speech", name: "-25 dBFS, mu-law", samples: silent.samples, speech: silent.speech))
        silent.samples = silent.pcm.map { Double(ALaw.decode(ALaw.encode($0))) }
        scenes.append(Scene(kind: "speech", name: "-25 dBFS, A-law", samples: silent.samples, speech: silent.speech))
        for (name, bed) in beds where name != "brown" {
            for snr in [20.0, 15, 10] { scenes.append(spoken("\(name), SNR \(Int(snr)) dB", level: -22, bed: bed, snr: snr)) }
        }

        for (name, bed) in beds {
            let kind = name == "babble" ? "babble" : "noise"
            for level in [-60.0, -45, -30] {
                var scene = Scene(kind: kind, name: "\(name), steady \(Int(level)) dBFS")
                scene.add(bed, level: level)
                scenes.append(scene)
            }
            scenes.append(stepped(name, kind, bed))
        }
        scenes.append(Scene(kind: "noise", name: "digital silence", samples: Array(repeating: 0, count: long)))
        var comfort = Scene(kind: "noise", name: "comfort noise on and off, mu-law")
        for piece in stride(from: 0, to: long, by: 16_000) {
            comfort.add(Array(white[piece..<piece + 8_000]), level: -58)
            comfort.pause(1_000)
        }
        comfort.samples = comfort.pcm.map { Double(MuLaw.decode(MuLaw.encode($0))) }
        scenes.append(comfort)

        scenes += signals(white)
        for kind in Sounds.Music.allCases {
            for level in [-20.0, -30] {
                var scene = Scene(kind: "music", name: "\(kind.rawValue), \(Int(level)) dBFS")
                scene.add(Sounds.music(kind, long, &chance), level: level)
                scene.bed(white, level: -65)
                scenes.append(scene)
            }
        }
        scenes += bursts(white)
        return scenes
    }

    /// Every 5 to 15 seconds another level from -60 to -30 dBFS.
    private mutating func stepped(_ name: String, _ kind: String, _ bed: [Double]) -> Scene {
        var scene = Scene(kind: kind, name: "\(name), stepped -60 to -30 dBFS")
        let gain = Scene.gain(bed, level: -30)
        var at = 0
        while at < bed.count {
            let length = min(Int.random(in: 5...15, using: &chance) * Sounds.rate, bed.count - at)
            let step = gain * Decibels.amplitude(ofLevel: -Double.random(in: 0...30, using: &chance).rounded())
            scene.samples += bed[at..<at + length].map { $0 * step }
            at += length
        }
        return scene
    }

    /// Call progress tones. Cadences in milliseconds, on and off. Source: ITU-T E.180 supplement 2.
    private mutating func signals(_ white: [Double]) -> [Scene] {
        let kinds: [(String, [Double], [Int])] = [
            ("ringback US 440+480", [440, 480], [2_000, 4_000]), ("ringback UK 400+450", [400, 450], [400, 200, 400, 2_000]),
            ("ringback EU 425", [425], [1_000, 4_000]), ("ringback FR 440", [440], [1_500, 3_500]),
            ("ringback JP 400x16", [384, 400, 416], [1_000, 2_000]),
            ("ringback AU 400x25", [375, 400, 425], [400, 200, 400, 2_000]),
            ("busy US 480+620", [480, 620], [500, 500]), ("busy EU 425", [425], [480, 480]),
            ("dial US 350+440", [350, 440], [10_000, 3_000]),
            ("keys 1 to #", [697, 1_209], [100, 100]), ("fax 1100", [1_100], [500, 3_000]),
            ("information 950", [950], [330, 1_000]),
        ]
        return kinds.map { name, hertz, cadence in
            var scene = Scene(kind: "tone", name: name)
            while scene.milliseconds < 300_000 {
                for (index, length) in cadence.enumerated() {
                    if index % 2 == 0 {
                        scene.add(Sounds.lines(hertz.map { ($0, 1) }, length * 8, &chance), level: -18)
                    } else {
                        scene.pause(length)
                    }
                }
            }
            scene.bed(white, level: -62)
            return scene
        }
    }

    private mutating func bursts(_ white: [Double]) -> [Scene] {
        ["cough", "cough with voice", "breath", "click"].map { name in
            var scene = Scene(kind: "burst", name: "\(name), every 3 s")
            while scene.milliseconds < 599_000 {
                scene.pause(2_000)
                let sound =
                    switch name {
                    case "cough": Sounds.cough(pitch: nil, &chance)
                    case "cough with voice": Sounds.cough(pitch: Double.random(in: 90...220, using: &chance), &chance)
                    case "breath": Sounds.breath(&chance)
                    default: (0..<160).map { $0 < 8 ? chance.normal() : 0 }
                    }
                scene.add(sound, level: Double.random(in: name == "breath" ? -45 ... -32 : -30 ... -15, using: &chance))
                scene.pause(1_000 - sound.count / 8)
                scene.samples.removeLast(scene.samples.count % 8)
            }
            scene.bed(white, level: -60)
            return scene
        }
    }
}
