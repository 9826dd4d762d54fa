import Testing
import Wire

@Suite struct `JSON value` {
    static func parse(_ text: String) throws(WireError) -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func `every kind of value is read`() throws {
        let value = try Self.parse(#" {"a":[1,-2.5e1,"\u00e9\n",true,false,null,{}],"\u0062":"x","b":"last"} "#)
        let list: [JSONValue] = [.number(1), .number(-25), .string("é\n"), .bool(true), .bool(false), .null, .object([:])]
        #expect(value == .object(["a": .array(list), "b": .string("last")]))
    }

    @Test(arguments: ["", "{", "[1,]", "{} {}", "nul", "1e999", "-1e999", "\u{FEFF}{}", #""\ud800""#])
    func `what is no JSON, and a number that no Double holds, is refused`(text: String) {
        #expect(throws: WireError.self) { try Self.parse(text) }
    }

    /// A thousand bytes that nest 500 deep cost a recursive reader that tries kind after kind half a second.
    @Test func `a depth bomb and a crowd of values are refused where they pass the limit`() throws {
        let deep = JSONScanner.maximumDepth
        #expect(throws: Never.self) { try Self.parse(String(repeating: "[", count: deep) + String(repeating: "]", count: deep)) }
        for depth in [deep + 1, 500, 60_000] {
            let bomb = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(throws: WireError(.tooLarge, at: "body", offset: deep)) { try Self.parse(bomb) }
        }
        let crowd = "[" + String(repeating: "{},", count: JSONValue.maximumValues) + "{}]"
        let refusal = #expect(throws: WireError.self) { try Self.parse(crowd) }
        #expect(refusal?.problem == .tooLarge)
    }
}
