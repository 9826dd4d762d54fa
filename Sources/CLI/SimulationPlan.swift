import Audio
import Call
import Foundation
import Simulation
import SpeexAudio

/// What `trunkline simulate` was asked to do.
struct SimulationPlan: Sendable {
    let provider: PlayedProvider
    let url: String
    let calls: Int
    /// Calls started per second.
    let rate: Double
    let duration: Duration
    let speech: CallerSpeech
    let speechName: String
    let keys: [KeypadEntry]
    let heardPath: String?
    let expectsEcho: Bool
    /// Loops of the generator, each a thread.
    let loops: Int
    /// The server's process, whose CPU and memory are read.
    let serverProcess: Int?
    let wantsJSON: Bool
    /// PEM file of certificates that are trusted besides the system's.
    let trustedFile: String?
    let options: SimulationOptions
    /// How the calls come to their sockets.
    let opening: CallOpeningPlan
    /// What ``speech`` was made of.
    private let audio: PCM16
    private let prepared = PreparedSpeech()

    /// What the callers of an echo say, so that it is recognised.
    private let signatures: SignatureBook?

    /// Makes the ids of this run differ from those of the last one, as a provider's do.
    private let seed = UInt64.random(in: .min ... .max)

    /// Who calls in the call of this number.
    func identity(_ number: Int) -> CallIdentity {
        var identity = CallIdentity.numbered(number, seed: seed, for: provider).withAnswerParameters(for: provider)
        identity.epochMilliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
        return identity
    }

    /// How the packets of the call of this number sound; `nil` when it says something else.
    func signature(_ number: Int) -> CallSignature? {
        signatures.map { CallSignature($0, call: Int(truncatingIfNeeded: seed) &+ number, for: provider) }
    }

    /// From the first call's dialling to the end of the last one's audio.
    var length: Duration { .seconds(Double(calls - 1) / rate) + duration }

    /// Whether what counts is the time in which all calls stand, and not the whole run.
    var isMeasured: Bool { calls > 1 || serverProcess != nil }

    private static let names = [
        "provider", "url", "calls", "rate", "duration", "say", "heard", "dtmf", "encoding", "sample-rate", "ca", "loops", "pid",
        "late-ms",
    ]

    /// What the caller says, in the format that a document asks for.
    func speech(as format: MediaFormat) -> CallerSpeech {
        if format == options.inbound { return speech }
        return prepared.speech(as: format) {
            CallerSpeech(Self.resampled(audio, to: format.rate) ?? audio, as: format, for: provider)
        }
    }

    init(_ words: ArraySlice<String>, _ environment: [String: String] = [:]) throws(UsageError) {
        let names = Self.names + CallOpeningPlan.names
        let arguments = try Arguments(
            words, names: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }), switches: ["echo", "json"])
        if let stranger = arguments.rest.first { throw UsageError("\(stranger): unexpected; see trunkline help simulate") }
        let known = PlayedProvider.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = arguments.value("provider") else { throw UsageError("--provider is missing; one of \(known)") }
        guard let provider = PlayedProvider(rawValue: name) else { throw UsageError("--provider \(name): must be one of \(known)") }
        self.provider = provider
        url = arguments.value("url") ?? "ws://127.0.0.1:7860/ws"
        guard url.hasPrefix("ws://") || url.hasPrefix("wss://") else {
            throw UsageError("--url \(url): must begin with ws:// or wss://")
        }
        opening = try CallOpeningPlan(arguments, provider, url: url, environment)
        calls = try arguments.value("calls").map { text throws(UsageError) in try Setting.number(text, "calls", 1...20_000) } ?? 1
        rate =
            try arguments.value("rate").map { text throws(UsageError) in
                guard let rate = Double(text), rate > 0, rate <= 10_000 else {
                    throw UsageError("--rate \(text): must be calls started per second, above 0 and up to 10000")
                }
                return rate
            } ?? 100
        keys =
            try arguments.value("dtmf").map { text throws(UsageError) in
                guard let keys = KeypadEntry.keys(in: text) else { throw UsageError("--dtmf \(text): keys are 0-9, *, # and A-D") }
                return keys
            } ?? []
        heardPath = arguments.value("heard")
        if let heardPath, !FileManager.default.createFile(atPath: heardPath, contents: nil) {
            throw UsageError("--heard \(heardPath): cannot be written")
        }
        expectsEcho = arguments.has("echo")
        wantsJSON = arguments.has("json")
        loops = try arguments.value("loops").map { text throws(UsageError) in try Setting.number(text, "loops", 1...64) } ?? 1
        serverProcess = try arguments.value("pid").map { text throws(UsageError) in try Setting.number(text, "pid", 1...4_194_304) }
        trustedFile = arguments.value("ca")
        let format = try Self.format(provider, arguments)
        // Our TeXML asks Telnyx to play mu-law at 8 kHz, whatever the leg's own codec is.
        var options = SimulationOptions(inbound: format, outbound: provider == .telnyx ? .muLaw8000 : format)
        options.expectsEcho = expectsEcho
        // Exotel takes chunks of 200 ms, so that an echo waits for two of its packets.
        options.lateAfter = provider == .exotel ? .milliseconds(260) : .milliseconds(60)
        if let text = arguments.value("late-ms") {
            options.lateAfter = .milliseconds(try Setting.number(text, "late-ms", 1...60_000))
        }
        options.jitterBuffer = .milliseconds(40)
        options.heardLimit = heardPath == nil ? .zero : .seconds(3_600)
        self.options = options
        let said = try Self.said(arguments.value("say"), at: format.rate)
        let usual = said.audio.map { Duration.nanoseconds($0.nanoseconds) + .seconds(1) } ?? .seconds(5)
        duration =
            try arguments.value("duration").map { text throws(UsageError) in
                try Setting.seconds(text, "duration", 0.1...86_400)
            } ?? usual
        audio = said.audio ?? Self.bursts(duration, at: format.rate)
        speech = CallerSpeech(audio, as: format, for: provider)
        let isRecognised = expectsEcho && arguments.value("say") == nil
        signatures = isRecognised ? SignatureBook(inbound: options.inbound, outbound: options.outbound) : nil
        speechName = isRecognised ? "sounds by which each packet is recognised" : said.name
    }

    private static func format(_ provider: PlayedProvider, _ arguments: Arguments) throws(UsageError) -> MediaFormat {
        var encoding = provider.usualFormat.encoding
        if let name = arguments.value("encoding") {
            switch name.lowercased() {
            case "pcmu": encoding = .muLaw
            case "pcma": encoding = .aLaw
            case "l16": encoding = .linear16
            default: throw UsageError("--encoding \(name): must be pcmu, pcma or l16")
            }
        }
        var rate = provider.usualFormat.rate
        if let text = arguments.value("sample-rate") {
            guard let given = Int(text).flatMap({ SampleRate(hertz: $0) }) else {
                throw UsageError("--sample-rate \(text): must be in hertz")
            }
            rate = given
        }
        let format = MediaFormat(encoding, rate)
        guard provider.speaks(format) else {
            throw UsageError(
                "\(provider.rawValue) does not stream \(format); without --encoding and --sample-rate it streams \(provider.usualFormat)"
            )
        }
        return format
    }

    private static func said(_ path: String?, at rate: SampleRate) throws(UsageError) -> (audio: PCM16?, name: String) {
        guard let path else { return (nil, "a 440 Hz tone in bursts") }
        guard let data = FileManager.default.contents(atPath: path) else { throw UsageError("--say \(path): cannot be read") }
        let audio: PCM16
        do {
            audio = try WAV(decoding: Array(data)).mono
        } catch {
            throw UsageError("--say \(path): \(error)")
        }
        guard let converted = resampled(audio, to: rate) else {
            throw UsageError("--say \(path): audio at \(audio.rate) cannot be converted to \(rate)")
        }
        return (converted, path)
    }

    private static func resampled(_ audio: PCM16, to rate: SampleRate) -> PCM16? {
        guard audio.rate != rate else { return audio }
        guard var resampler = SpeexResamplerFactory().makeResampler(from: audio.rate, to: rate) else { return nil }
        var samples: [Int16] = []
        resampler.process(audio.samples.span, into: &samples)
        resampler.finish(into: &samples)
        return PCM16(samples: samples, rate: rate)
    }

    /// 400 ms of tone and 100 ms of silence in turn.
    private static func bursts(_ duration: Duration, at rate: SampleRate) -> PCM16 {
        var tone = Tone(hertz: 440, level: -10, rate: rate)
        var samples: [Int16] = []
        // A long call says the same minute again and again only if asked for by a file; a minute of tone is enough to hear a gap in.
        let most = rate.samples(inMilliseconds: Int(min(duration.milliseconds, 60_000)))
        while samples.count < most {
            tone.append(samples: rate.samples(inMilliseconds: 400), to: &samples)
            samples.append(contentsOf: repeatElement(0, count: rate.samples(inMilliseconds: 100)))
        }
        return PCM16(samples: samples, rate: rate)
    }
}
