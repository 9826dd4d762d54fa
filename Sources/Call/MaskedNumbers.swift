/// Telephone numbers inside a text, made unreadable.
enum MaskedNumbers {
    /// Fewest digits behind a `+` that are taken for a number: the shortest international numbers have seven.
    static let fewestDigits = 7

    /// Writes `…` and the last two digits for each `+` with at least ``fewestDigits`` digits behind it, as E.164 spells a number, with
    /// or without spaces, points, hyphens, slashes and brackets between them.
    static func masking(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "+")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            guard first == "+", let number = number(at: rest.dropFirst()) else {
                result.append(first)
                rest = rest.dropFirst()
                continue
            }
            result.append(contentsOf: ("…" + number.last).unicodeScalars)
            rest = number.rest
        }
        return String(result)
    }

    /// - Returns: the last two digits, and what stands behind the last digit; `nil` when there is no number here.
    private static func number(
        at start: Substring.UnicodeScalarView
    ) -> (last: String, rest: Substring.UnicodeScalarView)? {
        var digits = String.UnicodeScalarView()
        var rest = start
        var behind = start
        while let scalar = rest.first {
            rest = rest.dropFirst()
            if ("0"..."9").contains(scalar) {
                digits.append(scalar)
                behind = rest
            } else if !" .-/()".unicodeScalars.contains(scalar) {
                break
            }
        }
        guard digits.count >= fewestDigits else { return nil }
        return (String(String(digits).suffix(2)), behind)
    }
}
