import Audio
import Call
import Wire

extension MenuReader {
    private static let known: [String: [String]] = [
        "menu": ["menu"],
        "play": ["prompt", "interruptible", "then"],
        "record": ["prompt", "beep", "max", "silence", "end", "keep", "failed", "then"],
        "play_back": ["nothing", "then"],
        "echo": ["prompt", "max", "end", "then"],
        "bot": ["bot", "prompt", "failed"],
        "transfer": ["to", "caller_id", "timeout", "prompt", "hold", "failed", "busy", "no_answer", "then"],
        "hangup": ["prompt"],
    ]

    /// - Parameters:
    ///   - index: of the menu that the action belongs to: where it leads when nothing else is said.
    ///   - depth: actions around this one.
    mutating func action(_ value: JSONValue, at path: String, in index: Int, depth: Int = 1) -> MenuAction {
        let back = MenuAction.menu(index)
        guard case .object(let members) = value else {
            fields.note(path, "must be an object in braces, such as {\"do\": \"hangup\"}")
            return back
        }
        guard depth <= MenuPlan.deepestAction else {
            fields.note(path, "is the action number \(depth) in a row; after \(MenuPlan.deepestAction) go on in another menu")
            return back
        }
        let object = MenuObject(path: path, members: members)
        guard let kind = fields.choice(object, "do", Self.known.keys.sorted(), "action") else { return back }
        fields.refuseStrangers(in: object, known: ["do", "about"] + (Self.known[kind] ?? []))
        switch kind {
        case "menu":
            return fields.choice(object, "menu", names, "menu").flatMap { names.firstIndex(of: $0) }.map { .menu($0) } ?? back
        case "play":
            let prompt = prompt(object, "prompt")
            if members["prompt"] == nil { fields.note(object.place("prompt"), "is missing: the sound file to play") }
            let isInterruptible = fields.flag(object, "interruptible", usual: true)
            return .play(prompt, isInterruptible: isInterruptible, then: then(object, index, depth))
        case "record": return record(object, index, depth)
        case "play_back": return .playBack(nothing: prompt(object, "nothing"), then: then(object, index, depth))
        case "echo":
            return .echo(
                MenuEcho(
                    prompt: prompt(object, "prompt"),
                    longest: fields.seconds(object, "max", 1_000...3_600_000, usual: .seconds(60)),
                    ends: fields.ends(object, "end"), then: then(object, index, depth)))
        case "bot":
            let prompt = prompt(object, "prompt")
            let failed = self.prompt(object, "failed")
            return fields.choice(object, "bot", bots, "bot").map { .handOver(bot: $0, prompt, failed: failed, back: index) } ?? back
        case "transfer": return transfer(object, index, depth)
        case "hangup": return .hangUp(prompt(object, "prompt"))
        // The choice above has no other word.
        case _: return back
        }
    }

    private mutating func then(_ object: MenuObject, _ index: Int, _ depth: Int) -> MenuAction {
        guard let value = object.members["then"] else { return .menu(index) }
        return action(value, at: object.place("then"), in: index, depth: depth + 1)
    }

    private mutating func record(_ object: MenuObject, _ index: Int, _ depth: Int) -> MenuAction {
        let longest = holdsMessages ? MenuPlan.longestHeld : .seconds(600)
        return .record(
            MenuRecord(
                prompt: prompt(object, "prompt"), beeps: fields.flag(object, "beep", usual: true),
                longest: fields.seconds(object, "max", 1_000...Int(longest.milliseconds), usual: .seconds(60)),
                silence: fields.seconds(object, "silence", 500...60_000, usual: .seconds(4)), ends: fields.ends(object, "end"),
                isKept: fields.flag(object, "keep", usual: true), failed: prompt(object, "failed"),
                then: then(object, index, depth)))
    }

    private mutating func transfer(_ object: MenuObject, _ index: Int, _ depth: Int) -> MenuAction {
        if object.members["to"] == nil {
            fields.note(object.place("to"), "is missing: the number to call, such as \"+12025550100\"")
        }
        let to = fields.number(object, "to")
        let callerID = fields.number(object, "caller_id")
        let timeout = fields.whole(object, "timeout", 5...120, usual: 30)
        let failed = prompt(object, "failed")
        // A word of the file's own: it means the same after the server was started anew.
        let place = String(object.path.dropFirst("menus.".count))
        let order = TransferOrder(to: to ?? PhoneNumber(""), callerID: callerID, timeout: timeout, resumeAt: place)
        let transfer = MenuTransfer(
            order: order, prompt: prompt(object, "prompt"), hold: prompt(object, "hold"), failed: failed,
            busy: object.members["busy"] == nil ? failed : prompt(object, "busy"),
            noAnswer: object.members["no_answer"] == nil ? failed : prompt(object, "no_answer"), then: then(object, index, depth))
        transfers[place] = transfer
        return .transfer(transfer)
    }

    /// The sound of a file; none when it has a mistake.
    mutating func sound(_ file: String, _ path: String) -> [PCM16] {
        switch sounds.sound(file) {
        case .success(let audio): return [audio]
        case .failure(let error):
            fields.note(path, error.words)
            return []
        }
    }
}
