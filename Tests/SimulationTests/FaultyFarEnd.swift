import Audio
import Call
import Foundation
import Simulation

/// What a far end may do wrong.
enum Fault {
    case lateClear(Int)
    case noClear
    /// Marks count as played as soon as they are sent.
    case marksAtOnce
    /// Nothing is sent past so much audio. Units: milliseconds.
    case audioEnds(Int)
    /// So much silence in the middle of a word. Units: milliseconds.
    case silence(Int)
    /// Nothing leaves for so long in the middle of a word. Units: milliseconds.
    case stall(Int)
    case repeatedPacket
    case lostPacket
    /// A-law where mu-law is due.
    case wrongCodec
    /// Everything leaves so much later. Units: milliseconds.
    case late(Int)
    case oddSize
    /// Audio goes to the other call.
    case crossed(Crossing, Int)
}

/// Where two calls' audio crosses.
final class Crossing {
    var waiting: [[String]] = [[], []]
    var streams = ["", ""]
}

/// A far end that does one thing wrong. Speaks Twilio's messages, and binary ones for what needs no more.
final class FaultyFarEnd: FarEnd {
    /// Where in the audio the fault lies. Units: milliseconds.
    private static let place = 1_100

    private var inner: any FarEnd
    private let fault: Fault
    private var waiting: [(due: Moment, bytes: [UInt8], kind: MessageKind)] = []
    private var closesAt: Moment?
    private var sentMilliseconds = 0
    private var hasHappened = false
    private var stalledUntil = Moment.zero

    init(_ inner: any FarEnd, _ fault: Fault) {
        self.inner = inner
        self.fault = fault
    }

    func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment) {
        let text = Self.text(message)
        if case .marksAtOnce = fault, text.contains(#""event":"mark""#) { return }
        inner.receive(message, kind, at: now)
    }

    func connectionClosed(code: UInt16?, at now: Moment) { inner.connectionClosed(code: code, at: now) }

    func poll(at now: Moment, into message: inout MessageBuffer) -> FarEndOutput {
        var innerWake: Moment?
        collect: while true {
            switch inner.poll(at: now, into: &message) {
            case .send: take(message.message, message.kind, at: now)
            case .close: closesAt = delayed(now)
            case .idle(let wake):
                innerWake = wake
                break collect
            }
        }
        if case .crossed(let crossing, let number) = fault {
            for text in crossing.waiting[number] { waiting.append((now, Array(text.utf8), .text)) }
            crossing.waiting[number] = []
            innerWake = min(innerWake ?? now + .milliseconds(10), now + .milliseconds(10))
        }
        if let index = waiting.firstIndex(where: { $0.due <= now }) {
            let next = waiting.remove(at: index)
            message.reset(next.kind)
            message.storage.append(contentsOf: next.bytes)
            return .send
        }
        if let at = closesAt, at <= now, waiting.isEmpty {
            closesAt = nil
            return .close
        }
        return .idle(wake: ([innerWake, closesAt] + waiting.map(\.due)).compactMap(\.self).min())
    }

    private func delayed(_ now: Moment) -> Moment { if case .late(let time) = fault { now + .milliseconds(time) } else { now } }

    private func take(_ bytes: [UInt8], _ kind: MessageKind, at now: Moment) {
        let text = kind == .text ? String(decoding: bytes, as: UTF8.self) : ""
        if kind == .binary || text.contains(#""event":"media""#) { return takeMedia(bytes, text, kind, at: now) }
        switch fault {
        case .lateClear(let time) where text.contains(#""event":"clear""#):
            waiting.append((now + .milliseconds(time), bytes, kind))
        case .noClear where text.contains(#""event":"clear""#): break
        case .marksAtOnce where text.contains(#""event":"mark""#):
            let name = text.text(between: #""name":""#, and: "\"")
            let stream = text.text(between: #""streamSid":""#, and: "\"")
            let answer = #"{"event":"mark","sequenceNumber":"2","streamSid":"\#(stream)","mark":{"name":"\#(name)"}}"#
            inner.receive(Array(answer.utf8).span, .text, at: now)
        default: waiting.append((max(delayed(now), stalledUntil), bytes, kind))
        }
    }

    private func takeMedia(_ bytes: [UInt8], _ text: String, _ kind: MessageKind, at now: Moment) {
        sentMilliseconds += 20
        let isTheMoment = !hasHappened && sentMilliseconds >= Self.place
        if isTheMoment { hasHappened = true }
        let stream = text.text(between: #""streamSid":""#, and: "\"")
        var bytes = bytes
        var copies = 1
        switch fault {
        case .audioEnds(let end) where sentMilliseconds > end: copies = 0
        case .silence(let time) where isTheMoment:
            for _ in 0..<time / 20 { waiting.append((now, Array(Server.twilioMedia(Server.silence20, sid: stream).utf8), .text)) }
        case .stall(let time) where isTheMoment: stalledUntil = now + .milliseconds(time)
        case .repeatedPacket where isTheMoment: copies = 2
        case .lostPacket where isTheMoment: copies = 0
        case .oddSize where isTheMoment: bytes.removeLast()
        case .wrongCodec:
            let payload = [UInt8](Data(base64Encoded: text.text(between: #""payload":""#, and: "\"")) ?? Data())
            var samples: [Int16] = []
            var wrong: [UInt8] = []
            MuLaw.decode(payload.span, into: &samples)
            ALaw.encode(samples.span, into: &wrong)
            bytes = Array(Server.twilioMedia(Server.base64(wrong), sid: stream).utf8)
        case .crossed(let crossing, let number):
            crossing.streams[number] = stream
            if now >= .zero + .milliseconds(Self.place) {
                let other = 1 - number
                crossing.waiting[other].append(text.replacing(stream, with: crossing.streams[other]))
                copies = 0
            }
        default: break
        }
        for _ in 0..<copies { waiting.append((max(delayed(now), stalledUntil), bytes, kind)) }
    }

    private static func text(_ message: Span<UInt8>) -> String {
        var bytes: [UInt8] = []
        for index in message.indices { bytes.append(message[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
