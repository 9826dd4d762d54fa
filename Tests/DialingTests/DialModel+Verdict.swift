import Call
import Dialing

/// What must hold, whatever goes wrong.
extension DialModel {
    mutating func checkPace(_ provider: ProviderName) {
        func check(_ due: Double?, _ perSecond: Double, _ name: String) -> Double {
            let tolerance = perSecond >= 10 ? 0.05 : 0
            let due = due ?? now
            if now < due - tolerance - Self.slack { wrong.append("\(name) faster than \(perSecond)/s at \(now)") }
            return max(due, now) + 1 / perSecond
        }
        if let rule = rules.providers[provider] { paces[provider] = check(paces[provider], rule.callsPerSecond, provider.text) }
        if rules.callsPerSecond.isFinite { paceOfAll = check(paceOfAll, rules.callsPerSecond, "all") }
    }

    /// How many calls ended so.
    func results() -> [DialEnd: Int] {
        told.values.reduce(into: [:]) { counts, changes in
            if let end = changes.max(by: { $0.key < $1.key })?.value.end { counts[end, default: 0] += 1 }
        }
    }

    /// What is wrong once all is over.
    mutating func verdict() -> [String] {
        if dialer.openCount > 0 {
            wrong.append("\(dialer.openCount) calls never ended: \(dialer.open.prefix(3).map { ($0.id, $0.status) })")
        }
        for index in requests.indices {
            guard let id = idByKey["key\(index)"] else { wrong.append("key\(index) was never accepted"); continue }
            judge(id)
        }
        for (key, count) in placementsByKey where count > 1 { wrong.append("\(key) was placed \(count) times") }
        return wrong
    }

    private mutating func judge(_ id: String) {
        let changes = (told[id] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
        let ends = changes.compactMap(\.end)
        let real = placed.values.filter { $0.callID == id }
        if ends.count != 1, ends.first != .unknown || ends.count != 2 { wrong.append("\(id) has the results \(ends)") }
        guard let end = ends.last else { return }
        if changes.last?.end == nil { wrong.append("\(id) went on after its end: \(changes)") }
        switch end {
        case .completed, .machine:
            if real.first?.answered == nil { wrong.append("\(id) is \(end) and was not answered") }
        case .busy, .rejected, .noAnswer:
            if real.first?.end != end { wrong.append("\(id) is \(end) and really \(String(describing: real.first?.end))") }
        case .failed, .canceled, .unknown: break
        }
    }
}
