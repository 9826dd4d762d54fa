import Bots
import Call
import Dialing
import Foundation
import Net
import Synchronization
import Testing

@testable import Server

@Suite struct DialJournalTests {
    private func pause(_ bench: DialBench) throws { _ = try TestHTTP("POST", "/dialing/pause", port: bench.port, body: "") }

    @Test func `what waits goes on after a restart, with its key, and nothing is placed twice`() throws {
        let double = try AnsweringDouble.twilio()
        defer { double.stop() }
        let place = JournalPlace()
        let key = [("Idempotency-Key", "k1")]
        var id: String?
        do {
            let bench = try DialBench(double, place: place)
            try pause(bench)
            id = try bench.start(headers: key).json["call_id"] as? String
            bench.server.server.stop()
        }
        #expect(double.asked.isEmpty)
        let bench = try DialBench(double, place: place)
        #expect(try TestHTTP("GET", "/dialing", port: bench.port).json["paused"] as? Bool == true)
        let again = try bench.start(headers: key)
        #expect(again.header("Idempotency-Replayed") == "true")
        #expect(again.json["call_id"] as? String == id)
        _ = try TestHTTP("POST", "/dialing/resume", port: bench.port, body: "")
        try bench.wait { double.placed.count == 1 }
        #expect(try bench.call(try #require(id))["attempts"] as? Int == 1)
    }

    @Test func `a call that was in the air is looked up and not placed again`() throws {
        let double = try AnsweringDouble { request, _ in
            request.method == "POST"
                ? (201, #"{"sid":"CA1","status":"queued"}"#)
                : (
                    200,
                    #"{"calls":[{"sid":"CA1","to":"+12025550123","from":"+12025550100","status":"completed","direction":"outbound-api"}]}"#
                )
        }
        defer { double.stop() }
        let place = JournalPlace()
        var id = ""
        do {
            let bench = try DialBench(double, place: place)
            id = try #require(
                try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#).json["call_id"] as? String)
            bench.server.server.stop()
        }
        let bench = try DialBench(double, place: place)
        #expect(try bench.wait(id, for: "ended")["reason"] as? String == "completed")
        #expect(double.placed.count == 1)
    }

    @Test func `a server that drains places nothing and loses nothing`() throws {
        let double = try AnsweringDouble.twilio()
        defer { double.stop() }
        let place = JournalPlace()
        do {
            let bench = try DialBench(double, place: place)
            let shared = bench.server.server.shared
            shared.dialing.post { $0.drain() }
            #expect(try bench.start(#"{"phone_number":"+12025550123","provider":"twilio"}"#).status == 201)
            shared.isDraining = true
            #expect(try bench.start().errorCode == "draining")
            bench.server.server.stop()
        }
        #expect(double.asked.isEmpty)
        let bench = try DialBench(double, place: place)
        try bench.wait { double.placed.count == 1 }
    }

    @Test func `a torn last line is cut off, and the rest counts`() throws {
        let double = try AnsweringDouble.twilio()
        defer { double.stop() }
        let place = JournalPlace()
        do {
            let bench = try DialBench(double, place: place)
            try pause(bench)
            _ = try bench.start(headers: [("Idempotency-Key", "k1")])
            bench.server.server.stop()
        }
        let handle = try #require(FileHandle(forWritingAtPath: place.file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(#"{"n":99,"t":1795249542.7,"k":"acc"#.utf8))
        try handle.close()
        let bench = try DialBench(double, place: place)
        #expect(try TestHTTP("GET", "/dialing", port: bench.port).json["queued"] as? Int == 1)
        #expect(!place.text.contains(#""n":99"#))
        #expect(!bench.server.log.contains("ERROR"))
        #expect(try bench.start(headers: [("Idempotency-Key", "k1")]).header("Idempotency-Replayed") == "true")
    }

    @Test func `a broken line is told and the file that had it is kept`() throws {
        let place = JournalPlace()
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        try "nonsense\n".write(toFile: place.file, atomically: false, encoding: .utf8)
        let bench = try DialBench(place: place)
        defer { bench.double.stop() }
        #expect(bench.server.log.contains("a line of the journal was left out"))
        #expect(try String(contentsOfFile: place.path + "/journal.jsonl.damaged", encoding: .utf8) == "nonsense\n")
        #expect(try bench.start().status == 201)
    }

    @Test func `one server has the folder at a time, and only its owner reads it`() throws {
        let place = JournalPlace()
        let bench = try DialBench(place: place)
        defer { bench.double.stop() }
        let error = try #require(throws: NetError.self) { try JournalFolder(place.path, patience: .zero) }
        #expect("\(error)".contains("another server has this folder"))
        let attributes = try FileManager.default.attributesOfItem(atPath: place.file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions] as? Int == 0o700)
        bench.server.server.stop()
        #expect(throws: Never.self) { try JournalFolder(place.path, patience: .zero) }
    }

    /// Closed twice, the second time would take away what another thread was given in between: a caller's connection, a capture.
    @Test func `a folder that another server has takes no other descriptor away`() throws {
        let place = JournalPlace()
        let holder = try JournalFolder(place.path)
        let hasEnded = Atomic(false), isDone = DispatchSemaphore(value: 0)
        let lost = Mutex(0)
        let thread = Thread {
            while !hasEnded.load(ordering: .relaxed) {
                let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                if descriptor >= 0, close(descriptor) != 0 { lost.withLock { $0 += 1 } }
            }
            isDone.signal()
        }
        thread.start()
        for _ in 1...2_000 { #expect(throws: NetError.self) { try JournalFolder(place.path, patience: .zero) } }
        hasEnded.store(true, ordering: .relaxed)
        isDone.wait()
        #expect(lost.withLock(\.self) == 0)
        holder.release()
    }

    @Test func `without a secret the stream of a call that was placed before a restart is let in`() throws {
        let double = try AnsweringDouble.twilio()
        defer { double.stop() }
        let place = JournalPlace(), secret = place.path + "/.secret"
        var id: String?
        do {
            let bench = try DialBench(double, place: place) { $0.secret = nil }
            id = try bench.start(#"{"phone_number":"+12025550123","wait_secs":30}"#).json["call_id"] as? String
            bench.server.server.stop()
        }
        #expect(try FileManager.default.attributesOfItem(atPath: secret)[.posixPermissions] as? Int == 0o600)
        let bench = try DialBench(double, place: place) { $0.secret = nil }
        let socket = try TestWebSocket(port: bench.port, target: try bench.streamPath(of: try #require(double.placed.first)))
        try socket.send(TwilioWire.start(call: "CA1"))
        _ = try bench.wait(try #require(id), for: "streaming")
        #expect(double.placed.count == 1)
    }

    @Test func `a secret that is set leaves none in the folder, and one that is broken or open to others is told`() throws {
        let place = JournalPlace(), secret = place.path + "/.secret"
        do { _ = try DialBench(place: place) }
        #expect(!FileManager.default.fileExists(atPath: secret))
        for (text, mode, word) in [("0123\n", 0o600, "broken"), (String(repeating: "0", count: 64), 0o644, "chmod 600")] {
            try text.write(toFile: secret, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: secret)
            let error = try #require(throws: NetError.self) { try DialBench(place: place) { $0.secret = nil } }
            #expect("\(error)".contains(secret) && "\(error)".contains(word))
        }
    }

    @Test func `a folder that cannot be had stops the server only when somebody named it`() throws {
        #expect(throws: NetError.self) { try TestServer { $0.journal = "/dev/null/journal" } }
        let server = try TestServer {
            $0.journal = "/dev/null/journal"
            $0.isJournalOptional = true
        }
        #expect(server.log.contains("no outbound calls"))
        let answer = try TestHTTP(
            "POST", "/start", port: server.port, headers: [("Content-Type", "application/json")],
            body: #"{"phone_number":"+12025550123"}"#)
        #expect(answer.status == 503 && answer.errorCode == "no_journal")
    }

    @Test func `what is not on disk is refused and never placed, and a mended disk goes on`() throws {
        let isFull = Mutex(false)
        let bench = try DialBench {
            $0.journalDisk.write = { descriptor, bytes in
                guard isFull.withLock(\.self) else { return Foundation.write(descriptor, bytes.baseAddress, bytes.count) }
                // Half of it gets there, as on a full disk.
                if bytes.count > 1 { return Foundation.write(descriptor, bytes.baseAddress, bytes.count / 2) }
                errno = ENOSPC
                return -1
            }
        }
        defer { bench.double.stop() }
        #expect(try bench.start().status == 201)
        isFull.withLock { $0 = true }
        let refused = try bench.start(#"{"phone_number":"+12025550124","priority":5}"#)
        #expect(refused.status == 503 && refused.errorCode == "no_journal", "\(refused.body)")
        #expect(try bench.start(#"{"phone_number":"+12025550125"}"#).errorCode == "no_journal")
        #expect(bench.server.log.contains("the journal cannot be written"))
        isFull.withLock { $0 = false }
        try bench.wait { bench.server.log.contains("the journal is written again") }
        #expect(try bench.start(#"{"phone_number":"+12025550126"}"#).status == 201)
        try bench.wait { bench.double.placed.count == 2 }
        // The calls go on and write meanwhile.
        let text = bench.place.text
        var fold = JournalFold()
        fold.read(Array(text.utf8))
        #expect(fold.end() == text.utf8.count)
        #expect(fold.problems.isEmpty)
    }

    @Test func `whole lines of a write that failed are gone before anybody is told that it failed`() throws {
        let place = JournalPlace()
        let folder = try JournalFolder(place.path)
        let broken = JournalDisk(write: { descriptor, bytes in
            // The first line gets there, as on a disk that is full behind it.
            guard bytes.count > 4 else {
                errno = ENOSPC
                return -1
            }
            return Foundation.write(descriptor, bytes.baseAddress, bytes.count - 4)
        })
        var (file, _, _) = try JournalFile.open(folder, broken, unixTime: 2_000_000_000)
        let lines = [JournalLine(number: 1, bytes: Array("{}\n".utf8)), JournalLine(number: 2, bytes: Array("{}\n".utf8))]
        #expect(file.append(lines) == "No space left on device")
        #expect(place.text == "")
        file.close()
    }

    @Test func `a journal that was deleted takes no lines`() throws {
        let place = JournalPlace()
        var (file, _, _) = try JournalFile.open(try JournalFolder(place.path), JournalDisk(), unixTime: 2_000_000_000)
        #expect(file.append([JournalLine(number: 1, bytes: Array("{}\n".utf8))]) == nil)
        try FileManager.default.removeItem(atPath: place.file)
        #expect(file.append([JournalLine(number: 2, bytes: Array("{}\n".utf8))]) == "its file was deleted")
        file.close()
    }

    @Test func `a journal made shorter says the same, with the lines that came meanwhile`() throws {
        let place = JournalPlace()
        do {
            let bench = try DialBench(place: place)
            defer { bench.double.stop() }
            try pause(bench)
            for index in 10...29 {
                _ = try bench.start(
                    #"{"phone_number":"+120255501\#(index)","priority":5}"#, headers: [("Idempotency-Key", "\(index)")])
            }
            bench.server.server.stop()
        }
        let before = JournalPlace.fold(place.text)
        let folder = try JournalFolder(place.path)
        var (file, _, complaints) = try JournalFile.open(folder, JournalDisk(), unixTime: 2_000_000_000)
        #expect(complaints.isEmpty)
        #expect(JournalPlace.fold(place.text).calls == before.calls)
        let covered = file.length
        let draft = JournalFile.draft(of: folder, covers: covered, JournalDisk(), unixTime: 2_000_000_000)
        #expect(FileManager.default.fileExists(atPath: folder.draft))
        var dialer = Dialer(
            DialRules(providers: [ProviderName("twilio"): .init(callsPerSecond: 1, concurrency: 1)]), journal: before, seed: 1,
            at: DialTime(.zero, unixTime: 2_000_000_000))
        let meanwhile = DialRequest(
            provider: ProviderName("twilio"), to: PhoneNumber("+12025550177"), from: PhoneNumber("+12025550100"))
        _ = try dialer.accept(meanwhile, id: "call-late", key: nil, at: DialTime(.zero, unixTime: 2_000_000_000))
        var lines: [JournalLine] = []
        while case .write(let line) = dialer.poll(at: DialTime(.zero, unixTime: 2_000_000_000)) { lines.append(line) }
        #expect(file.append(lines) == nil)
        guard case .success(let made) = draft else { throw TestSocket.Broken(what: "\(draft)") }
        #expect(file.adopt(made) == nil)
        #expect(file.append([]) == nil)
        file.close()
        #expect(JournalPlace.fold(place.text).calls.contains { $0.id == "call-late" })
        #expect(JournalPlace.fold(place.text).calls.count == before.calls.count + 1)
        #expect(!FileManager.default.fileExists(atPath: folder.draft))
    }

    @Test func `a draft that a crash left is no journal`() throws {
        let place = JournalPlace()
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        try "half a dra".write(toFile: place.path + "/journal.jsonl.new", atomically: false, encoding: .utf8)
        let bench = try DialBench(place: place)
        defer { bench.double.stop() }
        #expect(!FileManager.default.fileExists(atPath: place.path + "/journal.jsonl.new"))
        #expect(try bench.start().status == 201)
    }
}

extension JournalPlace {
    static func fold(_ text: String) -> JournalFold {
        var fold = JournalFold()
        fold.read(Array(text.utf8))
        _ = fold.end()
        return fold
    }
}
