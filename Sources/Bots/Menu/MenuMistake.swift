/// A mistake in a menu file: where, and how to mend it.
public struct MenuMistake: Error, Equatable, Sendable, CustomStringConvertible {
    /// The place in the file: `menus.main.keys.3.prompt`; empty for the whole file.
    public let path: String
    public let words: String

    public init(_ path: String, _ words: String) {
        self.path = path
        self.words = words
    }

    public var description: String { path.isEmpty ? words : "\(path): \(words)" }

    /// Somebody's words in a message: nothing that moves the terminal's cursor, and short.
    static func quoted(_ text: String) -> String { "\"\(plain(text))\"" }

    static func plain(_ text: String) -> String {
        let letters = text.unicodeScalars.prefix(64).map { scalar -> Character in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: "?"
            default: Character(scalar)
            }
        }
        return String(letters) + (text.unicodeScalars.count > 64 ? "…" : "")
    }
}

/// Every mistake of a menu file, in the order of their places.
public struct MenuError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Mistakes that are told; a file that is no menu at all would fill the terminal.
    public static let mostTold = 100

    public let mistakes: [MenuMistake]

    public var description: String {
        var lines = mistakes.prefix(Self.mostTold).map(\.description)
        if mistakes.count > Self.mostTold { lines.append("and \(mistakes.count - Self.mostTold) mistakes more") }
        return lines.joined(separator: "\n")
    }
}
