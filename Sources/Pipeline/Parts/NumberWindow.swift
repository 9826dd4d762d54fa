/// Which of the latest numbers were seen. One bit a number, 1 KB in all.
struct NumberWindow {
    /// How far a number may lie behind the newest and still be known: 80 s of speech both ways in 20 ms frames. A branch that holds a frame
    /// back for longer sends it out again.
    static let length: UInt32 = 8_192

    private var bits = [UInt64](repeating: 0, count: Int(length) / 64)
    private var newest: UInt32 = 0

    func contains(_ number: UInt32) -> Bool {
        guard number <= newest, newest - number < Self.length else { return false }
        return bits[Self.word(number)] & Self.bit(number) != 0
    }

    /// - Returns: `false` when it was seen before.
    mutating func insert(_ number: UInt32) -> Bool {
        if number > newest {
            if number - newest >= Self.length {
                for index in bits.indices { bits[index] = 0 }
            } else {
                var next = newest
                while next < number {
                    next += 1
                    bits[Self.word(next)] &= ~Self.bit(next)
                }
            }
            newest = number
        } else if newest - number >= Self.length {
            return true
        }
        let word = Self.word(number), bit = Self.bit(number)
        defer { bits[word] |= bit }
        return bits[word] & bit == 0
    }

    private static func word(_ number: UInt32) -> Int { Int(number & (length - 1)) >> 6 }
    private static func bit(_ number: UInt32) -> UInt64 { 1 << UInt64(number & 63) }
}
