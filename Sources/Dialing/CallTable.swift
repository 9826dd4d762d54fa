/// Calls by serial, in pages: a table of a hundred thousand calls grows without being moved, which would take tenths of a second.
struct CallTable: Sendable {
    /// Calls of one page. Units: 0.1 MiB or so.
    private static let page = 256

    /// By serial; a page whose calls are all gone is empty.
    private var pages: [[CallLife?]] = []
    private var counts: [Int] = []
    private(set) var count = 0

    /// `nil` for a call that is gone, or never was; setting changes calls that are there.
    subscript(_ serial: Int) -> CallLife? {
        get {
            let (page, place) = serial.quotientAndRemainder(dividingBy: Self.page)
            return pages.indices.contains(page) && pages[page].indices.contains(place) ? pages[page][place] : nil
        }
        _modify {
            let (page, place) = serial.quotientAndRemainder(dividingBy: Self.page)
            if pages.indices.contains(page), pages[page].indices.contains(place) {
                yield &pages[page][place]
            } else {
                var none: CallLife?
                yield &none
            }
        }
    }

    /// Adds the call of the next serial.
    mutating func append(_ life: CallLife) {
        let page = life.serial / Self.page
        while pages.count <= page {
            pages.append([])
            counts.append(0)
        }
        if pages[page].isEmpty { pages[page].reserveCapacity(Self.page) }
        while pages[page].count < life.serial % Self.page { pages[page].append(nil) }
        pages[page].append(life)
        counts[page] += 1
        count += 1
    }

    mutating func remove(_ serial: Int) -> CallLife? {
        guard let life = self[serial] else { return nil }
        self[serial] = nil
        let page = serial / Self.page
        counts[page] -= 1
        count -= 1
        // The last page is still being filled.
        if counts[page] == 0, page < pages.count - 1 { pages[page] = [] }
        return life
    }
}

extension CallLife {
    /// For changes in place, behind an optional.
    mutating func apply<Result>(_ change: (inout CallLife) -> Result) -> Result { change(&self) }
}
