import Call
import Dialing
import Testing

@Suite struct DialerModelTests {
    private static func rules() -> DialRules {
        var rules = DialRules(providers: [
            ProviderName("twilio"): .init(callsPerSecond: 20, concurrency: 40),
            ProviderName("plivo"): .init(callsPerSecond: 5, concurrency: 25),
            ProviderName("exotel"): .init(callsPerSecond: 3, concurrency: 10, canHangUp: false),
        ])
        rules.callsPerSecond = 22
        rules.concurrency = 60
        return rules
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `calls are neither lost nor doubled, whatever provider, network and kills do`(seed: UInt64) {
        var model = DialModel(
            Self.rules(), calls: 150, numbers: 60, crashes: 5, span: 60, trouble: ModelTrouble(), seed: seed)
        model.play()
        #expect(model.verdict() == [])
        #expect(model.crashes == 5)
    }

    @Test(arguments: 100..<104 as Range<UInt64>)
    func `what cannot be known is not called again`(seed: UInt64) {
        let dark = ModelTrouble(fault: 20, timeOut: 20, silence: 5, lostCallback: 70, blindList: 90, failedHangUp: 60)
        var model = DialModel(Self.rules(), calls: 150, numbers: 60, crashes: 5, span: 60, trouble: dark, seed: seed)
        model.play()
        #expect(model.verdict() == [])
        #expect(model.results()[.unknown, default: 0] > 0)
    }

    @Test func `without trouble every call is placed once and ends as it really ended`() {
        var model = DialModel(Self.rules(), calls: 300, numbers: 300, crashes: 0, span: 10, trouble: .none, seed: 7)
        model.play()
        #expect(model.verdict() == [])
        #expect(model.places >= 285)
    }
}
