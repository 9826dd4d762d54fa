import Call
import Wire

/// Spells a capture: the header's line, then one line an entry. It masks nothing; ``Masking`` comes before it.
public struct CaptureWriter: Sendable {
    /// What became of an entry.
    public enum Outcome: Equatable, Sendable {
        case written
        /// A limit was reached: in place of the entry stands the line that says so, and nothing may follow.
        case cut(Capture.Cut)
    }

    private let header: CaptureHeader
    private var scanner = JSONScanner()
    private var lastTime: Int64 = 0
    private var entries = 0
    private var size = 0
    private var reason: Capture.Cut?

    public init(_ header: CaptureHeader) { self.header = header }

    /// Appends the first line.
    public mutating func begin(into bytes: inout [UInt8]) {
        let start = bytes.count
        JSONText.raw(#"{"trunkline_capture":\#(CaptureHeader.version),"provider":"#, into: &bytes)
        JSONText.string(header.provider.text, into: &bytes)
        JSONText.raw(#","started":"\#(CaptureTime.text(header.startedAt))","inbound":\#(header.inbound.captureText)"#, into: &bytes)
        JSONText.raw(#","outbound":\#(header.outbound.captureText),"bot":"#, into: &bytes)
        JSONText.string(header.bot, into: &bytes)
        JSONText.raw(#","build":"#, into: &bytes)
        JSONText.string(header.build, into: &bytes)
        JSONText.raw(
            #","audio":"\#(header.audio.rawValue)","keys":"\#(header.keepsKeys ? "full" : "masked")","call":"#, into: &bytes)
        bytes.append(contentsOf: header.call.bytes)
        JSONText.raw("}\n", into: &bytes)
        size += bytes.count - start
    }

    /// Appends the line of one entry. A time before that of the entry before counts as that one's.
    ///
    /// A JSON message stays byte for byte, but for line breaks between its tokens, which become spaces; with audio `none`, its payload
    /// becomes a marker.
    ///
    /// - Parameter note: for people; a reader passes over it.
    public mutating func write(_ entry: CaptureEntry, note: String? = nil, into bytes: inout [UInt8]) -> Outcome {
        if let reason { return .cut(reason) }
        let start = bytes.count
        lastTime = max(lastTime, entry.time)
        JSONText.raw(#"{"t":\#(lastTime),"dir":"\#(entry.direction.rawValue)","#, into: &bytes)
        write(entry.content, into: &bytes)
        if entry.late > 0 { JSONText.raw(#","late":\#(entry.late)"#, into: &bytes) }
        if let note {
            JSONText.raw(#","note":"#, into: &bytes)
            JSONText.string(note, into: &bytes)
        }
        JSONText.raw("}\n", into: &bytes)
        let length = bytes.count - start
        let limit: Capture.Cut? =
            length > CaptureLimits.longestLine
            ? .line : entries >= CaptureLimits.mostEntries - 1 || size + length > CaptureLimits.largestFile - 1_024 ? .size : nil
        if let limit {
            bytes.removeLast(length)
            cut(limit, into: &bytes)
            return .cut(limit)
        }
        entries += 1
        size += length
        return .written
    }

    /// Appends the line that says that the call went on and the capture did not. Nothing may follow.
    public mutating func cut(_ reason: Capture.Cut, into bytes: inout [UInt8]) {
        guard self.reason == nil else { return }
        self.reason = reason
        JSONText.raw(#"{"t":\#(lastTime),"cut":"\#(reason.rawValue)"}"# + "\n", into: &bytes)
    }

    private mutating func write(_ content: CaptureEntry.Content, into bytes: inout [UInt8]) {
        switch content {
        case .json(let message):
            JSONText.raw(#""json":"#, into: &bytes)
            let start = bytes.count
            bytes.append(contentsOf: header.audio == .none ? LeftOutAudio.collapsed(message, &scanner) : message)
            // No string of a JSON text holds a raw line break: these stand between tokens.
            var written = bytes.mutableSpan
            for index in start..<written.count where written[index] == 0x0A || written[index] == 0x0D { written[index] = 0x20 }
        case .text(let text):
            JSONText.raw(#""text":"#, into: &bytes)
            JSONText.string(text, into: &bytes)
        case .binary(let message):
            if header.audio == .none {
                JSONText.raw(#""binary":""#, into: &bytes)
                bytes.append(contentsOf: LeftOutAudio.marker(bytes: message.count))
                bytes.append(UInt8(ascii: "\""))
            } else {
                JSONText.raw(#""binary":"#, into: &bytes)
                JSONText.base64(message.span, into: &bytes)
            }
        case .close(let code): JSONText.raw(#""close":\#(code.map { "\($0)" } ?? "null")"#, into: &bytes)
        case .woken: JSONText.raw(#""woken":true"#, into: &bytes)
        case .end(let word): JSONText.raw(#""end":"\#(word.rawValue)""#, into: &bytes)
        }
    }
}

extension Capture {
    /// The whole capture as the bytes of its file. What ``CaptureReader/read(_:)`` makes of them is this capture again.
    public func encoded() -> [UInt8] {
        var writer = CaptureWriter(header)
        var bytes: [UInt8] = []
        writer.begin(into: &bytes)
        for entry in entries { if case .cut = writer.write(entry, into: &bytes) { return bytes } }
        if let cut { writer.cut(cut, into: &bytes) }
        return bytes
    }
}
