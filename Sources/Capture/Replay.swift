import Audio
import Call
import Pipeline
import Wire

/// A captured call, played again to the engine on a virtual clock.
///
/// The inbound side is fed at its times; what the engine sends is collected with the virtual time. Neither a clock nor chance takes part:
/// the same capture and the same bot give the same bytes on every run.
///
/// ``step()`` until ``due`` is `nil`, then ``result``. A driver that plays in real time waits for ``due`` before each step.
public struct Replay: ~Copyable {
    /// Answers a call as the server would: `admitted` with the bot's pipeline, or `refused`.
    public typealias Answer = (CallInfo) -> CallInput

    /// How long the engine may go on behind the last entry of a call that had ended there. A farewell takes
    /// ``CallLimits/confirmation``, one second; ten are nine too many.
    static let overtime = Duration.seconds(10)

    /// A capture has whole microseconds, the engine nanoseconds: two moments that were one may be so far apart.
    private static let rounding = Duration.microseconds(2)

    private var call: LocalCall
    private let recorded: [CaptureEntry]
    private let turns: ReplayTurns
    private var masking: ReplayMasking
    private var cursor = 0
    private var now = Moment.zero
    /// Nothing is asked of the engine behind this moment.
    private let limit: Moment
    private var farEndIsGone = false
    /// How late the host was at this turn, as the entry says. Units: microseconds.
    private var late: Int64 = 0
    private var buffer = MessageBuffer()
    private var scanner = JSONScanner()
    private var played: ReplayResult
    /// Entries and log lines that ``news()`` has told.
    private var told = (entries: 0, log: 0)

    /// - Parameters:
    ///   - bot: who answers; `nil` for the bot of the capture.
    ///   - dialects: those that may speak, in the order in which they are asked.
    public init(
        _ capture: Capture, bot: String? = nil, dialects: [any StreamDialect], limits: CallLimits = CallLimits(),
        resamplers: any ResamplerFactory, answer: @escaping Answer
    ) {
        var header = capture.header
        if let bot { header.bot = bot }
        recorded = capture.entries
        turns = ReplayTurns(capture.entries)
        masking = ReplayMasking(capture)
        played = ReplayResult(Capture(header: header, entries: []))
        let last = Moment(microsecond: capture.lastTime)
        limit = last + (capture.isCut ? ReplayTurns.grace : Self.overtime)
        call = LocalCall(
            dialects: dialects, limits: limits, resamplers: resamplers, at: .zero, door: { answer(header.callInfo($0)) },
            successor: answer)
    }

    /// Plays a whole capture.
    public static func run(
        _ capture: Capture, bot: String? = nil, dialects: [any StreamDialect], limits: CallLimits = CallLimits(),
        resamplers: any ResamplerFactory, answer: @escaping Answer
    ) -> ReplayResult {
        var replay = Replay(capture, bot: bot, dialects: dialects, limits: limits, resamplers: resamplers, answer: answer)
        while replay.due != nil { replay.step() }
        return replay.result
    }

    /// What has come so far.
    public var result: ReplayResult { played }

    /// When the next step is to be taken; `nil` when the capture has been played.
    public var due: Moment? {
        let entry = nextEntry
        guard let wake = pendingWake else { return entry }
        guard let entry else { return max(wake, now) }
        return max(now, wake < entry && turns.holds(wake, until: cursor) ? entry : min(wake, entry))
    }

    mutating func untold() -> (entries: ArraySlice<CaptureEntry>, log: ArraySlice<(time: Int64, line: CallLog)>) {
        defer { told = (played.capture.entries.count, played.log.count) }
        return (played.capture.entries[told.entries...], played.log[told.log...])
    }

    private var nextEntry: Moment? {
        cursor < recorded.count ? max(now, Moment(microsecond: recorded[cursor].time)) : nil
    }

    /// The engine's wake, when it is not behind the end of the replay.
    private var pendingWake: Moment? { call.wake.flatMap { $0 <= limit ? $0 : nil } }

    /// Plays the next entry, or wakes the engine, whichever comes first.
    public mutating func step() {
        guard let due else { return }
        now = due
        guard let entry = nextEntry, entry <= due else { return tick() }
        if let wake = pendingWake, wake < entry, !turns.holds(wake, until: cursor) { return tick() }
        let message = recorded[cursor]
        cursor += 1
        switch message.direction {
        case .inward:
            late = message.late
            feed(message)
        case .outward:
            // The live engine was awake here.
            guard let wake = pendingWake, wake <= now + Self.rounding else { return }
            late = message.late
            tick()
        }
        late = 0
    }

    private mutating func feed(_ message: CaptureEntry) {
        let last = played.capture.entries.last?.time ?? 0
        played.capture.entries.append(CaptureEntry(at: max(message.time, last), .inward, message.content, late: message.late))
        switch message.content {
        case .json(let bytes): call.receive(masking.inward(bytes).span, .text, at: now)
        case .text(let text): call.receive(Array(text.utf8).span, .text, at: now)
        case .binary(let bytes): call.receive(bytes.span, .binary, at: now)
        case .close(let code):
            farEndIsGone = true
            call.handle(.closed(code: code), at: now)
        case .end(let word):
            farEndIsGone = farEndIsGone || word.isOfTheSocket
            call.handle(.cancel(word), at: now)
        case .woken: call.handle(.tick, at: now)
        }
        drive()
        guard let wake = pendingWake, wake > now, wake <= now + Self.rounding else { return }
        now = wake
        drive()
    }

    /// As the host's timer does: what waits for its time comes before what is to be sent.
    private mutating func tick() {
        if let wake = pendingWake { now = max(now, wake) }
        call.handle(.tick, at: now)
        drive()
    }

    /// Carries out what the engine asks for until it has nothing more to ask.
    private mutating func drive() {
        while let output = call.poll(at: now, into: &buffer) {
            switch output {
            case .send: keep(content(of: buffer))
            case .close(let code, _): if !farEndIsGone { keep(.close(code: code)) }
            case .hangUp, .event: break
            case .log(let line): played.log.append((time, line))
            case .finished(let word): keep(.end(word))
            }
        }
    }

    private mutating func keep(_ content: CaptureEntry.Content) {
        played.capture.entries.append(CaptureEntry(at: time, .outward, content, late: late))
    }

    /// Units: microseconds.
    private var time: Int64 { now.nanoseconds / 1_000 }

    private mutating func content(of buffer: MessageBuffer) -> CaptureEntry.Content {
        let bytes = buffer.message
        guard buffer.kind == .text else { return .binary(bytes) }
        guard (try? scanner.scan(bytes.span)) != nil else { return .text(String(decoding: bytes, as: UTF8.self)) }
        return .json(masking.outward(bytes))
    }
}

/// What came of a replay.
public struct ReplayResult: Sendable {
    /// The inbound side as it was, the outbound side as the engine made it.
    public var capture: Capture
    /// What the engine had to say. Times in microseconds since the capture's start.
    public var log: [(time: Int64, line: CallLog)] = []

    init(_ capture: Capture) { self.capture = capture }
}

extension Termination {
    /// Whether the host ended the call because its socket was gone.
    fileprivate var isOfTheSocket: Bool { self == .peerTooSlow || self == .protocolViolation }
}

extension Capture {
    /// Time of the latest entry. Units: microseconds.
    var lastTime: Int64 { entries.lazy.map(\.time).max() ?? 0 }

    /// Whether the call went on behind the last entry: the program that wrote it was stopped, or the file was torn.
    public var isCut: Bool {
        !entries.contains { if $0.direction == .outward, case .end = $0.content { true } else { false } }
    }
}

extension Moment {
    /// A time of a capture. Held within three hundred years either way, so that sums with it cannot overflow.
    init(microsecond: Int64) {
        let most = Int64.max / 1_000 / 2
        self.init(nanoseconds: min(max(microsecond, 0), most) * 1_000)
    }
}
