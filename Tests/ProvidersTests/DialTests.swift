import Call
import Foundation
import LibCrypto
import Providers
import Testing
import Wire

@Suite struct `Placing a call` {
    static let names = Provider.dialling.map(\.name.text)

    func provider(_ name: String) throws -> any DiallingDialect {
        try #require(Provider.dialling.first { $0.name.text == name })
    }

    func dial(_ name: String, _ order: DialOrder, _ settings: ProviderSettings = DialFixture.settings) throws -> HTTPRequest {
        try provider(name).dial(order, settings, DialFixture.cryptography, unixTime: DialFixture.now)
    }

    func refusal(_ name: String, _ order: DialOrder, _ settings: ProviderSettings = DialFixture.settings) throws -> DialRefusal {
        try #require(throws: DialRefusal.self) { try dial(name, order, settings) }
    }

    func best(_ name: String) throws -> String { try provider(name).dialling.openings.first == .stream ? "stream" : "document" }

    /// With `TRUNKLINE_WRITE_DIAL_FIXTURES` set to the folder of the fixtures, writes them first; what changed is then read by a person.
    @Test(arguments: names) func `each wish gives the request in the fixture`(name: String) throws {
        let guide = try provider(name).dialling
        for opening in guide.openings {
            for machine in MachineDetection.allCases where guide.machineDetection.contains(machine) {
                let file = "request-\(opening)-\(machine.rawValue).txt"
                let spelt = try DialFixture.spelt(dial(name, DialFixture.order(name, opening: "\(opening)", machine)))
                if let folder = ProcessInfo.processInfo.environment["TRUNKLINE_WRITE_DIAL_FIXTURES"] {
                    try spelt.write(toFile: "\(folder)/\(name)/dial/\(file)", atomically: true, encoding: .utf8)
                }
                #expect(spelt == (try DialFixture.text(name, file)), "\(file)")
            }
        }
    }

    @Test(arguments: names) func `each answer means what the fixture says`(name: String) throws {
        let provider = try provider(name)
        let pairs = try DialFixture.pairs(name, "answers.txt")
        #expect(pairs.count >= 6)
        for (given, expected) in pairs {
            #expect(DialFixture.spelt(provider.outcome(ofDial: DialFixture.response(given))) == expected, "\(given)")
        }
    }

    @Test(arguments: names) func `each callback means what the fixture says`(name: String) throws {
        let provider = try provider(name)
        let pairs = try DialFixture.pairs(name, "callbacks.txt")
        #expect(pairs.count >= 6)
        for (given, expected) in pairs {
            let json = try? JSONValue(parsing: Array(given.utf8))
            var fields: [String: String] = [:]
            if json == nil { for field in try FormEncoding.fields(given) { fields[field.name] = field.value } }
            #expect(DialFixture.spelt(provider.event(ofCallback: fields, json: json)) == expected, "\(given)")
        }
    }

    /// A line holds the answers to all requests, divided by ` || `.
    @Test(arguments: names) func `each list of calls finds what the fixture says`(name: String) throws {
        let provider = try provider(name)
        let order = try DialFixture.order(name, opening: best(name))
        let requests = try #require(
            provider.reconcile(
                order, since: DialFixture.now, DialFixture.settings, DialFixture.cryptography, unixTime: DialFixture.now + 20))
        let spelt = try requests.map { try DialFixture.spelt($0) }.joined()
        if let folder = ProcessInfo.processInfo.environment["TRUNKLINE_WRITE_DIAL_FIXTURES"] {
            try spelt.write(toFile: "\(folder)/\(name)/dial/reconcile.txt", atomically: true, encoding: .utf8)
        }
        #expect(spelt == (try DialFixture.text(name, "reconcile.txt")))
        for (given, expected) in try DialFixture.pairs(name, "lists.txt") {
            let answers = given.split(separator: " || ").map { DialFixture.response(String($0)) }
            let finding = provider.finding(
                in: answers, for: order, since: DialFixture.now, others: ["other-1"], DialFixture.settings,
                DialFixture.cryptography, unixTime: DialFixture.now + 20)
            #expect(DialFixture.spelt(finding) == expected, "\(given)")
        }
    }

    /// When a call that no list shows was surely not placed. Exotel lists only what is over: the order's 900 s, 120 s of ringing, 15 s more.
    /// Units: seconds from the request.
    static let certain: [String: Int64] = ["exotel": 1_035]

    /// The first line of a provider's `lists.txt` holds answers without a call.
    @Test(arguments: names) func `a call missing from the lists too early may still show`(name: String) throws {
        let empty = try #require(DialFixture.pairs(name, "lists.txt").first)
        let answers = empty.given.split(separator: " || ").map { DialFixture.response(String($0)) }
        let order = try DialFixture.order(name, opening: best(name))
        let certain = Self.certain[name] ?? 15
        for (seconds, expected) in [(0, "cannot tell"), (certain - 1, "cannot tell"), (certain, "not found")] {
            let finding = try provider(name).finding(
                in: answers, for: order, since: DialFixture.now, others: [], DialFixture.settings, DialFixture.cryptography,
                unixTime: DialFixture.now + seconds)
            #expect(DialFixture.spelt(finding) == expected)
        }
    }

    @Test(arguments: names) func `missing credentials are named as in the environment`(name: String) throws {
        let refusal = try refusal(name, DialFixture.order(name, opening: best(name)), ProviderSettings())
        guard case .settings(let missing) = refusal.reason else { throw Missing() }
        #expect(!missing.isEmpty && missing.allSatisfy { $0.hasPrefix(name.uppercased()) && refusal.sentence.contains($0) })
        #expect(
            try provider(name).reconcile(
                DialFixture.order(name), since: 0, ProviderSettings(), DialFixture.cryptography, unixTime: 0) == nil)
    }

    @Test(arguments: names) func `a call without a number to dial from names the setting`(name: String) throws {
        var order = try DialFixture.order(name, opening: best(name))
        order.from = nil
        #expect(try refusal(name, order).reason == .settings(["\(name.uppercased())_PHONE_NUMBER"]))
    }

    @Test(arguments: names, ["15005550010", "+05005550010", "+1500555", "+1500555001012345", "+1500555001x", ""])
    func `a number that is not E.164 is refused and not repeated`(name: String, number: String) throws {
        var order = try DialFixture.order(name, opening: best(name))
        order.to = PhoneNumber(number)
        guard number != "+1500555" else {
            _ = try dial(name, order)
            return
        }
        let refusal = try refusal(name, order)
        #expect(refusal.reason == .number)
        #expect(number.isEmpty || !refusal.sentence.contains(number))
    }

    @Test(arguments: names) func `what the provider cannot do is refused as unsupported`(name: String) throws {
        let guide = try provider(name).dialling
        for machine in MachineDetection.allCases where !guide.machineDetection.contains(machine) {
            #expect(try refusal(name, DialFixture.order(name, opening: best(name), machine)).reason == .unsupported)
        }
        for opening in ["stream", "document"] where !guide.openings.map({ "\($0)" }).contains(opening) {
            #expect(try refusal(name, DialFixture.order(name, opening: opening)).reason == .unsupported)
        }
        let requests = try provider(name).hangUp(
            dialled: "id-1", isAnswered: false, DialFixture.settings, DialFixture.cryptography, unixTime: DialFixture.now)
        #expect(requests.isEmpty != guide.canHangUp)
    }

    @Test(arguments: names) func `a time that the provider does not take is refused`(name: String) throws {
        let guide = try provider(name).dialling
        var order = try DialFixture.order(name, opening: best(name))
        order.maximumDuration = guide.maximumDuration.upperBound + 1
        #expect(try refusal(name, order).reason == .outOfRange)
        guard let ring = guide.ringTimeout else { return }
        order = try DialFixture.order(name, opening: best(name))
        order.ringTimeout = ring.lowerBound - 1
        #expect(try refusal(name, order).reason == .outOfRange)
    }

    @Test(arguments: names) func `an address over the limit is refused with its bytes and the limit`(name: String) throws {
        var order = try DialFixture.order(name, opening: best(name))
        let long = String(repeating: "a", count: 9_000)
        order.opening = try best(name) == "stream" ? .stream("wss://h/ws/\(long)") : .document("https://h/\(long)")
        let refusal = try refusal(name, order)
        guard case .tooLong(let bytes, let limit) = refusal.reason else { throw Missing() }
        #expect(bytes > limit && refusal.sentence.contains("\(bytes)") && refusal.sentence.contains("\(limit)"))
        #expect(!refusal.sentence.contains("aaaa"))
    }

    struct Missing: Error {}
}
