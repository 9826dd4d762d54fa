import Call
import Dialing
import Testing

@Suite struct RateListTests {
    static let providers = ["twilio", "telnyx", "plivo", "exotel", "vonage"].map { ProviderName($0) }
    static let twilio = providers[0]
    static let plivo = providers[2]

    static func rates(_ text: String) throws(RateList.BadEntry) -> RateList {
        try RateList(text, .callsPerSecond, flag: "--dial-rate", providers: providers)
    }

    static func counts(_ text: String) throws(RateList.BadEntry) -> RateList {
        try RateList(text, .calls, flag: "--dial-concurrency", providers: providers)
    }

    @Test func `a lone number is for all together and for each`() throws {
        let list = try Self.rates("50")
        #expect(list.all == 50 && list.each.isEmpty)
        #expect(list.limit(of: Self.twilio, standard: 1) == 50)
    }

    @Test func `named providers have theirs, the others their default`() throws {
        let list = try Self.rates(" 20 , twilio = 1.5,plivo=2")
        #expect(list.all == 20 && list.each == [Self.twilio: 1.5, Self.plivo: 2])
        #expect(list.limit(of: Self.twilio, standard: 1) == 1.5)
        #expect(list.limit(of: ProviderName("vonage"), standard: 3) == 3)
        #expect(list.limit(of: ProviderName("telnyx"), standard: 30) == 20)
    }

    @Test func `a list without a total leaves it open`() throws {
        let list = try Self.counts("twilio=40")
        #expect(list.all == nil && list.limit(of: Self.twilio, standard: 1_000_000) == 40)
        #expect(RateList().limit(of: Self.plivo, standard: 2) == 2)
    }

    @Test(arguments: [
        ("", "entry 1 of --dial-rate is empty"), ("20,", "entry 2 of --dial-rate is empty"), ("twilio=", "has no number"),
        ("twilio", "is no number"), ("twilio=1=2", "entry 1"), ("twillio=1", "names no provider; the providers are twilio"),
        ("0", "out of range"), ("-5", "out of range"), ("20,plivo=0", "entry 2 of --dial-rate is out of range"),
        ("1001", "0.01 to 1000"),
        ("1e3", "is no number"), ("inf", "is no number"), ("nan", "is no number"), ("0x10", "is no number"), ("٥", "is no number"),
        ("99999999999999", "is no number"), ("20,30", "two numbers"), ("plivo=1,plivo=2", "names plivo twice"),
        ("1.2.3", "is no number"),
    ])
    func `a bad rate is said with its place and the mend`(text: String, why: String) throws {
        let error = try #require(throws: RateList.BadEntry.self) { try Self.rates(text) }
        #expect(error.sentence.contains(why), "\(error.sentence)")
    }

    @Test func `calls at once are whole`() throws {
        #expect(try Self.counts("100000").all == 100_000)
        for text in ["1.5", "0", "100001"] { #expect(throws: RateList.BadEntry.self) { try Self.counts(text) } }
    }
}
