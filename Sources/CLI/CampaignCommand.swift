import Call
import Dialing
import Foundation
import LibCrypto
import Net

/// `trunkline campaign`: calls everybody on a list, through a running server.
struct CampaignCommand {
    /// The list has bad rows (`EX_DATAERR` of sysexits.h).
    static let badList: Int32 = 65
    /// Drained after Ctrl-C: rows are left for a resume.
    static let drained: Int32 = 2
    /// Left at once after a second Ctrl-C.
    static let left: Int32 = 130

    private let isResume: Bool
    private let listPath: String
    /// What is typed to go on.
    private let resumption: String
    private let resultsPath: String
    private let trustedFile: String?
    private let isDryRun: Bool
    private let skipsBadRows: Bool
    private let server: DialServer
    private let settings: CampaignSettings
    private let settingsBytes: [UInt8]
    private let zones = CampaignTimeZones()

    static func run(_ words: ArraySlice<String>, _ environment: [String: String]) throws(UsageError) -> Int32 {
        let command = try CampaignCommand(words, environment)
        do throws(CampaignFiles.Failure) {
            return try command.run()
        } catch {
            Console.error("trunkline campaign: \(error.sentence)")
            return 1
        }
    }

    private init(_ words: ArraySlice<String>, _ environment: [String: String]) throws(UsageError) {
        switch words.first {
        case "run": isResume = false
        case "resume": isResume = true
        case let word?: throw UsageError("campaign \(word): must be campaign run or campaign resume; see trunkline help campaign")
        case nil: throw UsageError("campaign: run or resume is missing; see trunkline help campaign")
        }
        let arguments = try Arguments(
            words.dropFirst(), names: ["config": "config", "server": "server", "results": "results", "ca": "ca"],
            switches: ["dry-run", "skip-bad-rows"])
        guard let list = arguments.rest.first, arguments.rest.count == 1 else {
            throw UsageError("one list is needed, LIST.csv; see trunkline help campaign")
        }
        listPath = list
        guard let path = arguments.value("config") else {
            throw UsageError("--config is missing: a JSON file; see trunkline help campaign")
        }
        resultsPath = arguments.value("results") ?? list + ".results.csv"
        trustedFile = arguments.value("ca")
        let flags = ["config", "server", "results", "ca"].compactMap { name in
            arguments.value(name).map { "--\(name) \(ShellWord.quoted($0))" }
        }
        resumption =
            (["trunkline campaign resume", ShellWord.quoted(list)] + flags
            + (arguments.has("skip-bad-rows") ? ["--skip-bad-rows"] : [])).joined(separator: " ")
        isDryRun = arguments.has("dry-run")
        skipsBadRows = arguments.has("skip-bad-rows")
        server = try DialServer(arguments.value("server"), environment)
        do {
            settingsBytes = try CampaignFiles.read(path)
            settings = try CampaignSettings(parsing: settingsBytes)
        } catch let error as CampaignFiles.Failure {
            throw UsageError("--config \(error.sentence)")
        } catch {
            throw UsageError("--config \(path): \(error)")
        }
        if let zone = settings.timeZone, zones.offset(of: zone, at: 0) == nil {
            throw UsageError("--config \(path): time_zone: there is no time zone \(zone); write an IANA name such as Europe/London")
        }
    }

    private func run() throws(CampaignFiles.Failure) -> Int32 {
        let bytes = try CampaignFiles.read(listPath)
        let list = CampaignList(bytes, settings, zones)
        for problem in list.problems { Console.error("\(listPath): \(problem)") }
        if isDryRun { return try forecast(list) }
        if list.isUnusable || (!list.problems.isEmpty && !skipsBadRows) {
            let count = list.problems.count
            Console.error(
                "trunkline campaign: nobody was called: \(count) \(count == 1 ? "row is" : "rows are") bad"
                    + (list.isUnusable ? "" : "; mend the list, or leave bad rows out with --skip-bad-rows"))
            return Self.badList
        }
        if let path = settings.suppressionPath { _ = try Self.suppression(path) }
        let file = try CampaignStateFile(list: listPath, mustExist: isResume)
        defer { file.release() }
        let identity: CampaignIdentity
        do throws(CampaignError) {
            identity = try CampaignIdentity(list: bytes, settings: settingsBytes, rows: list.rows.count, OpenSSLCryptography())
        } catch {
            throw CampaignFiles.Failure(sentence: "\(error)")
        }
        if let difference = file.state?.identity.difference(to: identity) {
            throw CampaignFiles.Failure(sentence: "\(file.path): \(difference)")
        }
        return try call(list, identity, file)
    }

    private static func suppression(_ path: String) throws(CampaignFiles.Failure) -> CampaignSuppression {
        var file = CampaignSuppressionFile(path)
        return try file.look() ?? CampaignSuppression()
    }

    private func forecast(_ list: CampaignList) throws(CampaignFiles.Failure) -> Int32 {
        guard !list.isUnusable else { return Self.badList }
        let suppression = try settings.suppressionPath.map(Self.suppression) ?? CampaignSuppression()
        let forecast = CampaignForecast(list, settings, suppression, zones, unixTime: CampaignDriver.unixTime)
        Console.line(forecast.text(settings, zones))
        return list.problems.isEmpty || skipsBadRows ? 0 : Self.badList
    }

    private func call(
        _ list: CampaignList, _ identity: CampaignIdentity, _ file: CampaignStateFile
    ) throws(CampaignFiles.Failure) -> Int32 {
        let board = CampaignBoard()
        let start = CampaignDriver.unixTime
        // The plan and its file are made here and belong to the loop from then on.
        nonisolated(unsafe) let file = file
        let (settings, server, zones) = (settings, server, zones)
        let group: EventLoopGroup
        do throws(NetError) {
            let options = LoopOptions(extraCAFile: trustedFile, onSignal: { _ in board.signal() })
            group = try EventLoopGroup.start(host: nil, options: options) { loop in
                let plan = CampaignPlan(
                    list, settings, identity, state: file.state, zones: zones,
                    at: DialTime(loop.now, unixTime: CampaignDriver.unixTime))
                board.tell(CampaignBoard.News(counts: plan.counts))
                return CampaignDriver(plan, server, file, board, loop)
            }
        } catch {
            throw CampaignFiles.Failure(sentence: "\(error)")
        }
        var progress = CampaignProgress(doneBefore: board.news.counts.done, at: start)
        var hasSaidDrain = false
        while board.news.over == nil, !board.wantsItNow {
            board.wait(.seconds(1))
            if board.wantsDrain, !hasSaidDrain {
                hasSaidDrain = true
                progress.end()
                Console.error(
                    "trunkline campaign: no new calls; waiting for \(board.news.counts.open) open ones. Ctrl-C again leaves at once"
                )
            }
            progress.show(board.news, isDraining: hasSaidDrain, at: CampaignDriver.unixTime)
        }
        group.stop(grace: .zero)
        group.wait()
        progress.end()
        return try tell(board.news)
    }

    /// - Returns: the exit status.
    private func tell(_ news: CampaignBoard.News) throws(CampaignFiles.Failure) -> Int32 {
        let resume = "go on with: \(resumption)"
        guard let over = news.over else {
            Console.error("trunkline campaign: left with \(news.counts.open) calls open; \(resume)")
            return Self.left
        }
        if let results = news.results { try CampaignFiles.replace(resultsPath, with: results) }
        let counts = news.counts
        Console.line("\(counts.done) of \(counts.total) done: \(CampaignProgress.words(counts))")
        Console.line("results are in \(resultsPath)")
        if counts.replayed > 0 {
            Console.error(
                "trunkline campaign: \(counts.replayed) of the calls had been placed before, by this campaign: the same list and settings. "
                    + "To call the same people again within a day, give the campaign another \"name\"")
        }
        switch over {
        case .done: return 0
        case .drained:
            Console.error("trunkline campaign: drained with \(counts.total - counts.done) rows left; \(resume)")
            return Self.drained
        case .stopped(let why):
            Console.error("trunkline campaign: stopped: \(why). When that is mended, \(resume)")
            return 1
        }
    }
}
