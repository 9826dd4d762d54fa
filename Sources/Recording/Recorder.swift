public import Audio
public import Call

/// One recording: both voices of a call in, bytes of files out.
///
/// It is told what a ``CallTap`` is told, with the moments, and asked now and then what has settled.
public struct Recorder {
    public let plan: RecordingPlan
    private var caller: CallerTrack
    private var bot: BotTrack
    private var callerLane: Lane
    private var botLane: Lane
    private let callerRuler: Ruler
    private let botRuler: Ruler
    private var hasBegun = false
    private var mixed: [Int16] = []
    /// Samples of each channel that were given out, at the plan's rate.
    public private(set) var frames = 0
    /// The files hold as much as they may; more is left out.
    public private(set) var isFull = false
    private let mostFrames: Int

    /// - Returns: `nil` when one rate cannot be brought to the other.
    public init?(
        _ plan: RecordingPlan, resamplers: any ResamplerFactory, largestFile: Int = RecordingLimits.largestFile
    ) {
        self.plan = plan
        callerRuler = Ruler(origin: plan.start, rate: plan.inbound)
        botRuler = Ruler(origin: plan.start, rate: plan.outbound)
        caller = CallerTrack(callerRuler, masksKeys: plan.masksKeys)
        bot = BotTrack(botRuler, masksKeys: plan.masksKeys)
        // Of the caller alone, the bot's voice is thrown away before it would need another rate.
        let botRate = plan.layout == .caller ? plan.outbound : plan.rate
        guard let callerLane = Lane(from: plan.inbound, to: plan.rate, resamplers),
            let botLane = Lane(from: plan.outbound, to: botRate, resamplers)
        else { return nil }
        self.callerLane = callerLane
        self.botLane = botLane
        mostFrames = largestFile / (plan.tracks.map(\.frameLength).max() ?? 2)
    }

    // MARK: What the tap is told

    public mutating func caller(_ samples: Span<Int16>, at now: Moment) { caller.add(samples, at: now) }

    public mutating func sent(_ samples: Span<Int16>, position: Int, playsAt: Moment) {
        guard plan.layout != .caller else { return }
        bot.sent(samples, position: position, playsAt: playsAt)
    }

    public mutating func confirmed(position: Int, at now: Moment) { bot.confirmed(sent: position, at: now) }

    public mutating func cut(_ positions: Range<Int>) {
        guard plan.layout != .caller else { return }
        bot.cut(sent: positions)
    }

    public mutating func key(at now: Moment) {
        guard plan.masksKeys else { return }
        let begin = callerRuler.position(of: now) - callerRuler.rate.samples(inMilliseconds: RecordingLimits.beforeKey)
        let end = callerRuler.position(of: now) + callerRuler.rate.samples(inMilliseconds: RecordingLimits.afterKey)
        callerLane.silence(from: begin, to: end)
    }

    /// Silence from here on in both voices; time goes on.
    public mutating func pause(at now: Moment) {
        callerLane.silence(from: callerRuler.position(of: now), to: nil)
        botLane.silence(from: botRuler.position(of: now), to: nil)
    }

    public mutating func resume(at now: Moment) {
        callerLane.endSilence(at: callerRuler.position(of: now))
        botLane.endSilence(at: botRuler.position(of: now))
    }

    // MARK: What the files get

    /// Appends what has settled, 16-bit little-endian samples, to the files of the plan's tracks.
    public mutating func take(at now: Moment, into files: inout [[UInt8]]) { take(at: now, isLast: false, into: &files) }

    /// Appends everything up to this moment: the end of the recording.
    public mutating func finish(at now: Moment, into files: inout [[UInt8]]) { take(at: now, isLast: true, into: &files) }

    private mutating func take(at now: Moment, isLast: Bool, into files: inout [[UInt8]]) {
        guard begin(at: now, isLast) else { return }
        caller.release(at: now, isLast: isLast, into: &callerLane)
        bot.release(at: now, isLast: isLast, into: &botLane)
        if isLast {
            callerLane.fill(to: callerRuler.position(of: now))
            botLane.fill(to: botRuler.position(of: now))
            callerLane.finish()
            botLane.finish()
        }
        let (left, right) = (callerLane.output.count, botLane.output.count)
        // At the end the tracks differ by a rounded sample, and by what one that was late has left.
        var count =
            switch plan.layout {
            case .caller: left
            case .stereo, .separate, .mixed: isLast ? max(left, right) : min(left, right)
            }
        if frames + count > mostFrames {
            count = max(mostFrames - frames, 0)
            isFull = true
        }
        write(count, into: &files)
        frames += count
        callerLane.remove(count)
        botLane.remove(plan.layout == .caller ? right : count)
    }

    /// The first sample of either voice is the first of the file: what was on its way when the recording began is in it.
    private mutating func begin(at now: Moment, _ isLast: Bool) -> Bool {
        if hasBegun { return true }
        guard let first = caller.beginning(at: now, isLast: isLast) else { return false }
        hasBegun = true
        let zero = min(first, 0)
        callerLane.begin(at: zero)
        botLane.begin(at: zero * plan.outbound.hertz / plan.inbound.hertz)
        return true
    }

    private mutating func write(_ count: Int, into files: inout [[UInt8]]) {
        callerLane.pad(to: count)
        botLane.pad(to: count)
        for (place, track) in plan.tracks.enumerated() where place < files.count {
            switch track {
            case .caller: LinearPCM.encode(callerLane.output.span.extracting(first: count), .littleEndian, into: &files[place])
            case .bot: LinearPCM.encode(botLane.output.span.extracting(first: count), .littleEndian, into: &files[place])
            case .stereo, .mixed:
                mixed.removeAll(keepingCapacity: true)
                Self.mix(callerLane.output, botLane.output, count, isStereo: track == .stereo, into: &mixed)
                LinearPCM.encode(mixed.span, .littleEndian, into: &files[place])
            }
        }
    }

    private static func mix(
        _ left: [Int16], _ right: [Int16], _ count: Int, isStereo: Bool, into mixed: inout [Int16]
    ) {
        let (left, right) = (left.span, right.span)
        mixed.append(addingCapacity: isStereo ? 2 * count : count) { output in
            for index in 0..<count {
                if isStereo {
                    output.append(left[index])
                    output.append(right[index])
                } else {
                    output.append(Int16(clamping: Int32(left[index]) + Int32(right[index])))
                }
            }
        }
    }
}
