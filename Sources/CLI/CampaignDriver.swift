import Call
import Dialing
import Foundation
import Net

/// Drives a campaign's plan on one loop: keeps its state, asks the server, looks at the do-not-call list.
final class CampaignDriver: DialOnlyService {
    /// Signals and the do-not-call list are looked for at least so often.
    private static let look = Duration.milliseconds(250)
    /// How long a request takes at most. The server answers when the call is on its disk.
    private static let patience = Duration.seconds(20)
    /// The do-not-call list is read anew at most so often.
    private static let suppressionPeriod = Duration.seconds(1)

    private var plan: CampaignPlan
    private let server: DialServer
    private let file: CampaignStateFile
    private var suppression: CampaignSuppressionFile?
    private let board: CampaignBoard
    private let loop: EventLoop
    private var suppressionDue: Moment
    private var suppressionTrouble: String?
    private var isOver = false

    init(
        _ plan: CampaignPlan, _ server: DialServer, _ file: CampaignStateFile, _ board: CampaignBoard, _ loop: EventLoop
    ) {
        self.plan = plan
        self.server = server
        self.file = file
        self.board = board
        self.loop = loop
        suppression = plan.settings.suppressionPath.map { CampaignSuppressionFile($0) }
        suppressionDue = loop.now
        loop.setWake(loop.now)
    }

    static var unixTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private var now: DialTime { DialTime(loop.now, unixTime: Self.unixTime) }

    func wake(at now: Moment) {
        if board.wantsDrain, !plan.isDraining { plan.handle(.drain, at: self.now) }
        pump()
    }

    private func take(_ input: CampaignInput) {
        plan.handle(input, at: now)
        pump()
    }

    /// Lets the plan speak until it is idle. What it writes is on disk before anything that it asks for is done.
    private func pump() {
        guard !isOver else { return }
        lookAtSuppression()
        var lines: [UInt8] = []
        var work: [CampaignOutput] = []
        var wake: Moment?
        polling: while true {
            switch plan.poll(at: now) {
            case .write(let record): lines += record.line
            case .idle(let moment):
                wake = moment
                break polling
            case .over(let over):
                isOver = keep(lines, sync: true)
                if isOver { tell(over) }
                return
            case let output: work.append(output)
            }
        }
        let isPosting = work.contains { if case .post = $0 { true } else { false } }
        guard keep(lines, sync: isPosting) else { return }
        for output in work { act(output) }
        tell(nil)
        let look = loop.now + Self.look
        loop.setWake(min(wake ?? look, look))
    }

    /// - Returns: `false` when the state cannot be kept: the campaign is over, with nothing asked for that is not on disk.
    private func keep(_ lines: [UInt8], sync: Bool) -> Bool {
        guard !lines.isEmpty || sync else { return true }
        do throws(CampaignFiles.Failure) {
            try file.append(lines, sync: sync)
            return true
        } catch {
            isOver = true
            tell(.stopped(error.sentence))
            return false
        }
    }

    private func act(_ output: CampaignOutput) {
        switch output {
        case .post(let call): post(call)
        case .ask(let calls): ask(calls)
        case .cancel(let call):
            loop.rest.send(server.request(.delete, "/calls/\(call)"), timeout: Self.patience) { _ in }
        case .write, .idle, .over: break
        }
    }

    private func post(_ call: CampaignCall) {
        let request = server.request(.post, "/start", json: plan.request(call), idempotencyKey: call.key)
        loop.rest.send(request, timeout: Self.patience) { [weak self] result in
            let answer: CampaignAnswer =
                switch result {
                case .success(let response): Self.answer(response)
                case .failure(.url(let reason)): .stop("--server: \(reason)")
                case .failure(let error): .lost("\(error)", isSurelyNotTaken: DialServer.isSurelyNotSent(error))
                }
            self?.take(.answered(row: call.row, answer))
        }
    }

    /// A refusal that concerns all rows is told with its mend.
    private static func answer(_ response: HTTPResponse) -> CampaignAnswer {
        let answer = CampaignAnswer(response)
        guard case .stop = answer, response.status >= 400 else { return answer }
        return .stop(DialServer.words(response))
    }

    private func ask(_ calls: [String]) {
        loop.rest.send(server.request(.get, CampaignRequest.states(calls)), timeout: Self.patience) { [weak self] result in
            switch result {
            case .success(let response) where response.status == 200:
                let states = CampaignStates(response.body)
                self?.take(
                    states.map { .states($0) } ?? .stop("the answer to GET /calls?ids= is none; is this a Trunkline server?"))
            case .success(let response) where [400, 401, 403, 404].contains(response.status):
                self?.take(.stop(DialServer.words(response)))
            case .success(let response): self?.take(.askFailed(ServerWords.sentence(response)))
            case .failure(let error): self?.take(.askFailed("\(error)"))
            }
        }
    }

    private func lookAtSuppression() {
        guard suppression != nil, loop.now >= suppressionDue else { return }
        suppressionDue = loop.now + Self.suppressionPeriod
        do throws(CampaignFiles.Failure) {
            if let list = try suppression?.look() {
                suppressionTrouble = nil
                plan.handle(.suppression(list), at: now)
            }
        } catch {
            suppressionTrouble = error.sentence
            plan.handle(.suppression(nil), at: now)
        }
    }

    private func tell(_ over: CampaignOver?) {
        var news = CampaignBoard.News(counts: plan.counts, hold: suppressionTrouble ?? plan.trouble, over: over)
        news.nextOpening = plan.nextOpening
        if over != nil { news.results = plan.results }
        board.tell(news)
    }

    func stopping() { isOver = true }
}
