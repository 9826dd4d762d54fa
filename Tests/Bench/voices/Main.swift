import Foundation

/// `make FOLDER` writes the scenes as WAV and what is speech in them as set.tsv; `measure FOLDER [WORD]` measures those whose kind or
/// name has the word.
@main
struct Voices {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { return print("usage: voices make FOLDER | measure FOLDER [WORD] | keys FOLDER") }
        let folder = URL(fileURLWithPath: arguments[2])
        switch arguments[1] {
        case "make": try make(folder)
        case "measure": try measure(folder, arguments.count > 3 ? arguments[3] : "")
        case "keys": try Keys.measure(folder)
        default: print("unknown: \(arguments[1])")
        }
    }

    static func make(_ folder: URL) throws {
        var scenes = try Scenes(folder: folder)
        let set = folder.appendingPathComponent("set")
        var table = "file\tkind\tname\tspeech from-to, ms\n"
        for (number, scene) in scenes.all().enumerated() {
            let file = String(format: "%03d.wav", number)
            try Data(WAV(PCM16(samples: scene.pcm, rate: .hz8000)).encoded()).write(to: set.appendingPathComponent(file))
            table += "\(file)\t\(scene.kind)\t\(scene.name)\t\(scene.speech.map { "\($0.from)-\($0.to)" }.joined(separator: " "))\n"
        }
        try Data(table.utf8).write(to: set.appendingPathComponent("set.tsv"))
    }

    static func measure(_ folder: URL, _ word: String) throws {
        let set = folder.appendingPathComponent("set")
        let table = String(decoding: try Data(contentsOf: set.appendingPathComponent("set.tsv")), as: UTF8.self)
        print(
            row(
                "scene", "onset: median", "p95", "max ms", ">100", "missed", "false/10 min", "turns/10 min", "end ms", "found %",
                "us/frame"))
        for line in table.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 4, word.isEmpty || cells[1].contains(word) || cells[2].contains(word) else { continue }
            var scene = Scene(kind: cells[1], name: cells[2])
            scene.speech = cells[3].split(separator: " ").compactMap { span in
                let ends = span.split(separator: "-").compactMap { Int($0) }
                return ends.count == 2 ? (ends[0], ends[1]) : nil
            }
            let pcm = try WAV(decoding: [UInt8](Data(contentsOf: set.appendingPathComponent(cells[0])))).mono.samples
            report(scene, pcm)
        }
    }

    static func report(_ scene: Scene, _ pcm: [Int16]) {
        let result = Measure(scene, pcm)
        let onsets = result.onsets.sorted()
        let tens = Double(pcm.count) / 4_800_000
        func at(_ share: Double) -> String { onsets.isEmpty ? "-" : "\(onsets[Int(Double(onsets.count - 1) * share)])" }
        print(
            row(
                "\(scene.kind): \(scene.name)", at(0.5), at(0.95), at(1),
                onsets.isEmpty ? "-" : "\(onsets.filter { $0 > 100 }.count)",
                scene.speech.isEmpty ? "-" : "\(result.misses)/\(scene.speech.count)",
                String(format: "%.1f", Double(result.falseStarts) / tens), String(format: "%.1f", Double(result.falseTurns) / tens),
                result.offsets.isEmpty ? "-" : "\(result.offsets.sorted()[result.offsets.count / 2])",
                result.spoken == 0 ? "-" : String(format: "%.0f", 100 * Double(result.found) / Double(result.spoken)),
                String(format: "%.2f", result.microseconds)))
    }

    static func row(_ cells: String...) -> String {
        cells.enumerated().map { index, cell in
            index == 0
                ? cell.padding(toLength: 42, withPad: " ", startingAt: 0)
                : String(repeating: " ", count: max(1, 14 - cell.count)) + cell
        }.joined()
    }
}
