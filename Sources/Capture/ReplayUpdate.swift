extension Replay {
    /// What a capture becomes when what came is accepted: the inbound side as it was, the outbound side as `play` makes it.
    ///
    /// The times of the outbound side say when the host was awake (``ReplayTurns``), and those of a replay are others than those of a
    /// live host. So what came is played again until it comes out as it went in; in nearly all calls that is at once.
    ///
    /// - Parameters:
    ///   - came: what has come of the capture already.
    ///   - play: replays a capture.
    /// - Returns: `nil` when ``mostRounds`` did not do: the bot answers the same call otherwise each time.
    public static func accepted(
        _ came: Capture, in capture: Capture, _ options: ComparisonOptions, play: (Capture) -> Capture
    ) -> Capture? {
        var next = capture.taking(came)
        for _ in 0..<mostRounds {
            let again = play(next)
            if Comparison(expected: next, got: again, options).isSame { return next }
            next = capture.taking(again)
        }
        return nil
    }

    /// A call settles in the second round, if not in the first; more would only move it to and fro.
    private static var mostRounds: Int { 4 }
}

extension Capture {
    /// The capture with the entries that came. What came behind a cut is left out.
    fileprivate func taking(_ came: Capture) -> Capture {
        var capture = self
        capture.header.bot = came.header.bot
        let end = isCut ? lastTime : .max
        capture.entries = came.entries.filter { $0.direction == .inward || $0.time <= end }
        capture.isTorn = false
        return capture
    }
}
