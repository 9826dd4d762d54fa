import Bots
import Capture
import Pipeline
import Server

/// What `trunkline replay` was asked to do.
struct ReplayPlan: Sendable {
    /// Files and folders.
    let paths: [String]
    /// `nil`: each capture's own.
    let bot: String?
    /// A live server; `nil`: in process.
    let url: String?
    let isPaced: Bool
    let updates: Bool
    let junitPath: String?
    /// PEM file of certificates that are trusted besides the system's.
    let trustedFile: String?
    let shown: Int
    let comparison: ComparisonOptions
    let limits: CallLimits
    /// Those that answer in process, with the menu that was asked for.
    let bots: BotCatalog

    private static let names = [
        "bot", "url", "junit", "tolerance-ms", "audio", "lines", "max-duration", "idle-timeout", "ca", "menu",
    ]

    init(_ words: ArraySlice<String>, _ bots: BotCatalog) throws(UsageError) {
        let arguments = try Arguments(
            words, names: Dictionary(uniqueKeysWithValues: Self.names.map { ($0, $0) }), switches: ["realtime", "update"])
        paths = arguments.rest
        guard !paths.isEmpty else {
            throw UsageError("replay needs captures: files, or folders of *.jsonl files; serve --capture DIR makes them")
        }
        url = arguments.value("url")
        if let url, !url.hasPrefix("ws://"), !url.hasPrefix("wss://") {
            throw UsageError("--url \(url): must begin with ws:// or wss://")
        }
        if url != nil, let menu = arguments.value("menu") {
            throw UsageError("--menu \(menu) and --url: a live server has a menu of its own; give it to trunkline serve")
        }
        let bots = url == nil ? try bots.withMenu(arguments.value("menu")) : bots
        self.bots = bots
        bot = arguments.value("bot")
        // A live server has bots of its own.
        if let bot, url == nil, bots[bot] == nil {
            throw UsageError("--bot \(bot): no such bot; known: \(bots.names.joined(separator: ", "))")
        }
        isPaced = arguments.has("realtime")
        updates = arguments.has("update")
        if updates, url != nil {
            throw UsageError("--update and --url: what a live server sends is different each time; update without --url")
        }
        junitPath = arguments.value("junit")
        trustedFile = arguments.value("ca")
        shown =
            try arguments.value("lines").map { text throws(UsageError) in try Setting.number(text, "lines", 1...1_000_000) }
            ?? ReplayReport.shownDifferences
        var comparison = ComparisonOptions()
        comparison.isLive = url != nil
        comparison.tolerance = url == nil ? ComparisonOptions.tolerance : ComparisonOptions.liveTolerance
        if let text = arguments.value("tolerance-ms") {
            comparison.tolerance = .milliseconds(try Setting.number(text, "tolerance-ms", 0...60_000))
        }
        if let text = arguments.value("audio") {
            guard let measure = ComparisonOptions.AudioMeasure(rawValue: text) else {
                throw UsageError("--audio \(text): must be exact, spectral or off")
            }
            comparison.audio = measure
        }
        self.comparison = comparison
        var limits = CallLimits()
        if let text = arguments.value("max-duration") { limits.duration = try Setting.seconds(text, "max-duration", 1...86_400) }
        if let text = arguments.value("idle-timeout") { limits.idle = try Setting.seconds(text, "idle-timeout", 1...86_400) }
        self.limits = limits
    }
}
