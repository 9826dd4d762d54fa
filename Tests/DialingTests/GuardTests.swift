import Call
import Dialing
import Testing

@Suite struct GuardTests {
    static func refusal(
        _ to: String, from: String = "+14155550100", _ allowed: String = "", caller: GuardCaller = .asWritten
    ) throws -> String? {
        try DestinationGuard(parsing: allowed).refusal(of: PhoneNumber(to), from: PhoneNumber(from), caller: caller)
    }

    // MARK: With nothing listed

    @Test(arguments: [
        ("+14155550100", "+12125550123"), ("+14155550100", "+15551230000"), ("+14155550100", "+18005550199"),
        ("+15005550006", "+15005550010"), ("+14165550100", "+16045550101"), ("+14165550100", "+18885550101"),
        ("+18665550100", "+12125550101"), ("+18665550100", "+14165550101"), ("+18765550100", "+16585550101"),
        ("+442079460958", "+447700900123"), ("+447797123456", "+441534123456"), ("+919876543210", "+918047112345"),
        ("+78121234567", "+79161234567"), ("+77212123456", "+77012345678"), ("+262262161234", "+262639012345"),
        ("+39066982", "+390612345678"), ("+4930123456", "+4915123456789"), ("+88021234567", "+8801812345678"),
    ])
    func `calls stay in the country of the number that calls`(from: String, to: String) throws {
        #expect(try Self.refusal(to, from: from) == nil)
    }

    @Test(arguments: [
        ("+14155550100", "+18765550101", "+1876"), ("+14155550100", "+16585550101", "+1658"),
        ("+14155550100", "+13405550101", "+1340"),
        ("+14155550100", "+17875550101", "+1787"), ("+14155550100", "+16715550101", "+1671"),
        ("+14155550100", "+12425550101", "+1242"),
        ("+14155550100", "+14165550101", "+1"), ("+14165550100", "+12125550101", "+1"), ("+18765550100", "+12125550101", "+1"),
        ("+18765550100", "+18005550101", "+1"), ("+14155550100", "+447700900123", "+44"),
        ("+442079460958", "+447797123456", "+447797"),
        ("+442079460958", "+441624123456", "+441624"), ("+78121234567", "+77012345678", "+77"),
        ("+59991234567", "+5997123456", "+5997"),
        ("+14155550100", "+25261234567", "+252"), ("+919876543210", "+8801812345678", "+880"),
    ])
    func `a call abroad is refused and the mend named`(from: String, to: String, entry: String) throws {
        let sentence = try #require(try Self.refusal(to, from: from))
        #expect(sentence.contains("--dial-allow \(entry)"))
        // The mend is one: what it says to list opens this number and keeps the caller's own country open.
        let list = try #require(sentence.split(separator: "--dial-allow ").last.map(String.init))
        #expect(try Self.refusal(to, from: from, list) == nil)
        #expect(try Self.refusal(from, from: from, list) == nil)
    }

    @Test func `the sentence for Jamaica reads as a person would write it`() throws {
        #expect(
            try Self.refusal("+18765550101")
                == "the number to dial is in Jamaica, and calls stay in the United States unless others are listed; "
                + "to allow it: --dial-allow +1876,+1")
        #expect(
            try Self.refusal("+447012345678", from: "+442079460958")
                == "the number to dial is in a premium-rate, shared-cost, personal or pager range of the United Kingdom, "
                + "called only when the range is listed itself; to allow it: --dial-allow +4470,+44")
        #expect(
            try Self.refusal("+881612345678", "+1,+44")
                == "the number to dial is one of the satellite telephones, called only when the range is listed itself; "
                + "to allow it, add it to the list: --dial-allow +881")
    }

    // MARK: Ranges that cost more

    /// A number, its range as an entry spells it, and entries that are shorter.
    @Test(arguments: [
        ("+19005550101", "+1900", "+1,+19,+190"), ("+12129760101", "+1212976", "+1,+1212,+121297"),
        ("+17005550101", "+1700", "+1,+170"),
        ("+18769760101", "+1876976", "+1,+1876"), ("+15215550101", "+1521", "+1,+152"), ("+447012345678", "+4470", "+44,+447"),
        ("+449098765432", "+449", "+44"), ("+448431234567", "+4484", "+44,+448"), ("+447640123456", "+44764", "+44,+447,+4476"),
        ("+499001234567", "+49900", "+49,+4990"), ("+491371234567", "+49137", "+49,+4913"), ("+49180512345", "+49180", "+49,+4918"),
        ("+33899123456", "+3389", "+33,+338"), ("+33820123456", "+3382", "+33,+338"), ("+3531550123456", "+35315", "+353,+3531"),
        ("+61190012345", "+61190", "+61,+6119"), ("+881612345678", "+881", "+1"), ("+882161234567", "+882", "+1"),
        ("+883510012345", "+883", "+1"), ("+870773123456", "+870", "+1"), ("+878101234567", "+878", "+1"),
        ("+8881234567", "+888", "+1"),
        ("+979123456789", "+979", "+1"), ("+80812345678", "+808", "+1"), ("+80012345678", "+800", "+1"),
    ])
    func `a special range is opened only by an entry of its length`(to: String, range: String, shorter: String) throws {
        let spelling = range.hasSuffix("976") ? "+1NNN976" : range
        // Not for a caller of the same country or service either.
        #expect(try Self.refusal(to, from: to)?.contains("--dial-allow \(spelling)") == true)
        #expect(try Self.refusal(to, shorter)?.hasSuffix("--dial-allow \(spelling)") == true)
        #expect(try Self.refusal(to, range) == nil)
        #expect(try Self.refusal(to, "+1,\(to)") == nil)
    }

    @Test(arguments: [
        "+4409098765432", "+44009098765432", "+44070123456789", "+490900123456", "+36069012345678", "+78803123456",
        "+353015501234567",
    ])
    func `a trunk prefix does not hide a range`(to: String) throws {
        #expect(try Self.refusal(to, "+44,+440,+4400,+49,+490,+36,+7,+353,+3530")?.contains("the range is listed") == true)
    }

    @Test func `a trunk prefix does not hide a country`() throws {
        #expect(try Self.refusal("+4401534123456", from: "+442079460958") != nil)
        #expect(try Self.refusal("+39089123456", from: "+390612345678") == nil)
        #expect(try Self.refusal("+39899123456", from: "+390612345678") != nil)
    }

    @Test(arguments: [
        "+447712345678", "+441312345678", "+443001234567", "+448001234567", "+33140000000", "+33912345678", "+35315512345",
    ])
    func `numbers beside a special range are plain`(to: String) throws {
        #expect(try Self.refusal(to, "+44,+33,+353") == nil)
    }

    // MARK: Lists

    @Test func `a list replaces the caller's own country`() throws {
        #expect(try Self.refusal("+447700900123", "+44") == nil)
        #expect(try Self.refusal("+12125550123", "+44") != nil)
        #expect(try Self.refusal("+12125550123", " +44 , +1 ") == nil)
    }

    @Test func `inside +1 the Caribbean is opened by area code alone`() throws {
        for to in ["+12125550123", "+14165550101", "+18005550101"] { #expect(try Self.refusal(to, "+1") == nil) }
        for to in ["+18765550101", "+13405550101", "+17875550101", "+14415550101"] {
            #expect(try Self.refusal(to, "+1") != nil)
            #expect(try Self.refusal(to, "+18,+13,+17,+14,+187,+134,+178,+144") != nil)
            #expect(try Self.refusal(to, String(to.prefix(5))) == nil)
        }
        // The caller's own country.
        #expect(try Self.refusal("+18765550101", from: "+16585550100", "+1") == nil)
        // A longer prefix narrows.
        #expect(try Self.refusal("+12125550123", "+1415") != nil)
    }

    @Test func `other shared codes are opened as a whole`() throws {
        for to in ["+447797123456", "+441481123456", "+77012345678", "+5997123456"] {
            #expect(try Self.refusal(to, "+44,+7,+599") == nil)
        }
    }

    @Test(arguments: [
        "44", "+", "", "+0", "+999", "+21", "+4 4", "++44", "+44x", "+٤٤", "+１", "\u{200F}+44", "+1234567890123456", "+210",
    ])
    func `a bad entry is said with its place and the mend`(entry: String) throws {
        let error = #expect(throws: DestinationGuard.BadEntry.self) { try DestinationGuard(allowing: ["+1", entry]) }
        #expect(error?.sentence.hasPrefix("entry 2 of --dial-allow") == true)
        #expect(error?.sentence.contains("such as +44") == true)
    }

    @Test func `a list has an end`() {
        #expect(throws: DestinationGuard.BadEntry.self) { try DestinationGuard(allowing: Array(repeating: "+1", count: 2_001)) }
        #expect(throws: DestinationGuard.BadEntry.self) { try DestinationGuard(parsing: "+1,,+44") }
        #expect(throws: DestinationGuard.BadEntry.self) { try DestinationGuard(parsing: "+1,") }
    }

    // MARK: What is no number

    @Test(arguments: ["+2101234567", "+9991234567", "+3881234567", "+2811234567", "+19115550101", "+11115550101", "+10115550101"])
    func `codes that nobody has are refused, whoever lists them`(to: String) throws {
        #expect(try Self.refusal(to, from: to)?.contains("in use") == true)
        #expect(try Self.refusal(to, "+1,+44,+38977,+211,+998")?.contains("in use") == true)
    }

    @Test(arguments: [
        "", "+", "14155550100", "+141555", "+1415555010012345678", "++14155550100", "+1+4155550100", "+1 4155550100",
        "+1-340-5550100",
        "+1４155550100", "+١٤١٥٥٥٥٠١٠٠", "\u{202E}+14155550100", "+14155550100;ext=9", "+14155550100x9", "+14155550100,,900",
        "+1415555010\u{0}",
        "tel:+14155550100", "0014155550100", "+04155550100", "sip:900@example.test", "+141555501\u{0308}00",
        String(repeating: "1", count: 100_000),
    ])
    func `what is not E.164 is refused`(to: String) throws {
        for list in ["", "+1,+1900"] {
            let sentence = try #require(try Self.refusal(to, list))
            #expect(sentence.contains("E.164") || sentence.contains("in use"))
        }
    }

    // MARK: Who calls

    @Test func `a caller without + is read as its provider spells numbers`() throws {
        let plivo = GuardCaller.of(ProviderName("plivo"))
        let exotel = GuardCaller.of(ProviderName("exotel"))
        #expect(try Self.refusal("+12125550123", from: "14155550100", caller: plivo) == nil)
        #expect(try Self.refusal("+442079460958", from: "14155550100", caller: plivo) != nil)
        #expect(try Self.refusal("+919876543210", from: "08047112345", caller: exotel) == nil)
        #expect(try Self.refusal("+6598765432", from: "08047112345", caller: exotel) != nil)
        #expect(try Self.refusal("+6598765432", from: "+6531234567", caller: exotel) == nil)
        #expect(GuardCaller.of(ProviderName("vonage")) == .international)
        #expect(GuardCaller.of(ProviderName("twilio")) == .asWritten)
    }

    @Test(arguments: ["", "14155550100", "anonymous", "acme", "02079460958", "+", "+9991234567"])
    func `a caller from nowhere calls nowhere until something is listed`(from: String) throws {
        let sentence = try #require(try Self.refusal("+14155550101", from: from))
        #expect(sentence.contains("the number that calls") && sentence.hasSuffix("--dial-allow +1"))
        #expect(try Self.refusal("+14155550101", from: from, "+1") == nil)
    }

    // MARK: Anything at all

    @Test func `no sentence has more of a number than its range, and nothing goes through that nothing opens`() throws {
        var chance = SystemRandomNumberGenerator()
        let lists = ["", "+1", "+44,+1876", "+8", "+881,+1900"].compactMap { try? DestinationGuard(parsing: $0) }
        #expect(lists.count == 4)
        for _ in 0..<5_000 {
            let to =
                "+" + (0..<Int.random(in: 1...16, using: &chance)).map { _ in "\(Int.random(in: 0...9, using: &chance))" }.joined()
            for list in lists {
                guard let sentence = list.refusal(of: PhoneNumber(to), from: PhoneNumber("+14155550100")) else {
                    #expect((8...16).contains(to.count) && to.dropFirst().first != "0")
                    continue
                }
                let rest = to.dropFirst(8)
                #expect(rest.count < 4 || !sentence.contains(rest))
            }
        }
    }
}
