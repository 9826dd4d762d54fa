import Call
import Dialing
import Testing
import Wire

@Suite struct JournalTests {
    /// Three calls: one queued with a body and a key, one in the air, one ended.
    private static func run() throws -> DialRun {
        var run = DialRun()
        _ = try run.dialled(DialRun.request(1))
        _ = run.callback(.ended(.busy))
        _ = try run.dialled(DialRun.request(2))
        _ = run.handle(.pause)
        var request = DialRun.request(3)
        request.bot = "menu"
        request.body = .object(["name": .string("Zoë \"Z\""), "deep": .array([.array([.number(1.5)]), .null])])
        request.metadata = .object(["row": .number(7)])
        request.machineDetection = .message
        try run.accept(request, key: "k3")
        _ = run.poll()
        return run
    }

    @Test func `what is read is what was written`() throws {
        let run = try Self.run()
        let fold = run.fold()
        #expect(fold.problems == [])
        #expect(fold.isPaused)
        #expect(fold.calls == ["c1", "c2", "c3"].compactMap { run.dialer.call($0) })
    }

    @Test func `the first line names the format, and each line is one JSON object with its number`() throws {
        let lines = try Self.run().disk.split(separator: UInt8(ascii: "\n"))
        let objects = try lines.map { try JSONValue(parsing: Array($0)) }
        #expect(objects.first?["format"]?.string == "trunkline" && objects.first?["version"]?.number == 1)
        #expect(objects.map { $0["n"]?.number } == (1...lines.count).map { Double($0) })
        #expect(objects.allSatisfy { $0["k"]?.string != nil && $0["t"]?.number ?? 0 >= DialRun.epoch })
    }

    @Test(arguments: 1..<60)
    func `a torn last line is cut off and nothing else is lost`(torn: Int) throws {
        let disk = try Self.run().disk
        let whole = try #require(disk.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
        var fold = JournalFold()
        fold.read(Array(disk.prefix(min(whole + torn, disk.count - 1))))
        #expect(fold.end() == whole)
        #expect(fold.problems == [])
        #expect(fold.calls.count == 2)
    }

    @Test func `broken and unknown lines are named and left out`() throws {
        var lines = try Self.run().disk.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        lines.insert(Array("{\"n\":99,\"t\":1,\"k\":\"later\"}".utf8), at: 1)
        lines.insert(Array("{\"n\":7,\"t\"".utf8), at: 2)
        lines.insert(Array("{\"n\":8,\"k\":\"state\",\"id\":\"stranger\",\"status\":\"queued\",\"attempts\":0}".utf8), at: 3)
        var fold = JournalFold()
        for line in lines { fold.read(line + [UInt8(ascii: "\n")]) }
        _ = fold.end()
        #expect(fold.calls.count == 3)
        #expect(fold.problems.count == 3)
        #expect(zip(fold.problems, 2...4).allSatisfy { $0.hasPrefix("line \($1) ") })
    }

    @Test func `a call whose line may be broken is looked up before it is placed`() throws {
        var run = DialRun()
        try run.accept(DialRun.request(1))
        #expect(run.poll().placed == ["c1"])
        var lines = run.disk.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
        let dialing = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("dialing") })
        lines[dialing][3] = 0
        var fold = JournalFold()
        for line in lines { fold.read(line) }
        _ = fold.end()
        #expect(fold.problems.count == 1)
        var next = DialRun(journal: fold, at: 60)
        #expect(next.status() == .dialing)
        let outputs = next.pass(.seconds(20))
        #expect(outputs.placed == [])
        #expect(outputs.contains { if case .lookUp(let call, _, _) = $0 { call.id == "c1" } else { false } })
        #expect((next.handle(.found(call: "c1", .notFound)) + next.pass(.seconds(1))).placed == ["c1"])
    }

    @Test func `a compacted journal says the same without numbers of ended calls`() throws {
        let run = try Self.run()
        let fold = run.fold()
        let lines = fold.compacted(unixTime: DialRun.epoch + 100)
        var compacted = JournalFold()
        for line in lines { compacted.read(line) }
        _ = compacted.end()
        #expect(compacted.problems == [])
        #expect(compacted.isPaused)
        #expect(compacted.calls.dropFirst() == fold.calls.dropFirst())
        let ended = try #require(compacted.calls.first)
        #expect(ended.request.to.exposed == "…01" && ended.status == .ended(.busy))
        #expect(compacted.undelivered.map(\.event) == fold.undelivered.map(\.event))
        #expect(compacted.undelivered.map(\.call.status) == fold.undelivered.map(\.call.status))
        #expect(!lines.contains { String(decoding: $0, as: UTF8.self).contains("+12025551001") })
        #expect(fold.compacted(unixTime: DialRun.epoch + 90_000).count == lines.count - 1 - 3)
    }

    @Test func `numbers of records go on through restarts and compactions`() throws {
        var run = try Self.run()
        let last = run.disk.split(separator: UInt8(ascii: "\n")).count
        run.compact()
        var next = run.restarted()
        next.syncs = false
        _ = next.handle(.resume)
        #expect(next.unsynced.first?.number == UInt64(last) + 1)
    }

    @Test func `a key gives the same call again, also after restart and compaction`() throws {
        var run = DialRun()
        _ = try run.dialled()
        try run.accept(DialRun.request(1), key: "k")
        #expect(try run.accept(DialRun.request(1), key: "k") == .known(try #require(run.dialer.call("c2")), isOnDisk: false))
        #expect(run.poll().accepted == ["c2", "c2"])
        _ = run.handle(.placed(call: "c2", .refused(ProviderRefusal(code: nil, sentence: "no", kind: .other))))
        for _ in 0..<2 {
            run.compact()
            run = run.restarted()
            guard case .known(let call, isOnDisk: true) = try run.accept(DialRun.request(1), key: "k") else {
                Issue.record("a new call")
                return
            }
            #expect(call.id == "c2")
            #expect(throws: DialRejection.keyReused) { try run.accept(DialRun.request(2), key: "k") }
        }
        _ = run.pass(.seconds(86_401))
        #expect(run.dialer.call("c2") == nil)
        guard case .new = try run.accept(DialRun.request(2), key: "k") else { Issue.record("a known call"); return }
    }

    @Test func `nothing comes out before it is on disk`() throws {
        var run = DialRun()
        run.syncs = false
        try run.accept()
        #expect(run.poll().isEmpty)
        #expect(run.unsynced.map(\.number) == [1, 2, 3])
        #expect(run.handle(.synced(through: 1)).isEmpty)
        #expect(run.handle(.synced(through: 2)).accepted == ["c1"])
        let rest = run.handle(.synced(through: 3))
        #expect(rest.changes == [.dialing] && rest.placed == ["c1"])
    }

    // MARK: Restart

    @Test func `after a kill queued calls go on, and those in the air are looked up`() throws {
        var run = DialRun()
        _ = try run.dialled(DialRun.request(1))
        try run.accept(DialRun.request(2))
        _ = run.poll()
        try run.accept(DialRun.request(3))
        run.syncs = true
        var next = run.restarted()
        #expect(next.poll().lookedUp == ["c1"])
        #expect(next.pass(.seconds(14)).lookedUp == [])
        #expect(next.pass(.seconds(2)).lookedUp == ["c2"])
        #expect(next.handle(.found(call: "c2", .notFound)).placed == ["c2"])
        #expect(next.status("c3") == nil)
    }

    @Test func `a call whose stream ended with the server is hung up unless the stream comes back`() throws {
        var run = DialRun()
        _ = try run.streaming()
        var next = run.restarted()
        #expect(next.poll().lookedUp == ["c1"])
        _ = next.handle(.found(call: "c1", .found(providerCallID: "CA1", state: .answered)))
        #expect(next.pass(.seconds(14)).hungUp == [])
        #expect(next.pass(.seconds(2)).hungUp == ["c1"])
        #expect(next.callback(.ended(.completed)).changes == [.ended(.failed)])
    }

    @Test func `many calls in the air are looked up five a second`() throws {
        var run = DialRun()
        for number in 0..<50 { try run.accept(DialRun.request(number)) }
        for id in run.pass(.seconds(2)).placed { _ = run.handle(.placed(call: id, .accepted(providerCallID: id))) }
        var next = run.restarted(DialRun.rules { $0.callsPerSecond = 10 })
        #expect((24...27).contains(next.pass(.seconds(5)).lookedUp.count))
    }

    @Test func `events come again until they are delivered`() throws {
        var run = DialRun()
        try run.accept()
        var events: [UInt64] = []
        for case .changed(_, let event) in run.poll() { events.append(event) }
        for case .changed(_, let event) in run.handle(.placed(call: "c1", .accepted(providerCallID: "CA1"))) {
            events.append(event)
        }
        #expect(events.count == 2)
        _ = run.handle(.delivered(event: events[0]))
        var next = run.restarted()
        let again = next.poll()
        #expect(
            again.first { if case .changed = $0 { true } else { false } }
                == .changed(try #require(run.dialer.call("c1")), event: events[1]))
        #expect(again.changes.count == 1)
    }
}
