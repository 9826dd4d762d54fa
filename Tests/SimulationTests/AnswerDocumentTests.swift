import Call
import Foundation
import LibCrypto
import Testing

@testable import Simulation

/// Answer documents of `Tests/Fixtures/<provider>/answers`, each beside what the provider makes of it.
struct AnswerDocumentTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "Fixtures")

    /// `twilio/answers/everything.xml` and the like.
    static let names: [String] = PlayedProvider.allCases.flatMap { provider in
        let folder = fixtures.appending(path: "\(provider.rawValue)/answers")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { !$0.hasSuffix(".txt") }.sorted().map { "\(provider.rawValue)/answers/\($0)" }
    }

    @Test func `there are documents for every provider`() { #expect(Self.names.count > 50) }

    @Test(arguments: names)
    func `a document is obeyed or refused as the file beside it says`(name: String) throws {
        let provider = try #require(name.split(separator: "/").first.flatMap { PlayedProvider(rawValue: String($0)) })
        let file = Self.fixtures.appending(path: name)
        let expected = try String(contentsOf: file.deletingPathExtension().appendingPathExtension("txt"), encoding: .utf8)
        let type = name.hasSuffix(".xml") ? "application/xml" : "application/json"
        let made = Self.made(provider, of: Array(try Data(contentsOf: file)), type)
        #expect(made == expected)
        #expect(made.hasPrefix("refused") == name.contains("/bad-"))
    }

    @Test(arguments: PlayedProvider.allCases)
    func `the documents of TwiML are obeyed without a complaint`(provider: PlayedProvider) throws {
        let isJSON = provider == .exotel || provider == .vonage
        let file = Self.fixtures.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "TwiML/\(provider.rawValue).\(isJSON ? "json" : "xml")")
        var text = try String(contentsOf: file, encoding: .utf8)
        for (name, value) in [
            ("host", "bot.example.test"), ("token", "abc.def"), ("From", "15005550006"), ("To", "15005550010"), ("uuid", "u-1"),
            ("conversation_uuid", "CON-1"),
        ] { text = text.replacing("{{\(name)}}", with: value) }
        let made = Self.made(provider, of: Array(text.utf8), isJSON ? "application/json" : "application/xml")
        #expect(made.hasPrefix("stream wss://bot.example.test/ws/abc.def\n"))
        for word in ["complaint", "note", "unheard"] { #expect(!made.contains("\n\(word) ")) }
    }

    @Test(arguments: [("twilio", "text/plain", "12300"), ("twilio", "", "12300"), ("vonage", "text/html", "Content-Type")])
    func `a document of the wrong media type is refused`(name: String, type: String, words: String) throws {
        let provider = try #require(PlayedProvider(rawValue: name))
        let made = Self.made(provider, of: Array("<Response/>".utf8), type)
        #expect(made.hasPrefix("refused") && made.contains(words))
    }

    @Test(arguments: [
        (PlayedProvider.twilio, "11200"), (.plivo, "7011"), (.telnyx, "status 403"), (.exotel, "status 403"),
        (.vonage, "status 403"),
    ])
    func `an answer that is not 200 is named with the words that came with it`(provider: PlayedProvider, code: String) throws {
        let body = Array(#"{"error":{"code":"bad_signature","message":"the signature is wrong"}}"#.utf8)
        let made = Self.made(provider, of: body, "application/json", status: 403)
        #expect(made.contains(code) && made.contains("the signature is wrong"))
    }

    @Test func `a redirect of HTTP is refused with the mend`() {
        #expect(Self.made(.twilio, of: [], "", status: 302).contains("give the address that it leads to"))
    }

    @Test(arguments: names)
    func `a damaged document is read or refused and never traps`(name: String) throws {
        let provider = try #require(name.split(separator: "/").first.flatMap { PlayedProvider(rawValue: String($0)) })
        let document = Array(try Data(contentsOf: Self.fixtures.appending(path: name)).prefix(1_000))
        let pieces = ["<", ">", "&", "\"", "'", "/", "=", "]]>", "<!--", "<![CDATA[", "&#x", "{", "[", ",", "\u{0}", "é"].map {
            Array($0.utf8)
        }
        var state = UInt64(document.count)
        func chance(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(bound, 1)
        }
        for _ in 0..<100 {
            var damaged = document
            for _ in 0...chance(3) {
                let place = chance(damaged.count)
                let end = min(damaged.count, place + chance(6))
                damaged.replaceSubrange(place..<end, with: pieces[chance(pieces.count)])
            }
            #expect(!Self.made(provider, of: damaged, name.hasSuffix(".xml") ? "text/xml" : "application/json").isEmpty)
        }
    }

    /// What a provider makes of a document, a line for each thing.
    static func made(_ provider: PlayedProvider, of document: [UInt8], _ type: String, status: Int = 200) -> String {
        let desk = ProviderDesk(provider, ProviderSecrets(), .off, OpenSSLCryptography())
        var lines: [String] = []
        do throws(Complaint) {
            guard let origin = WebAddress("https://bot.example.test/calls/answer?a=1") else { return "" }
            let response = HTTPResponse(status: status, headers: type.isEmpty ? [:] : ["content-type": type], body: document)
            let read = try desk.read(response, from: origin, leg: provider.usualFormat)
            switch read.step {
            case .fetch(let next): lines.append("fetch \(next.method.rawValue) \(next.url)")
            case .stream(let order): lines = Self.lines(of: order)
            }
            lines += read.complaints.map { "complaint \($0)" } + read.notes.map { "note \($0)" }
        } catch {
            lines = ["refused \(error)"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(of order: StreamOrder) -> [String] {
        var lines = ["stream \(order.url)", "in \(order.inbound)", "out \(order.outbound)"]
        if !order.name.isEmpty { lines.append("name \(order.name)") }
        lines += order.parameters.sorted { $0.key < $1.key }.map { "parameter \($0.key) = \($0.value)" }
        lines += order.headers.map { "header \($0.name): \($0.value.exposed)" }
        if order.wantsProviderToken { lines.append("token of the provider's") }
        if let callback = order.statusCallback { lines.append("callback \(callback.method.rawValue) \(callback.url)") }
        if let action = order.action { lines.append("action \(action.method.rawValue) \(action.url)") }
        if let unheard = order.unheard { lines.append("unheard \(unheard)") }
        return lines + ["then \(order.afterwards)"]
    }
}
