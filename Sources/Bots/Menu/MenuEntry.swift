import Call

/// What a caller has keyed of one entry of a menu.
struct MenuEntry {
    enum Verdict {
        case chosen(MenuAction, key: String)
        case invalid
        /// More keys may follow.
        case incomplete
    }

    private(set) var typed = ""

    /// One key more.
    mutating func press(_ key: KeypadEntry, in place: MenuPlace) -> Verdict {
        typed += key.rawValue
        if place.beginnings.contains(typed) { return .incomplete }
        return settled(in: place)
    }

    /// No key follows.
    func settled(in place: MenuPlace) -> Verdict { place.actions[typed].map { .chosen($0, key: typed) } ?? .invalid }
}
