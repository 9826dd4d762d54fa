import Call

/// What the real provider would object to, in its own words where they are documented.
public struct Complaint: Error, Equatable, Sendable, CustomStringConvertible {
    /// The provider's code, such as Twilio's 31951; `nil` where it has none.
    public let code: Int?
    /// The provider's title of the code, such as Telnyx's `malformed_frame`; `nil` where it has none.
    public let title: String?
    /// What is wrong with the message. Holds key names, sizes and rates; never payloads.
    public let words: String

    public init(code: Int? = nil, title: String? = nil, _ words: String) {
        self.code = code
        self.title = title
        self.words = words
    }

    public var description: String {
        let head = [code.map { String($0) }, title].compactMap { $0 }.joined(separator: " ")
        return head.isEmpty ? words : "\(head): \(words)"
    }
}

/// Complaints with their counts, in the order in which each came up first.
public struct ComplaintList: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public let complaint: Complaint
        public internal(set) var count: Int
        /// When it came up first, from the start of the stream.
        public let first: Duration
    }

    /// Different complaints that are kept. A server makes one mistake thousands of times, rarely twenty different ones, and
    /// hostile messages shall not grow the list.
    public static let maximumEntries = 32

    public private(set) var entries: [Entry] = []
    /// All complaints, those beyond the limit too.
    public private(set) var total = 0
    /// The moment for the next ``add(_:)``.
    var now = Duration.zero

    public var isEmpty: Bool { total == 0 }

    mutating func add(_ complaint: Complaint, times: Int = 1) {
        total += times
        if let index = entries.firstIndex(where: { $0.complaint == complaint }) {
            entries[index].count += times
        } else if entries.count < Self.maximumEntries {
            entries.append(Entry(complaint: complaint, count: times, first: now))
        }
    }
}
