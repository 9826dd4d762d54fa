import Audio
import Bots
import Call
import Testing
import Wire

@testable import Pipeline

struct EchoBotTests {
    private func call(parameters: [String: String] = [:], query: [String: String] = [:], body: JSONValue? = nil) -> CallInfo {
        CallInfo(
            id: "1", stream: StreamStart(provider: ProviderName("fake"), parameters: parameters), query: query, body: body)
    }

    /// When the echo of a frame that comes at zero leaves.
    private func delay(_ call: CallInfo) throws -> Duration {
        let run = CallRun(try EchoBot().pipeline(for: call))
        run.receive("start")
        run.receive("audio:1,160")
        run.advance(.seconds(11))
        return (run.departures.first ?? .zero) - .zero
    }

    @Test
    func `every sample that comes in goes out`() {
        let run = CallRun.started()
        for frame in 0..<500 {
            run.receive("audio:\(frame * 160),160")
            run.advance(.milliseconds(20))
        }
        #expect(run.audio == Ramp.samples(from: 0, count: 80_000))
    }

    @Test(arguments: [1, 20, 250, 333, 1_000, 10_000])
    func `the echo comes after exactly the delay`(milliseconds: Int) throws {
        #expect(try delay(call(parameters: ["delay_ms": "\(milliseconds)"])) == .milliseconds(milliseconds))
    }

    @Test
    func `a delayed echo is whole and keeps its pace`() throws {
        let run = CallRun(try EchoBot().pipeline(for: call(query: ["delay_ms": "250"])))
        run.receive("start")
        for frame in 0..<200 {
            run.receive("audio:\(frame * 160),160")
            run.advance(.milliseconds(20))
        }
        run.advance(.milliseconds(250))
        #expect(run.audio == Ramp.samples(from: 0, count: 32_000))
        #expect(run.departures == (0..<200).map { .zero + .milliseconds(250 + $0 * 20) })
    }

    @Test
    func `the delay comes from a stream parameter, the query or the body, in this order`() throws {
        let body = JSONValue.object(["delay_ms": .number(300)])
        #expect(try delay(call(parameters: ["delay_ms": "100"], query: ["delay_ms": "200"], body: body)) == .milliseconds(100))
        #expect(try delay(call(query: ["delay_ms": "200"], body: body)) == .milliseconds(200))
        #expect(try delay(call(body: body)) == .milliseconds(300))
        #expect(try delay(call(body: .object(["delay_ms": .string("400")]))) == .milliseconds(400))
        #expect(try delay(call(body: .object(["delay_ms": .null]))) == .zero)
        #expect(try delay(call()) == .zero)
    }

    @Test(arguments: ["", "-1", "10001", "1.5", "soon", "99999999999999999999"])
    func `a delay that is no whole number of milliseconds in range is refused`(text: String) {
        #expect(throws: BotError.self) { _ = try EchoBot().pipeline(for: call(parameters: ["delay_ms": text])) }
    }

    @Test(arguments: [
        JSONValue.number(-1), .number(10_001), .number(1.5), .number(.infinity), .number(1e300), .string("soon"), .bool(true),
        .array([]),
    ])
    func `a delay in the body that is no whole number of milliseconds in range is refused`(value: JSONValue) {
        #expect(throws: BotError.self) { _ = try EchoBot().pipeline(for: call(body: .object(["delay_ms": value]))) }
    }

    @Test
    func `a caller who sends faster than real time does not fill the memory`() {
        let run = CallRun.started([Echo(delay: .seconds(1))])
        for frame in 0..<1_000 { run.receive("audio:\(frame * 160),160") }
        run.advance(.seconds(10))
        #expect(run.audio == Ramp.samples(from: 144_000, count: 16_000))
    }

    @Test
    func `the catalog knows the bots by name and a later one replaces an earlier`() {
        struct Other: Bot {
            let name = "echo"
            func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline { throw BotError("other") }
        }
        let catalog = BotCatalog.builtIn
        #expect(catalog.names == ["drill", "echo"])
        #expect(catalog["echo"] is EchoBot)
        #expect(catalog["parrot"] == nil)
        #expect(catalog.adding(Other())["echo"] is Other)
    }

    @Test
    func `a pipeline rate converts the audio on its way in`() throws {
        #expect(try EchoBot().pipeline(for: call(query: ["pipeline_rate": "24000"])).inputRate == .hz24000)
        #expect(try EchoBot().pipeline(for: call()).inputRate == nil)
    }

    @Test(arguments: ["", "7000", "8000.5", "fast", "-16000"])
    func `a pipeline rate that cannot be converted is refused`(rate: String) {
        #expect(throws: BotError.self) { try EchoBot().pipeline(for: call(query: ["pipeline_rate": rate])) }
    }
}
