import Audio
import Call
import Wire

/// The audio of one JSON message: base64 of the samples as the stream's format spells them.
///
/// Twilio, Telnyx, Plivo and Exotel carry audio so, under `media.payload`. One serializer owns one; the memory is kept.
struct MediaPayload {
    private var bytes: [UInt8] = []

    /// Reads `payload` of a message's `media`.
    ///
    /// - Returns: `nil` for an empty payload.
    mutating func decode(
        _ media: JSONScanner.Node, _ scanner: borrowing JSONScanner, _ message: Span<UInt8>, as format: MediaFormat
    ) throws(WireError) -> PCM16? {
        let payload = try scanner.string("payload", of: media, in: message, at: "media.payload")
        bytes.removeAll(keepingCapacity: true)
        try scanner.base64(payload, in: message, at: "media.payload", into: &bytes)
        guard !bytes.isEmpty else { return nil }
        var samples: [Int16] = []
        guard format.encoding.decode(bytes.span, into: &samples) else { throw WireError(.oddByteCount, at: "media.payload") }
        return PCM16(samples: samples, rate: format.rate)
    }

    /// Writes a whole message: what stands before the payload, the payload, what stands behind it.
    mutating func encode(
        _ samples: Span<Int16>, as encoding: MediaEncoding, between prefix: [UInt8], and suffix: [UInt8],
        into message: inout MessageBuffer
    ) {
        bytes.removeAll(keepingCapacity: true)
        encoding.encode(samples, into: &bytes)
        message.storage.append(contentsOf: prefix)
        Base64.encode(bytes.span, into: &message.storage)
        message.storage.append(contentsOf: suffix)
    }
}

extension JSONScanner {
    /// The key of a message's `dtmf.digit`.
    func key(of root: Node, in message: Span<UInt8>) throws(WireError) -> KeypadEntry {
        let dtmf = try object("dtmf", of: root, in: message, at: "dtmf")
        let digit = try text("digit", of: dtmf, in: message, at: "dtmf.digit")
        guard let keys = KeypadEntry.keys(in: digit), keys.count == 1 else { throw WireError(.outOfRange, at: "dtmf.digit") }
        return keys[0]
    }

    /// A message's `mark.name`.
    func markName(of root: Node, in message: Span<UInt8>) throws(WireError) -> String {
        let mark = try object("mark", of: root, in: message, at: "mark")
        return try text("name", of: mark, in: message, at: "mark.name")
    }

    /// Whether a message's `media` is what the far end hears, not what the caller says.
    func isOutbound(_ media: Node, in message: Span<UInt8>) -> Bool {
        member("track", of: media, in: message).map { equals($0, "outbound", in: message) } ?? false
    }
}
