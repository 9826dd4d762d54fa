/// One key of a telephone keypad (ITU-T Q.23): 0-9, `*`, `#`, A-D.
public enum KeypadEntry: String, CaseIterable, Hashable, Sendable {
    case zero = "0"
    case one = "1"
    case two = "2"
    case three = "3"
    case four = "4"
    case five = "5"
    case six = "6"
    case seven = "7"
    case eight = "8"
    case nine = "9"
    case star = "*"
    case pound = "#"
    case a = "A"
    case b = "B"
    case c = "C"
    case d = "D"

    /// The keys of a string such as `12#`. Lower-case letters count as upper case.
    ///
    /// - Returns: `nil` when a character is no key.
    public static func keys(in text: String) -> [KeypadEntry]? {
        var keys: [KeypadEntry] = []
        for character in text {
            guard let key = KeypadEntry(rawValue: character.uppercased()) else { return nil }
            keys.append(key)
        }
        return keys
    }
}
