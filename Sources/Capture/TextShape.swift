/// Shapes of texts, byte by byte.
extension TextMasking {
    /// Whether a value is short, plain and neither a number to dial nor a token: `echo`, `de-DE`, `16000`, `v1.2`.
    static func isPlainValue(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= longestPlain, bytes.allSatisfy(isPlain) else { return false }
        return bytes.count(where: isDigit) <= mostDigits && !holdsToken(bytes)
    }

    /// Whether there is a word in a text that nobody typed: too long, or of mixed cases and digits.
    static func holdsToken(_ bytes: [UInt8]) -> Bool {
        bytes.split { !isAlphanumeric($0) }.contains { $0.count > longestRun || isMixed($0) }
    }

    /// Eight characters or more of both cases and digits: nobody types that.
    static func isMixed(_ run: ArraySlice<UInt8>) -> Bool {
        run.count >= 8 && run.contains(where: isDigit) && run.contains { (0x41...0x5A).contains($0) }
            && run.contains { (0x61...0x7A).contains($0) }
    }

    /// Whether a text is nothing but a number to dial: seven to twenty digits and what people write between them.
    static func isPhone(_ bytes: [UInt8]) -> Bool {
        bytes.count <= 40 && bytes.allSatisfy(isPhoneCharacter) && (7...20).contains(bytes.count(where: isDigit))
    }

    static func isPhoneCharacter(_ byte: UInt8) -> Bool { isDigit(byte) || "+ ()-./".utf8.contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    static func isPlain(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "._:/-".utf8.contains(byte) }

    /// Length of the longest run of bytes for which the condition holds.
    static func longest(_ bytes: [UInt8], where condition: (UInt8) -> Bool) -> Int {
        bytes.split(omittingEmptySubsequences: true, whereSeparator: { !condition($0) }).map(\.count).max() ?? 0
    }
}
