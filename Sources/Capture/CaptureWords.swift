import Audio
import Call
import Wire

/// How captures spell a media format: `{"encoding":"pcmu","rate":8000}`.
extension MediaFormat {
    init?(capture value: JSONValue) {
        guard let word = value["encoding"]?.string,
            let encoding = MediaEncoding.allCaptured.first(where: { $0.captureWord == word }),
            let hertz = value["rate"]?.number.flatMap({ Int(exactly: $0) }), let rate = SampleRate(hertz: hertz)
        else { return nil }
        self.init(encoding, rate)
    }

    var captureText: String { #"{"encoding":"\#(encoding.captureWord)","rate":\#(rate.hertz)}"# }
}

extension MediaEncoding {
    static let allCaptured: [MediaEncoding] = [.muLaw, .aLaw, .linear16, .linear16BigEndian]

    var captureWord: String {
        switch self {
        case .muLaw: "pcmu"
        case .aLaw: "pcma"
        case .linear16: "s16le"
        case .linear16BigEndian: "s16be"
        }
    }

    /// The byte that silence is made of.
    var silence: UInt8 {
        switch self {
        case .muLaw: MuLaw.silence
        case .aLaw: ALaw.silence
        case .linear16, .linear16BigEndian: 0
        }
    }
}

extension CaptureHeader {
    func format(_ direction: CaptureEntry.Direction) -> MediaFormat { direction == .inward ? inbound : outbound }
}
