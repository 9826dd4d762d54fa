/// What was counted in the last hour or day, in buckets that leave one by one.
struct CapWindow: Sendable {
    /// Units: seconds.
    let bucket: Double
    let buckets: Int
    private var amounts: [Double]
    /// The number of the newest bucket since 1970; a clock that is set back stays in it.
    private var newest: Int
    private(set) var total = 0.0

    static func hour(at unixTime: Double) -> CapWindow { CapWindow(bucket: 60, buckets: 60, at: unixTime) }
    static func day(at unixTime: Double) -> CapWindow { CapWindow(bucket: 3_600, buckets: 24, at: unixTime) }

    private init(bucket: Double, buckets: Int, at unixTime: Double) {
        self.bucket = bucket
        self.buckets = buckets
        amounts = Array(repeating: 0, count: buckets)
        newest = Self.number(unixTime, bucket)
    }

    private static func number(_ unixTime: Double, _ bucket: Double) -> Int {
        Int(exactly: (max(unixTime, 0) / bucket).rounded(.down)) ?? 0
    }

    /// Lets go of what is too old.
    mutating func turn(to unixTime: Double) {
        let number = Self.number(unixTime, bucket)
        guard number > newest else { return }
        if number - newest >= buckets {
            for index in amounts.indices { amounts[index] = 0 }
        } else {
            for gone in newest + 1...number { amounts[gone % buckets] = 0 }
        }
        newest = number
        // Added up anew: differences of sums would gather errors.
        total = amounts.reduce(0, +)
    }

    /// Counts what happened at a time in the past or now; what is older than the window does not count.
    mutating func add(_ amount: Double, at unixTime: Double) {
        let number = min(Self.number(unixTime, bucket), newest)
        guard number > newest - buckets else { return }
        amounts[number % buckets] += amount
        total += amount
    }

    /// Counts the minutes from one time to another, each in its bucket.
    mutating func addMinutes(from start: Double, to end: Double) {
        var start = max(start, Double(newest - buckets) * bucket)
        while start < end {
            let next = min(end, (Double(Self.number(start, bucket)) + 1) * bucket)
            add((next - start) / 60, at: start)
            start = next
        }
    }

    /// When the oldest amount leaves. Units: seconds from the time given, at least one.
    func secondsToRelief(from unixTime: Double) -> Int {
        for number in newest - buckets + 1...newest where number >= 0 && amounts[number % buckets] > 0 {
            let relief = (Double(number + buckets) * bucket - unixTime).rounded(.up)
            return Int(exactly: max(relief, 1)) ?? 1
        }
        return Int(exactly: bucket) ?? 1
    }
}

/// The windows of ``DialCaps``: calls accepted, and minutes from answer to end, those of live calls as they go.
struct CapBook: Sendable {
    private let caps: DialCaps
    private var callsOfHour: CapWindow
    private var callsOfDay: CapWindow
    private var minutesOfHour: CapWindow
    private var minutesOfDay: CapWindow
    private var live = 0
    /// The sum of the times at which live calls were answered. Units: seconds since 1970.
    private var liveSince = 0.0

    init(_ caps: DialCaps, at unixTime: Double) {
        self.caps = caps
        callsOfHour = .hour(at: unixTime)
        callsOfDay = .day(at: unixTime)
        minutesOfHour = .hour(at: unixTime)
        minutesOfDay = .day(at: unixTime)
    }

    mutating func accept(at unixTime: Double, now: Double) {
        turn(to: now)
        callsOfHour.add(1, at: unixTime)
        callsOfDay.add(1, at: unixTime)
    }

    mutating func answer(at unixTime: Double) {
        live += 1
        liveSince += unixTime
    }

    /// - Parameter wasLive: whether ``answer(at:)`` was told of the call.
    mutating func end(from answer: Double, to end: Double, wasLive: Bool, now: Double) {
        if wasLive {
            live -= 1
            liveSince = live == 0 ? 0 : liveSince - answer
        }
        turn(to: now)
        minutesOfHour.addMinutes(from: answer, to: end)
        minutesOfDay.addMinutes(from: answer, to: end)
    }

    /// The cap that keeps another call from being accepted.
    mutating func refusal(at unixTime: Double) -> DialRejection? {
        turn(to: unixTime)
        if callsOfHour.total >= Double(caps.callsPerHour) {
            return .cap("\(caps.callsPerHour) calls per hour", retryAfter: callsOfHour.secondsToRelief(from: unixTime))
        }
        if callsOfDay.total >= Double(caps.callsPerDay) {
            return .cap("\(caps.callsPerDay) calls per day", retryAfter: callsOfDay.secondsToRelief(from: unixTime))
        }
        guard let minutes = minutesReached(at: unixTime) else { return nil }
        return .cap(minutes.text, retryAfter: minutes.window.secondsToRelief(from: unixTime))
    }

    /// Whether the minutes are used up, so that nothing is placed.
    mutating func isOutOfMinutes(at unixTime: Double) -> Bool {
        turn(to: unixTime)
        return minutesReached(at: unixTime) != nil
    }

    private func minutesReached(at unixTime: Double) -> (text: String, window: CapWindow)? {
        let running = max(0, Double(live) * unixTime - liveSince) / 60
        if minutesOfHour.total + running >= Double(caps.minutesPerHour) {
            return ("\(caps.minutesPerHour) minutes per hour", minutesOfHour)
        }
        if minutesOfDay.total + running >= Double(caps.minutesPerDay) {
            return ("\(caps.minutesPerDay) minutes per day", minutesOfDay)
        }
        return nil
    }

    private mutating func turn(to unixTime: Double) {
        callsOfHour.turn(to: unixTime)
        callsOfDay.turn(to: unixTime)
        minutesOfHour.turn(to: unixTime)
        minutesOfDay.turn(to: unixTime)
    }
}
