import Call
import Foundation
import Net
import Simulation
import Synchronization

/// `trunkline simulate --api`: the provider's side of dialling out, on loopback.
enum SimulatedAPICommand {
    static func run(_ words: ArraySlice<String>, _ environment: [String: String]) throws(UsageError) -> Int32 {
        let plan = try SimulatedAPIPlan(words, environment)
        let signals = StopSignals()
        let result = SimulatedAPIResult()
        let group: EventLoopGroup
        do throws(NetError) {
            group = try start(plan, result) { _ in signals.came() }
        } catch {
            let isTaken = if case .bind = error { true } else { false }
            Console.error("trunkline simulate: \(error)\(isTaken ? "; choose another port with --port" : "")")
            return 1
        }
        let base = "http://127.0.0.1:\(group.port)"
        Console.line("trunkline simulate: the REST API is at \(base)")
        if !plan.wantsJSON {
            for provider in PlayedProvider.allCases where plan.options.providers.contains(provider) {
                Console.line("  export \(provider.rawValue.uppercased())_API_BASE=\(base)")
            }
        }
        signals.wait()
        group.stop(grace: .zero)
        group.wait()
        return try report(plan, result)
    }

    /// - Parameter onSignal: called on a loop's thread with SIGINT or SIGTERM.
    static func start(
        _ plan: SimulatedAPIPlan, _ result: SimulatedAPIResult, onSignal: (@Sendable (Int32) -> Void)? = nil
    ) throws(NetError) -> EventLoopGroup {
        let options = LoopOptions(extraCAFile: plan.trustedFile, onSignal: onSignal)
        return try EventLoopGroup.start(host: "127.0.0.1", port: plan.port, options: options) {
            SimulatedAPIService(plan, result, $0)
        }
    }

    private static func report(_ plan: SimulatedAPIPlan, _ result: SimulatedAPIResult) throws(UsageError) -> Int32 {
        guard let ledger = result.ledger else { return 1 }
        if let path = plan.ledgerPath {
            guard FileManager.default.createFile(atPath: path, contents: Data(ledger.json)) else {
                throw UsageError("--ledger \(path): cannot be written")
            }
        }
        let complaints = result.complaints
        for (words, count) in complaints.sorted(by: { $0.key < $1.key }) {
            Console.error("trunkline simulate: \(words)\(count > 1 ? " (\(count) times)" : "")")
        }
        Console.line(plan.wantsJSON ? SimulatedAPIText.json(ledger) : SimulatedAPIText.table(ledger))
        return complaints.isEmpty ? 0 : 1
    }
}

/// What a run has come to, for the thread that reports.
final class SimulatedAPIResult: Sendable {
    /// Different complaints that are kept: a server makes one mistake many times.
    private static let limit = 64

    private struct State {
        var ledger: CallLedger?
        var complaints: [String: Int] = [:]
    }
    private let state = Mutex(State())

    var ledger: CallLedger? { state.withLock(\.ledger) }
    /// What a provider objected to, and how often.
    var complaints: [String: Int] { state.withLock(\.complaints) }

    func set(_ ledger: CallLedger) { state.withLock { $0.ledger = ledger } }

    func add(_ provider: PlayedProvider, _ complaint: Complaint) {
        let words = "\(provider.rawValue) would object: \(complaint)"
        state.withLock { state in
            if state.complaints[words] != nil || state.complaints.count < Self.limit { state.complaints[words, default: 0] += 1 }
        }
    }
}

/// The ledger in short.
enum SimulatedAPIText {
    private static func counts(_ words: [String]) -> [(String, Int)] {
        words.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }.sorted { $0.key < $1.key }
    }

    private static func summary(_ ledger: CallLedger) -> (requests: [(String, Int)], ends: [(String, Int)]) {
        (counts(ledger.requests.map(\.outcome)), counts(ledger.calls.map { $0.end?.rawValue ?? "in the air" }))
    }

    static func table(_ ledger: CallLedger) -> String {
        let (requests, ends) = summary(ledger)
        func list(_ counts: [(String, Int)]) -> String {
            counts.isEmpty ? "none" : counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
        }
        return """
            create requests:    \(ledger.requests.count): \(list(requests)); at most \(ledger.busiestSecond) in a second
            calls placed:       \(ledger.calls.count): \(list(ends))
            called repeatedly:  \(ledger.repeated.count) numbers
            two calls at once:  \(ledger.overlapping.count) numbers
            """
    }

    static func json(_ ledger: CallLedger) -> String {
        let (requests, ends) = summary(ledger)
        func object(_ counts: [(String, Int)]) -> String {
            "{" + counts.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
        }
        return "{\"requests\":\(object(requests)),\"calls\":\(object(ends)),\"busiest_second\":\(ledger.busiestSecond),"
            + "\"repeated\":\(ledger.repeated.count),\"overlapping\":\(ledger.overlapping.count)}"
    }
}
