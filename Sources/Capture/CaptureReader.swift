import Call
import Wire

/// Reads captures. Strict: a line that is not understood is an error, but for a last line that a crash has torn.
public enum CaptureReader {
    /// Reads a whole file. The entries come in the order of their times; those of one time as the lines stand.
    ///
    /// - Throws: ``CaptureError`` with the line: for another version, a line that is no entry, and past ``CaptureLimits``.
    public static func read(_ bytes: [UInt8]) throws(CaptureError) -> Capture {
        guard bytes.count <= CaptureLimits.largestFile else { throw CaptureError(.fileTooLarge, line: 1) }
        guard !bytes.isEmpty else { throw CaptureError(.empty, line: 1) }
        let span = bytes.span
        guard let headerEnd = lineEnd(span, from: 0) else { throw CaptureError(.notACapture, line: 1) }
        guard headerEnd <= CaptureLimits.longestLine else { throw CaptureError(.lineTooLong, line: 1) }
        let header = try CaptureHeader(line: Array(bytes[..<headerEnd]))
        var capture = Capture(header: header, entries: [])
        var reader = EntryReader(header)
        var start = headerEnd + 1
        var number = 1
        while start < bytes.count {
            number += 1
            let end = lineEnd(span, from: start)
            let line = start..<(end ?? bytes.count)
            do throws(CaptureError) {
                guard line.count <= CaptureLimits.longestLine else { throw CaptureError(.lineTooLong, line: number) }
                guard capture.entries.count < CaptureLimits.mostEntries else { throw CaptureError(.tooManyEntries, line: number) }
                guard capture.cut == nil else { throw CaptureError(.entryAfterCut, line: number) }
                switch try reader.read(bytes, line, number: number) {
                case .entry(let entry): capture.entries.append(entry)
                case .cut(let reason): capture.cut = reason
                }
            } catch {
                guard end == nil else { throw error }
                capture.isTorn = true
            }
            start = (end ?? bytes.count) + 1
        }
        capture.putInOrder()
        return capture
    }

    /// The line break that ends the line.
    private static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var cursor = start
        while cursor < bytes.count {
            if bytes[cursor] == 0x0A { return cursor }
            cursor &+= 1
        }
        return nil
    }
}

extension Capture {
    /// Sorts the entries by their times, and keeps those of one time as they stand. A writer's are in order; a hand may have moved one.
    fileprivate mutating func putInOrder() {
        let times = entries.lazy.map(\.time)
        guard !zip(times, times.dropFirst()).allSatisfy(<=) else { return }
        let order = entries.indices.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }
        entries = order.map { entries[$0] }
    }
}

extension CaptureHeader {
    /// - Throws: ``CaptureError`` at line 1.
    fileprivate init(line: [UInt8]) throws(CaptureError) {
        guard let value = try? JSONValue(parsing: line), let version = value["trunkline_capture"] else {
            throw CaptureError(.notACapture, line: 1)
        }
        guard version.number == Double(Self.version) else {
            throw CaptureError(.unknownVersion(String(decoding: version.bytes.prefix(32), as: UTF8.self)), line: 1)
        }
        func text(_ member: String) throws(CaptureError) -> String {
            guard let found = value[member] else { throw CaptureError(.missing(member: member), line: 1) }
            guard let text = found.string else { throw CaptureError(.unusable(member: member, must: "a string"), line: 1) }
            return text
        }
        func format(_ member: String) throws(CaptureError) -> MediaFormat {
            guard let found = value[member] else { throw CaptureError(.missing(member: member), line: 1) }
            guard let format = MediaFormat(capture: found) else {
                let words = MediaEncoding.allCaptured.map(\.captureWord).joined(separator: ", ")
                throw CaptureError(
                    .unusable(member: member, must: "an encoding (\(words)) and a rate of 1000 to 192000 Hz"), line: 1)
            }
            return format
        }
        guard let startedAt = CaptureTime.microseconds(try text("started")) else {
            throw CaptureError(.unusable(member: "started", must: "a time such as 2026-11-21T04:55:00.123456Z"), line: 1)
        }
        guard let audio = AudioKept(rawValue: try text("audio")) else {
            throw CaptureError(.unusable(member: "audio", must: "full, noise or none"), line: 1)
        }
        let keys = try text("keys")
        guard keys == "full" || keys == "masked" else {
            throw CaptureError(.unusable(member: "keys", must: "full or masked"), line: 1)
        }
        guard case .object? = value["call"] else { throw CaptureError(.missing(member: "call"), line: 1) }
        self.init(
            provider: ProviderName(try text("provider")), startedAt: startedAt, inbound: try format("inbound"),
            outbound: try format("outbound"), bot: try text("bot"), build: try text("build"), audio: audio,
            keepsKeys: keys == "full", call: value["call"] ?? .object([:]))
    }
}
