/// What is odd about menus that each by itself is right.
extension MenuReader {
    mutating func check(_ plan: inout MenuPlan) {
        checkReach(plan)
        checkRounds(plan)
        for place in plan.places where place.prompt.isEmpty {
            fields.warnings.append(MenuMistake("menus.\(place.name).prompt", "is missing: a caller who comes here hears nothing"))
        }
    }

    private mutating func checkReach(_ plan: MenuPlan) {
        var reached: Set<Int> = [plan.start]
        var next = [plan.start]
        while let index = next.popLast() {
            let place = plan.places[index]
            for action in Array(place.actions.values) + [place.afterRetries] {
                for target in action.menus where reached.insert(target).inserted { next.append(target) }
            }
        }
        for (index, place) in plan.places.enumerated() where !reached.contains(index) {
            fields.warnings.append(MenuMistake("menus.\(place.name)", "no key leads here"))
        }
    }

    /// A caller who presses nothing goes from menu to menu by `after_retries` alone: that may not go round in silence.
    private mutating func checkRounds(_ plan: MenuPlan) {
        var checked: Set<Int> = []
        for first in plan.places.indices {
            var path: [Int] = []
            var index = first
            while checked.insert(index).inserted {
                path.append(index)
                guard let next = plan.places[index].afterRetries.unasked else { break }
                index = next
            }
            guard let begin = path.firstIndex(of: index), plan.places[index].afterRetries.unasked != nil else { continue }
            tell(of: path[begin...].map { plan.places[$0] })
        }
    }

    private mutating func tell(of round: [MenuPlace]) {
        guard let first = round.first else { return }
        let path = "menus.\(first.name).after_retries"
        let names = (round.map(\.name) + [first.name]).joined(separator: " → ")
        let isSilent = round.allSatisfy { $0.prompt.isEmpty && $0.noInput.isEmpty && !$0.afterRetries.isHeardUnasked }
        if isSilent {
            fields.note(
                path,
                "a caller who presses nothing goes round for ever in silence (\(names)); give one of them a prompt, or end it with hangup"
            )
        } else {
            fields.warnings.append(
                MenuMistake(path, "a caller who presses nothing goes round until the call's longest time is over (\(names))"))
        }
    }
}

extension MenuAction {
    /// The menus that it can lead to.
    fileprivate var menus: [Int] {
        switch self {
        case .menu(let index), .handOver(_, _, _, let index): [index]
        case .play(_, _, let then), .playBack(_, let then): then.menus
        case .record(let record): record.then.menus
        case .echo(let echo): echo.then.menus
        case .transfer(let transfer): transfer.then.menus
        case .hangUp: []
        }
    }

    /// The menu that it leads to when the caller does nothing; `nil` when the call ends or somebody else takes it.
    fileprivate var unasked: Int? {
        switch self {
        case .menu(let index): index
        case .play(_, _, let then), .playBack(_, let then): then.unasked
        case .record(let record): record.then.unasked
        case .echo(let echo): echo.then.unasked
        case .transfer(let transfer): transfer.then.unasked
        case .handOver, .hangUp: nil
        }
    }

    /// Whether the caller hears something on that way.
    fileprivate var isHeardUnasked: Bool {
        switch self {
        case .menu, .hangUp: false
        case .play(let prompt, _, let then): !prompt.isEmpty || then.isHeardUnasked
        case .playBack(let nothing, let then): !nothing.isEmpty || then.isHeardUnasked
        case .record(let record): record.beeps || !record.prompt.isEmpty || record.then.isHeardUnasked
        case .echo(let echo): !echo.prompt.isEmpty || echo.then.isHeardUnasked
        case .transfer(let transfer): !transfer.prompt.isEmpty || !transfer.failed.isEmpty || transfer.then.isHeardUnasked
        case .handOver(_, let prompt, _, _): !prompt.isEmpty
        }
    }
}
