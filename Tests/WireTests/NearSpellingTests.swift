import Testing
import Wire

@Suite struct NearSpellingTests {
    @Test(arguments: [
        ("promt", "prompt"), ("mian", "main"), ("no_imput", "no_input"), ("promptt", "prompt"), ("PROMPT", nil), ("x", nil),
        ("", nil),
        ("about", nil),
    ]) func `a word that is nearly known is recognised, a strange one is not`(word: String, meant: String?) {
        #expect(NearSpelling.of(word, among: ["prompt", "main", "no_input"]) == meant)
    }

    @Test func `of several words the nearest is meant, of equals the first by the alphabet`() {
        #expect(NearSpelling.of("keye", among: ["key", "keys", "keyed"]) == "key")
    }

    @Test func `members that stand twice are told by their paths`() {
        func repeats(_ text: String) -> [String] { JSONValue.repeatedNames(in: Array(text.utf8)) }
        #expect(repeats(#"{"a":1,"b":{"c":1,"c":2},"a":[{"d":1,"\u0064":2}]}"#) == ["b.c", "a", "a[0].d"])
        #expect(repeats(#"{"a":{"x":1},"b":{"x":1}}"#).isEmpty)
        #expect(repeats("{").isEmpty)
        #expect(repeats("{" + (0..<500).map { _ in "\"a\":1" }.joined(separator: ",") + "}").count == JSONValue.mostRepeats)
    }
}
