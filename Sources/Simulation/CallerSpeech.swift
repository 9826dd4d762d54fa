import Audio
import Call
import Wire

/// What a caller says, cut into the provider's packets and spelt as they travel.
///
/// - Shape: `packets.count` packets of `packetMilliseconds` each; the last one is filled up with silence.
///
/// Many calls can say the same: the packets are made once and shared.
public struct CallerSpeech: Sendable {
    struct Packet: Sendable {
        /// Base64 text, or the samples' bytes where messages are binary (Vonage).
        let payload: [UInt8]
        let hasSound: Bool
    }

    let packets: [Packet]
    let provider: PlayedProvider
    let format: MediaFormat
    /// Playing time of the audio, without the silence that fills up the last packet.
    let length: Duration

    /// - Parameter audio: at the rate of the format.
    public init(_ audio: PCM16, as format: MediaFormat, for provider: PlayedProvider) {
        precondition(audio.rate == format.rate, "speech at \(audio.rate) on a stream of \(format.rate): resample it first")
        let size = format.rate.samples(inMilliseconds: provider.packetMilliseconds)
        var packets: [Packet] = []
        var start = 0
        while start < audio.samples.count {
            var samples = Array(audio.samples[start..<min(start + size, audio.samples.count)])
            samples.append(contentsOf: repeatElement(0, count: size - samples.count))
            var bytes: [UInt8] = []
            format.encoding.encode(samples.span, into: &bytes)
            var payload = bytes
            if provider != .vonage {
                payload = []
                Base64.encode(bytes.span, into: &payload)
            }
            packets.append(Packet(payload: payload, hasSound: Sound.isHeard(in: samples.span)))
            start += size
        }
        self.packets = packets
        length = audio.rate.time(of: audio.samples.count)
        self.provider = provider
        self.format = format
    }

    /// How long it takes to say.
    public var duration: Duration { .milliseconds(packets.count * provider.packetMilliseconds) }
}

/// What a caller will say, and the silence when there is nothing left.
struct SpeechQueue: Sendable {
    private var waiting: [CallerSpeech] = []
    private var position = 0
    let silence: CallerSpeech.Packet

    init(_ format: MediaFormat, _ provider: PlayedProvider) {
        let quiet = PCM16.silence(milliseconds: provider.packetMilliseconds, rate: format.rate)
        silence = CallerSpeech(quiet, as: format, for: provider).packets.first ?? CallerSpeech.Packet(payload: [], hasSound: false)
    }

    var isEmpty: Bool { waiting.isEmpty }

    mutating func append(_ speech: CallerSpeech) {
        if !speech.packets.isEmpty { waiting.append(speech) }
    }

    /// - Returns: the next packet; with the whole speech when the packet is its first.
    mutating func next() -> (packet: CallerSpeech.Packet, beginning: CallerSpeech?) {
        guard let speech = waiting.first else { return (silence, nil) }
        let packet = speech.packets[position]
        let beginning = position == 0 ? speech : nil
        position += 1
        if position == speech.packets.count {
            waiting.removeFirst()
            position = 0
        }
        return (packet, beginning)
    }
}
