/// The least element first. Adding and taking cost the logarithm of the count.
///
/// Inlinable, so that a heap costs other rooms no more than one of their own.
@frozen public struct Heap<Element: Comparable & Sendable>: Sendable {
    @usableFromInline var slots: [Element] = []

    @inlinable public init() {}

    @inlinable public var count: Int { slots.count }
    @inlinable public var isEmpty: Bool { slots.isEmpty }
    @inlinable public var first: Element? { slots.first }

    @inlinable public mutating func insert(_ element: Element) {
        slots.append(element)
        var child = slots.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard slots[child] < slots[parent] else { break }
            slots.swapAt(child, parent)
            child = parent
        }
    }

    @inlinable public mutating func popFirst() -> Element? {
        guard let first = slots.first, let last = slots.popLast() else { return nil }
        guard !slots.isEmpty else { return first }
        slots[0] = last
        sink(0)
        return first
    }

    /// Drops what nobody needs any more. Costs the count.
    @inlinable public mutating func keep(where isKept: (Element) -> Bool) {
        slots.removeAll { !isKept($0) }
        for index in stride(from: slots.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    @usableFromInline mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            let left = 2 * parent + 1
            let right = left + 1
            if left < slots.count, slots[left] < slots[least] { least = left }
            if right < slots.count, slots[right] < slots[least] { least = right }
            guard least != parent else { return }
            slots.swapAt(parent, least)
            parent = least
        }
    }
}
