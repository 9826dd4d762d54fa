import Audio
import Bots
import Call
import Capture
import Pipeline
import Providers

/// Everything a server is told before it starts. A value: two servers in one process have two.
public struct Configuration: Sendable {
    /// Address to listen on.
    public var host = "127.0.0.1"
    /// 0: the system picks one.
    public var port = 7860
    /// Event loops, each a thread.
    public var loops = 1
    /// The host name (with port when it is not 443) under which providers reach us, as `-x` gives it; `nil`: the `Host` header.
    public var publicHost: String?
    /// `-t`: the provider that `POST /` answers.
    public var transport: ProviderName?
    /// The bot of calls that name none.
    public var bot = "echo"
    public var bots = BotCatalog.builtIn
    /// The file of the menu that the menu bot walks; `nil`: none, or that of a bot in `bots`.
    public var menu: String?
    /// What was odd about the configuration and not wrong: lines for the log.
    public var warnings: [String] = []
    /// The providers whose streams and webhooks are served.
    public var dialects: [any ProviderDialect] = Provider.all
    /// Credentials and signature secrets by their environment names.
    public var settings = ProviderSettings()
    /// `TRUNKLINE_API_KEY`.
    public var apiKey: Secret?
    /// `TRUNKLINE_SECRET`; `nil`: a random one that the folder of the journal keeps, and stream tokens are worth nothing on another replica,
    /// nor, without a journal, after a restart.
    public var secret: Secret?
    public var limits = CallLimits()
    /// Most calls at once; more are refused with 503.
    ///
    /// Ten thousand is what 2 cores echo with headroom to spare in memory; set it to what was measured for your bot.
    public var maximumCalls = 10_000
    /// How long a stopping server waits for its calls to end by themselves.
    public var drainTimeout = Duration.zero
    /// What is done to the caller's audio before a bot hears it.
    public var audioFilter = AudioFilterSettings()
    /// How callers are listened to.
    public var conversation = ConversationDefaults()
    /// Files in PEM; both or none.
    public var tlsCertificate: String?
    public var tlsKey: String?
    /// The folder that takes a capture of each call; `nil`: none.
    public var captureFolder: String?
    /// What captures keep of the sound.
    public var captureAudio = CaptureHeader.AudioKept.full
    /// Whether captures keep which keys were pressed.
    public var captureKeys = false
    /// The folder that takes the event log of each call; `nil`: none.
    public var logFolder: String?
    /// Whether event logs say which keys were pressed.
    public var logKeys = false
    /// What is heard behind all that the bots say; `nil`: nothing.
    public var background: BackgroundSounds?
    /// Where it came from, as it was typed.
    public var backgroundFiles: String?
    public var recording = RecordingSettings()
    /// The program's version, for captures.
    public var build = ""
    /// The folder of the journal of outbound calls; `nil`: none are placed.
    public var journal: String?
    /// Whether the server does without its journal when it cannot have it, and places no calls.
    public var isJournalOptional = false
    /// Of outbound calls, what else is configured.
    public var dial = DialSettings()
    var journalDisk = JournalDisk()
    var transfer = TransferLimits()
    public var logLevel = LogLevel.info
    public var logFormat = LogFormat.text

    public init() {}

    public var isLoopback: Bool { LoopbackName.contains(host) }
}
