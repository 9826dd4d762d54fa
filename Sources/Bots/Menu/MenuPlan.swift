import Audio
import Call

/// What a menu file says, checked whole: every menu that is named exists, every prompt is decoded and held once for all calls.
///
/// <doc:Menus> describes the file. The limits are wide for people who write menus and narrow for files that somebody else wrote.
public struct MenuPlan: Sendable {
    /// A menu file is some pages of text. Units: bytes.
    public static let longestFile = 1 << 20
    /// Menus of one file; a large company's has some dozens.
    public static let mostMenus = 256
    /// Keys of one menu: two digits make 100, three are a list of extensions and want a program.
    public static let mostKeys = 256
    /// Keys of one entry.
    public static let longestKey = 8
    /// Sound files said one after the other as one prompt.
    public static let mostParts = 16
    /// Actions inside each other by `then`.
    public static let deepestAction = 16
    /// Letters of a menu's name.
    public static let longestName = 64
    /// Longest sound file, in playing time.
    public static let longestSound = Duration.seconds(600)
    /// All sound files together. Units: samples; an hour at 8 kHz, 58 MB of memory.
    public static let mostSamples = 8_000 * 3_600
    /// Longest message that is kept in memory to be played back, in playing time: 2 MB of memory for a call at 16 kHz.
    public static let longestHeld = Duration.seconds(60)

    var places: [MenuPlace] = []
    /// Index of the first menu.
    var start = 0
    /// Whether an interruption by somebody else (the caller's voice) silences prompts.
    public internal(set) var honoursVoice = false
    /// Transfers by their ``TransferOrder/resumeAt``.
    var transfers: [String: MenuTransfer] = [:]
    /// Whether some action plays the caller's message back, so that it has to be held.
    var holdsMessages = false
    /// What is odd and not wrong, for the log.
    public internal(set) var warnings: [MenuMistake] = []

    /// Names of the menus, the first one first.
    public var names: [String] {
        places.indices.sorted { ($0 == start ? 0 : 1, $0) < ($1 == start ? 0 : 1, $1) }.map { places[$0].name }
    }
}

/// One menu: what it says, and what each key does.
struct MenuPlace: Sendable {
    var name: String
    var prompt = MenuPrompt()
    var actions: [String: MenuAction] = [:]
    /// The beginnings of keys of several digits.
    var beginnings: Set<String> = []
    /// How long it waits for a key once the prompt was heard.
    var timeout = Duration.seconds(5)
    /// How long it waits for the next key of an entry.
    var betweenKeys = Duration.seconds(2)
    /// How often it says its prompt again.
    var retries = 2
    var invalid = MenuPrompt()
    var noInput = MenuPrompt()
    var afterRetries = MenuAction.hangUp(MenuPrompt())
    /// Whether a key silences the prompt.
    var isInterruptible = true
}

/// Sounds said one after the other.
struct MenuPrompt: Equatable, Sendable {
    var parts: [PCM16] = []

    var isEmpty: Bool { parts.isEmpty }

    static func + (a: MenuPrompt, b: MenuPrompt) -> MenuPrompt { MenuPrompt(parts: a.parts + b.parts) }
}

/// What a key does. `then` is what follows; a menu is meant by its index.
indirect enum MenuAction: Sendable {
    case menu(Int)
    case play(MenuPrompt, isInterruptible: Bool, then: MenuAction)
    case record(MenuRecord)
    /// `nothing` is said when no message was recorded.
    case playBack(nothing: MenuPrompt, then: MenuAction)
    case echo(MenuEcho)
    case handOver(bot: String, MenuPrompt, failed: MenuPrompt, back: Int)
    case transfer(MenuTransfer)
    case hangUp(MenuPrompt)
}

/// Takes a message.
struct MenuRecord: Sendable {
    var prompt: MenuPrompt
    var beeps: Bool
    var longest: Duration
    /// The message is over after so much silence.
    var silence: Duration
    /// Keys that end it.
    var ends: Set<KeypadEntry>
    /// Whether the call's recording is told, so that a file is kept.
    var isKept: Bool
    /// Said when nothing can be kept.
    var failed: MenuPrompt
    var then: MenuAction
}

/// Says back what the caller says.
struct MenuEcho: Sendable {
    var prompt: MenuPrompt
    var longest: Duration
    /// Keys that end it.
    var ends: Set<KeypadEntry>
    var then: MenuAction
}

/// Connects the caller to a telephone.
struct MenuTransfer: Sendable {
    var order: TransferOrder
    /// Heard to its end before the provider is asked.
    var prompt: MenuPrompt
    /// Played for as long as the stream lives once the provider has accepted.
    var hold: MenuPrompt
    var failed: MenuPrompt
    /// In place of `failed`.
    var busy: MenuPrompt
    var noAnswer: MenuPrompt
    /// When the caller is still there, or there again.
    var then: MenuAction

    /// What is said when the call comes back.
    func words(on outcome: DialEnd) -> MenuPrompt {
        switch outcome {
        case .busy: busy
        case .noAnswer: noAnswer
        // Somebody was spoken to: there is nothing to be sorry for.
        case .completed: MenuPrompt()
        case .rejected, .failed, .canceled, .machine, .unknown: failed
        }
    }
}
