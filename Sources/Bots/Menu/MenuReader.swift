import Audio
import Call
import Wire

extension MenuPlan {
    /// Reads a menu file and every sound that it names.
    ///
    /// - Parameters:
    ///   - bots: names of the bots that a caller can be handed over to.
    ///   - sounds: gives the bytes of a file in the menu's folder. Names that could lead out of it are refused before.
    /// - Throws: ``MenuError`` with all mistakes at once.
    public init(
        parsing bytes: [UInt8], bots: some Sequence<String>, sounds: @escaping (String) -> Result<[UInt8], MenuSoundError>
    ) throws(MenuError) {
        guard bytes.count <= Self.longestFile else {
            throw MenuError(mistakes: [
                MenuMistake(
                    "", "the file has \(bytes.count) bytes, at most \(Self.longestFile) are read; cut it into several files")
            ])
        }
        let root: JSONValue
        do throws(WireError) { root = try JSONValue(parsing: bytes, at: "the file") } catch {
            throw MenuError(mistakes: [MenuMistake("", Self.words(for: error, in: bytes))])
        }
        var reader = MenuReader(bots: bots.sorted(), sounds: MenuSounds(sounds))
        for path in JSONValue.repeatedNames(in: bytes) {
            reader.fields.note(MenuMistake.plain(path), "stands there twice; leave one out")
        }
        self = reader.plan(root)
        if reader.fields.mistakes.isEmpty { reader.check(&self) }
        guard reader.fields.mistakes.isEmpty else {
            throw MenuError(mistakes: reader.fields.mistakes.sorted { ($0.path, $0.words) < ($1.path, $1.words) })
        }
        warnings = reader.fields.warnings
    }

    private static func words(for error: WireError, in bytes: [UInt8]) -> String {
        switch error.problem {
        case .tooLarge:
            return "the file has more than \(JSONValue.maximumValues) values, or more than \(JSONScanner.maximumDepth) inside each "
                + "other; make it smaller"
        case .invalidJSON, .notAnObject, .missing, .wrongType, .invalidBase64, .oddByteCount, .outOfRange, .unexpectedBinary,
            .unexpectedText, .secondStart, .beforeStart, .unsupportedFormat:
            let offset = min(error.offset ?? 0, bytes.count)
            let before = bytes[..<offset]
            let line = before.count { $0 == 0x0A } + 1
            let column = offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
            return "the file is not valid JSON: line \(line), column \(column); no comments and no comma after the last entry"
        }
    }
}

/// Makes a plan of a menu file's JSON.
struct MenuReader {
    /// The version of the file's form that is read.
    static let version = 1
    private static let top = ["trunkline_menu", "about", "start", "voice_interrupts", "menus"]
    private static let menu = [
        "about", "prompt", "keys", "timeout", "between_keys", "retries", "invalid", "no_input", "after_retries", "interruptible",
    ]

    let bots: [String]
    var sounds: MenuSounds
    var fields = MenuFields()
    /// Names of the menus, sorted; a menu is meant by its place here.
    var names: [String] = []
    var transfers: [String: MenuTransfer] = [:]
    var holdsMessages = false

    init(bots: [String], sounds: MenuSounds) {
        self.bots = bots
        self.sounds = sounds
    }

    mutating func plan(_ root: JSONValue) -> MenuPlan {
        var plan = MenuPlan()
        guard let object = fields.object(root, at: "", known: Self.top) else { return plan }
        checkVersion(object)
        _ = fields.text(object, "about")
        plan.honoursVoice = fields.flag(object, "voice_interrupts", usual: false)
        guard let menus = menus(object) else {
            _ = fields.neededText(object, "start", "the name of the first menu")
            return plan
        }
        names = menus.members.keys.sorted()
        holdsMessages = Self.holds("play_back", root)
        for (index, name) in names.enumerated() {
            if let value = menus.members[name] { plan.places.append(place(name, index, value, menus.place(name))) }
        }
        if let start = fields.choice(object, "start", names, "menu") { plan.start = names.firstIndex(of: start) ?? 0 }
        plan.transfers = transfers
        plan.holdsMessages = holdsMessages
        return plan
    }

    private mutating func checkVersion(_ object: MenuObject) {
        guard let value = object.members["trunkline_menu"] else {
            return fields.note("trunkline_menu", "is missing: a menu file begins with {\"trunkline_menu\": \(Self.version), …}")
        }
        guard value != .number(Double(Self.version)) else { return }
        fields.note("trunkline_menu", "must be \(Self.version): this program reads no other version")
    }

    private mutating func menus(_ object: MenuObject) -> MenuObject? {
        guard let value = object.members["menus"] else {
            fields.note("menus", "is missing: {\"main\": {\"prompt\": …, \"keys\": …}}")
            return nil
        }
        guard case .object(let members) = value else {
            fields.note("menus", "must be an object in braces")
            return nil
        }
        guard !members.isEmpty, members.count <= MenuPlan.mostMenus else {
            fields.note("menus", "has \(members.count) menus, 1 to \(MenuPlan.mostMenus) are taken")
            return nil
        }
        for name in members.keys.sorted() where !Self.isName(name) {
            fields.note(
                MenuObject.join("menus", name),
                "a menu's name is 1 to \(MenuPlan.longestName) letters a-z, digits, - and _; give it another")
        }
        return MenuObject(path: "menus", members: members)
    }

    static func isName(_ name: String) -> Bool {
        (1...MenuPlan.longestName).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }

    private mutating func place(_ name: String, _ index: Int, _ value: JSONValue, _ path: String) -> MenuPlace {
        var place = MenuPlace(name: name)
        guard let object = fields.object(value, at: path, known: Self.menu) else { return place }
        _ = fields.text(object, "about")
        place.prompt = prompt(object, "prompt")
        place.invalid = prompt(object, "invalid")
        place.noInput = prompt(object, "no_input")
        place.timeout = fields.seconds(object, "timeout", 500...120_000, usual: place.timeout)
        place.betweenKeys = fields.seconds(object, "between_keys", 200...30_000, usual: place.betweenKeys)
        place.retries = fields.whole(object, "retries", 0...20, usual: place.retries)
        place.isInterruptible = fields.flag(object, "interruptible", usual: true)
        if let after = object.members["after_retries"] {
            place.afterRetries = action(after, at: object.place("after_retries"), in: index)
        }
        readKeys(object, index, &place)
        return place
    }

    private mutating func readKeys(_ object: MenuObject, _ index: Int, _ place: inout MenuPlace) {
        let path = object.place("keys")
        guard case .object(let members)? = object.members["keys"], !members.isEmpty else {
            return fields.note(path, "must be an object of keys and what they do; to say something and go on use the action play")
        }
        guard members.count <= MenuPlan.mostKeys else {
            return fields.note(path, "has \(members.count) keys, at most \(MenuPlan.mostKeys) are taken; use menus below this one")
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let keys = KeypadEntry.keys(in: name) ?? []
            let spelling = keys.map(\.rawValue).joined()
            if !(1...MenuPlan.longestKey).contains(keys.count) {
                fields.note(
                    MenuObject.join(path, name), "must be 1 to \(MenuPlan.longestKey) keys out of 0-9, *, # and A-D")
            } else if place.actions[spelling] != nil {
                fields.note(MenuObject.join(path, name), "is the same key as \(spelling); leave one out")
            }
            place.actions[spelling] = action(value, at: MenuObject.join(path, name), in: index)
            for length in 1..<max(keys.count, 1) { place.beginnings.insert(String(spelling.prefix(length))) }
        }
    }

    /// A prompt: the name of a sound file, or a list of names.
    mutating func prompt(_ object: MenuObject, _ name: String) -> MenuPrompt {
        guard let value = object.members[name] else { return MenuPrompt() }
        let path = object.place(name)
        switch value {
        case .string(let file): return MenuPrompt(parts: sound(file, path))
        case .array(let values) where (1...MenuPlan.mostParts).contains(values.count):
            var parts: [PCM16] = []
            for (number, value) in values.enumerated() {
                guard case .string(let file) = value else {
                    fields.note("\(path)[\(number)]", "must be the name of a sound file in quotes")
                    continue
                }
                parts += sound(file, "\(path)[\(number)]")
            }
            return MenuPrompt(parts: parts)
        case .null, .bool, .number, .array, .object:
            fields.note(path, "must be the name of a sound file in quotes, or a list of 1 to \(MenuPlan.mostParts) names")
            return MenuPrompt()
        }
    }

    /// Whether some action anywhere is of this kind.
    private static func holds(_ kind: String, _ value: JSONValue) -> Bool {
        switch value {
        case .object(let members): members["do"] == .string(kind) || members.values.contains { holds(kind, $0) }
        case .array(let values): values.contains { holds(kind, $0) }
        case .null, .bool, .number, .string: false
        }
    }
}
