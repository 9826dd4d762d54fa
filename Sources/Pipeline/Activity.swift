import Call

/// When somebody last spoke or pressed a key, either side of the call: the base of the idle time-out.
struct Activity {
    /// A run of samples below this peak is silence: line noise stays under -46 dBFS, speech above.
    static let speechPeak: UInt16 = 164
    /// How exact ``last`` is. While somebody speaks, the samples are looked at once a second.
    static let grain = Interval(.seconds(1))

    private(set) var last: Moment

    init(at now: Moment) { last = now }

    mutating func note(at now: Moment) { last = max(last, now) }

    mutating func note(_ samples: Span<Int16>, at now: Moment) {
        guard now > last.after(Self.grain) else { return }
        var peak: UInt16 = 0
        for index in samples.indices { peak = max(peak, samples[index].magnitude) }
        if peak > Self.speechPeak { last = now }
    }
}
