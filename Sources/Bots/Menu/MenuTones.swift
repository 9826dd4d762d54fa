import Audio

/// The sounds that a menu has without a file.
enum MenuTones {
    /// After it the caller speaks.
    static let beep = MenuPrompt(parts: [run(1_000, milliseconds: 250, level: -14)])

    /// Says softly that the call is alive, while a telephone rings elsewhere: two short notes every four seconds.
    static let hold = MenuPrompt(parts: [
        run(440, milliseconds: 300, level: -32), run(550, milliseconds: 300, level: -32),
        .silence(milliseconds: 3_400, rate: .hz8000),
    ])

    /// Fades in and out, so that it does not click. Units: samples.
    private static let fade = 80

    private static func run(_ pitch: Double, milliseconds: Int, level: Double) -> PCM16 {
        var tone = Tone(hertz: pitch, level: level, rate: .hz8000)
        var audio = tone.next(milliseconds: milliseconds)
        let count = audio.samples.count
        for index in 0..<min(fade, count / 2) {
            audio.samples[index] = Int16(Int(audio.samples[index]) * index / fade)
            audio.samples[count - 1 - index] = Int16(Int(audio.samples[count - 1 - index]) * index / fade)
        }
        return audio
    }
}
