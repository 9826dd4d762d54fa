/// Why a file is not read as a capture: the line, what is wrong with it, and what would be right. No content is quoted.
public struct CaptureError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Problem: Equatable, Sendable {
        case empty
        /// The first line is no header of a capture.
        case notACapture
        /// A capture of a version that this build does not read; the version as it is spelt.
        case unknownVersion(String)
        /// The line is no JSON object; the byte in the line where that shows.
        case invalidJSON(byte: Int)
        /// A member is missing; what it is for.
        case missing(member: String)
        /// A member is there but cannot be used; what it must be.
        case unusable(member: String, must: String)
        /// An entry stands behind the line that says that the capture was cut.
        case entryAfterCut
        case lineTooLong
        case tooManyEntries
        case fileTooLarge
    }

    /// Counted from 1.
    public let line: Int
    public let problem: Problem

    public init(_ problem: Problem, line: Int) {
        self.problem = problem
        self.line = line
    }

    public var description: String { "line \(line): \(sentence)" }

    private var sentence: String {
        switch problem {
        case .notACapture:
            #"this is no capture: its first line must be a JSON object with "trunkline_capture", as trunkline serve --capture writes it"#
        case .empty: "the file is empty: the program that made it was stopped before it wrote anything of the call"
        case .unknownVersion(let found):
            "this is a capture of version \(found), and this build reads version \(CaptureHeader.version); "
                + "read it with the build that wrote it, or a later one"
        case .invalidJSON(let byte): "this is not a JSON object (byte \(byte)); every line is one whole object"
        case .missing(let member): "\(member) is missing"
        case .unusable(let member, let must): "\(member) must be \(must)"
        case .entryAfterCut: "an entry follows the line that says that the capture was cut; it must be the last"
        case .lineTooLong: "the line is over \(CaptureLimits.longestLine) bytes"
        case .tooManyEntries: "there are more than \(CaptureLimits.mostEntries) entries"
        case .fileTooLarge: "the file is over \(CaptureLimits.largestFile) bytes"
        }
    }
}
