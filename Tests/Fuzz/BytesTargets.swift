import Audio
import Wire

extension FuzzTarget {
    /// What is decoded strictly encodes to the same text, and whatever is encoded decodes to the same bytes, in all three forms.
    static let base64 = FuzzTarget(
        name: "base64",
        seeds: {
            ["", "AA==", "AAA=", "AAAA", "//8A", "_-8", "a b+", "fn5+", "====", "A"].map { Array($0.utf8) }
                + Fixtures.findings("base64")
        }, longest: 512
    ) { bytes in
        var decoded: [UInt8] = [7]
        if Base64.decode(bytes.span, into: &decoded) {
            var text: [UInt8] = []
            let bytesAlone = Array(decoded.dropFirst())
            Base64.encode(bytesAlone.span, into: &text)
            expect(text == bytes, "what was decoded encodes to another text")
        } else {
            expect(decoded == [7], "a text that is refused left bytes behind")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let lenient = Base64.lenientBytes(text) {
            expect(Base64.lenientBytes(Base64.urlText(lenient)) == lenient, "the form for URLs does not come back")
        }
        if let strict = Base64.bytes(text) {
            expect(Base64.lenientBytes(text) == strict, "the lenient reading differs from the strict")
        }
        expect(Base64.bytes(Base64.text(bytes)) == bytes, "bytes do not come back")
        expect(Base64.lenientBytes(Base64.urlText(bytes)) == bytes, "bytes do not come back from the form for URLs")
    }

    /// A form that was read is the same after it was written and read again.
    static let form = FuzzTarget(
        name: "form",
        seeds: {
            ["a=1&b=2", "From=%2B15005550006&To=&x", "a=1&&b=2&=3", "%zz=%4&+=%2b", "body=eyJhIjoxfQ%3D%3D"].map { Array($0.utf8) }
                + Fixtures.findings("form")
        }, words: ["%2B", "%00", "%C3%A9", "&&", "=&"]
    ) { bytes in
        guard let fields = try? FormEncoding.fields(bytes.span) else {
            return expect(bytes.split(separator: UInt8(ascii: "&")).count > FormEncoding.maximumFields, "a short form was refused")
        }
        expect(fields.count <= FormEncoding.maximumFields, "more fields than the limit")
        expect((try? FormEncoding.fields(FormEncoding.text(fields))) == fields, "a form is another after it was written")
        for field in fields {
            let component = FormEncoding.component(field.value)
            expect((try? FormEncoding.fields("v=" + component))?.first?.value == field.value, "a component does not come back")
            expect(component != ".." && !component.contains("/"), "a component climbs")
        }
    }

    /// A file that was read is the same after it was written and read again.
    static let wav = FuzzTarget(
        name: "wav", seeds: { Fixtures.files("audio", ".wav") + Fixtures.findings("wav") },
        words: ["RIFF", "WAVE", "fmt ", "data", "LIST", "fact"], longest: 8_192
    ) { bytes in
        guard let file = try? WAV(decoding: bytes) else { return }
        expect(Set(file.channels.map(\.count)).count <= 1, "channels of different lengths")
        expect(file.channels.reduce(0) { $0 + $1.count } <= bytes.count, "more samples than the file has bytes")
        expect((try? WAV(decoding: file.encoded())) == file, "a file is another after it was written")
    }
}
