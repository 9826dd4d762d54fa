import Bots
import Server

/// What `trunkline help` prints.
enum HelpText {
    /// - Parameter command: `nil` for the overview.
    static func text(of command: String?) throws(UsageError) -> String {
        switch command {
        case nil: overview
        case "serve": serve
        case "config": config
        case "simulate": simulate
        case "replay": replay
        case "dial": DialHelp.dial
        case "campaign": DialHelp.campaign
        case let command?:
            throw UsageError("\(command): no such command; there are serve, dial, campaign, simulate, replay, config and help")
        }
    }

    private static let overview = """
        trunkline puts a program on the phone: telephony providers stream a call's audio to it over a WebSocket,
        a bot answers, and what it says goes back at the pace at which the provider plays it.

        usage: trunkline COMMAND [flags]

          serve      run the server
          dial       ask a running server to place one call
          campaign   call everybody on a list, and go on after a crash
          simulate   place calls to a running server, playing the provider's side
          replay     play captured calls again and compare what comes back
          config     print the configuration that serve would run with, secrets masked
          help       this text; trunkline help COMMAND tells the flags

        First call, with no account and no phone:
          trunkline serve
          trunkline simulate --provider twilio --calls 1 --duration 3 --heard heard.wav
        """

    private static var settings: String {
        Setting.all.map { setting in
            let names = (setting.short.map { "-\($0), " } ?? "    ") + "--\(setting.name) \(setting.value)"
            let usual = setting.name == "bot" ? MenuBot.name : setting.show(Configuration())
            // The number of loops is the machine's, and the text says so.
            let hasDefault = usual != "none" && setting.name != "loops"
            return "  " + names.padding(to: 30) + setting.help + (hasDefault ? "; default \(usual)" : "")
        }.joined(separator: "\n")
    }

    private static var serve: String {
        """
        usage: trunkline serve [flags]

        Serves the answer documents of Twilio, Telnyx, Plivo, Exotel and Vonage, takes their media streams and runs a bot
        on each call: menu (prompts and keys, by the file of --menu, else a demo), echo or drill. Stops on Ctrl-C or SIGTERM.

        \(settings)
              --config FILE             JSON object of settings, by the names above without the leading dashes

        Each of these but --config may also be an environment variable: --max-calls is TRUNKLINE_MAX_CALLS. Flags win
        over the environment, the environment over the file.

        Secrets come from the environment (or, by the same names, from the file):
          TRUNKLINE_API_KEY    what the control routes (/calls, /recordings, /start, /dialing) ask for; without it they
                               answer only to this machine
          TRUNKLINE_SECRET     signs stream tokens; equal on all replicas; when unset, a random one that the folder of the
                               journal keeps
          TRUNKLINE_EVENTS_SECRET
                               signs what is posted to --events-url; without it TRUNKLINE_SECRET does
          TWILIO_AUTH_TOKEN, TELNYX_PUBLIC_KEY, PLIVO_AUTH_TOKEN, VONAGE_SIGNATURE_SECRET
                               once set, that provider's webhooks must be signed
          TWILIO_ACCOUNT_SID, TELNYX_API_KEY, PLIVO_AUTH_ID, VONAGE_APPLICATION_ID with VONAGE_PRIVATE_KEY
                               once set, a call that the bot ends is also hung up at the provider
          TWILIO_API_BASE and the like point a provider's REST API at another host

        To place calls, set also, for each provider that is to place them:
          TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; TELNYX_API_KEY and TELNYX_CONNECTION_ID; PLIVO_AUTH_ID and
          PLIVO_AUTH_TOKEN; EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN; VONAGE_APPLICATION_ID and
          VONAGE_PRIVATE_KEY; and PROVIDER_PHONE_NUMBER, the number that calls. The provider must reach this server: -x.

        Routes: GET or POST /answer/{provider}, POST / (with -t), WebSocket /ws/{token}, POST /start, GET /calls, GET and
        DELETE /calls/{id}, POST /calls/{id}/recording, GET /recordings, GET and DELETE /recordings/{id}, GET
        /recordings/{id}/access-link and /download, GET /dialing, POST /dialing/pause and /dialing/resume,
        POST /status/{provider}, GET /healthz.
        """
    }

    private static let config = """
        usage: trunkline config [flags of serve]

        Prints the configuration that trunkline serve would run with, from the flags, the environment and --config. Of
        secrets it says only whether they are set.
        """

    private static let simulate = """
        usage: trunkline simulate --provider PROVIDER [flags]
               trunkline simulate --scenario FILE|FOLDER… [--url URL | --answer URL | --virtual] [flags]
               trunkline simulate --api [--provider PROVIDER] [flags]

        Plays the provider's side of phone calls over real WebSockets: sends what the caller says in the provider's own
        messages, plays what comes back in real time, and reports what was heard. Exits 1 when a call failed, or an echo lost or changed
        audio, or the run was stopped.

          --provider NAME       twilio, telnyx, plivo, exotel or vonage
          --url URL             the server's media socket; default ws://127.0.0.1:7860/ws
          --calls N             calls at once; default 1
          --rate R              calls started per second; default 100
          --duration SECONDS    how long all calls stay up once the last one was started; default 5, or that of the file
                                and a second
          --say FILE.wav        what the caller says; default: a 440 Hz tone in bursts
          --echo                the bot is an echo: measure round trips, recognise each packet by its sound (not with --say),
                                and fail when audio was lost, changed, doubled or another call's
          --late-ms MS          a packet that is under way for longer is late; default 60 (Exotel 260)
          --pid PID             the server's process on this machine: state its CPU and memory
          --loops N             threads that place the calls; default 1
          --json                the report as one JSON object on one line
          --heard FILE.wav      where to write what the (first) caller heard
          --dtmf KEYS           keys that the caller presses after one second, such as 12#
          --ca FILE             certificates (PEM) to trust for wss besides the system's
          --encoding NAME       pcmu (default), pcma or l16: Telnyx and Plivo only
          --sample-rate HZ      8000 (default; Vonage 16000), 16000 or 24000, where the provider has it

        As a real call begins, with the answer document:

          --answer URL          fetch this document first, as the provider does, and do what it says: connect to its
                                socket, with its parameters, in its formats; what the provider would object to is told;
                                {provider} in it stands for the provider's name
          --method GET|POST     how it is fetched; default as in the provider's console
          --status URL          report there that the call is initiated, ringing, answered and completed
          --sign on|off|wrong   sign webhooks and the upgrade (default with --answer), do not, or with a wrong secret
          --connect-to H:PORT   connect there in place of the public host, whose name stays in URLs and signatures;
                                http://H:PORT connects without TLS, as a proxy does to the server behind it

        It signs with the secrets that the server knows, from the same environment names: TWILIO_AUTH_TOKEN,
        PLIVO_AUTH_TOKEN, VONAGE_SIGNATURE_SECRET (VONAGE_APPLICATION_ID), TELNYX_STREAM_AUTH_TOKEN, EXOTEL_STREAM_USER and
        EXOTEL_STREAM_PASSWORD; for Telnyx's webhooks with TELNYX_PRIVATE_KEY, which no server has: the base64 of the
        32-byte Ed25519 seed behind TELNYX_PUBLIC_KEY. What has no secret goes out unsigned.

        A scenario is a JSON file that says what a caller does and what must be heard; Simulation.docc describes it. Several
        files and folders are played one after the other. Exits 1 when an expectation failed, 64 when a file is bad.

          --scenario PATH       a scenario, or a folder of them; more may follow
          --url URL             over a socket, in real time; all providers of a scenario at once; default as above
          --answer URL          the same with the answer document first (with --method, --status, --sign and --connect-to as
                                above): http://127.0.0.1:7860/answer/{provider}; bot and options are asked for in its query
          --virtual             against the engine in this process, on a virtual clock: an hour in seconds
          --bot NAME            the far end is this bot and no other: scenarios that need another one are skipped
          --provider NAME       play this provider only
          --menu FILE           the menu that the bot called menu walks callers through, with --virtual; default the demo
          --longest SECONDS     skip scenarios that may take longer; default 120 over a socket
          --json                one JSON document instead of a table
          --heard FILE.wav      where to write what was heard; of several calls, each into a file of its own beside it
          --ca FILE             certificates (PEM) to trust for wss besides the system's

        With --api it is the provider that a server dials out with: the REST API on loopback, told to the server by
        TWILIO_API_BASE and the like. It holds each request to the provider's documents, and refuses in the provider's
        words what they do not name, posts callbacks, fetches answer documents, opens the stream of an answered call, and keeps a
        ledger of who was called when. Secrets that the server has, from the same environment names, must be right; without
        them any of the right shape is taken, and callbacks go unsigned. Stops on Ctrl-C.

          --provider NAME       one of them; default all: their paths differ
          --port N              port to listen on; default 7861, 0 takes a free one
          --fates LIST          what happens to calls, by weight: answered, busy, no-answer, rejected, failed, machine;
                                default answered=1
          --numbers LIST        what happens to calls to these numbers: +15005550010=busy,+15005550011=machine
          --ring-seconds S      from the first ring to the answer, S or A-B by chance; default 1
          --answer-seconds S    from the answer until the callee hangs up; default 5
          --transfer-seconds S  from the answer of a telephone that a call is transferred to until it hangs up; default 5
          --patience SECONDS    nobody answers: give up after this, before the request's own ring time-out
          --no-streams          answered calls open no stream
          --faults LIST         what goes wrong, with its probability. Create requests: 429, 429-bare (no Retry-After), 500,
                                timeout, closed (nothing was placed); 500-placed, timeout-placed, closed-placed (it was).
                                Others: lookup. Callbacks: lost, doubled, reordered, late
          --list-lag SECONDS    calls stay out of lists for so long; default 0
          --seed N              the same seed draws the same chances; default 1
          --ledger FILE.json    where to write the ledger at the end; GET /ledger gives it at any time
          --json                the summary as JSON
          --ca FILE             certificates (PEM) to trust for wss besides the system's
        """

    private static let replay = """
        usage: trunkline replay CAPTURE… [flags]

        Plays captured calls (serve --capture DIR makes them) to a bot in this process, on a virtual clock, and compares
        what comes back with what came back then: messages, order, times, audio, marks, clears, the end. CAPTURE is a
        file, or a folder: then every *.jsonl in it and below. Tells each difference with its time in the call. Exits 0
        when all are the same, 1 when one is different or cannot be played.

        What was masked stays masked: a bot to which it matters which key is pressed needs calls that were captured with
        --capture-keys full, one that listens for speech calls with sound (--capture-audio full or noise).

          --bot NAME            the bot that answers; default: the one that answered then
          --menu FILE           the menu that the bot called menu walks callers through; default the demo
          --update              different captures take what came as what is expected
          --audio HOW           exact (default): every byte; spectral: what sounds the same is the same; off
          --tolerance-ms N      farthest that a message may be from its time; default 10, with --url 100
          --lines N             most differences told of one capture; default 20
          --junit FILE          where to write the results as JUnit XML
          --realtime            at the call's own pace, telling what happens beside audio
          --url URL             not in this process but to a live server's media socket, in real time; it gets the query
                                that the captured call had, when the URL has none
          --ca FILE             certificates (PEM) to trust for wss besides the system's
          --max-duration S, --idle-timeout S
                                as the server had them, when it had others than the defaults
        """
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self + " "
    }
}
