/// What `trunkline help dial` and `trunkline help campaign` print.
enum DialHelp {
    static let dial = """
        usage: trunkline dial --to NUMBER [flags]

        Asks a running server to place one call, and prints the call's id, the provider, the provider's id and the status.
        Exits 0 when the call was accepted, 1 when it was refused or the server cannot be reached, 64 for bad usage.

          --to NUMBER              who is called: +, country code and number
          --provider NAME          twilio, telnyx, plivo, exotel or vonage; default: the server's
          --from NUMBER            who calls; default: the server's number at the provider
          --bot NAME               the bot of the call; default: the server's
          --body JSON              an object for the bot, at most 1 KiB
          --metadata JSON          an object that comes back with the call and its events, at most 1 KiB
          --timeout SECONDS        how long it may ring
          --max-duration SECONDS   how long the call may last
          --machine-detection HOW  off, detect, hangup or message
          --key KEY                idempotency key: the same key is the same call, however often it is asked for
          --wait SECONDS           how long to wait for the provider's answer, 0 to 30; default 10
          --server URL             default http://127.0.0.1:7860
          --ca FILE                certificates (PEM) to trust for https besides the system's
          --json                   the server's answer as one JSON object on one line

        TRUNKLINE_API_KEY is the key of the server, where it asks for one.
        """

    static let campaign = """
        usage: trunkline campaign run LIST.csv --config C.json [flags]
               trunkline campaign resume LIST.csv --config C.json [flags]

        Calls everybody on a list through a running server. The whole list is checked first: if a row is bad, nobody is
        called. Ctrl-C lets open calls end and places no new ones; a second one leaves at once. Either way, and after a
        crash, resume goes on: nobody is called twice for one attempt, and nobody is left out.

          --config FILE      the campaign's settings, a JSON object
          --server URL       default http://127.0.0.1:7860; TRUNKLINE_API_KEY is its key, where it asks for one
          --dry-run          check the list, forecast how long it takes and call nobody
          --results FILE     where the results go (CSV) when the campaign ends, stops or has drained; default
                             LIST.csv.results.csv
          --skip-bad-rows    leave bad rows out
          --ca FILE          certificates (PEM) to trust for https besides the system's

        LIST.csv is CSV in UTF-8 with a header: number (or phone_number, to: + and digits, nothing between them), time_zone
        (IANA) and priority (0 to 9) where wanted; every other column becomes a member of the call's body.
        LIST.csv.state.jsonl keeps the state, no numbers in it; one process at a time holds it.
        In the results, cells that a spreadsheet would take for a formula begin with an apostrophe, all but the number.

        Settings, all optional:
          name                             of the campaign; under another name the same list is called again
          provider, from, bot, machine_detection, metadata, timeout_secs, max_duration_secs
                                           as for one call; see POST /start
          body                             an object under the row's own columns
          rate, concurrency                calls a second (default 1), calls at once (default 10); the server's own pace
                                           (serve --dial-rate: for some providers 1 a second) holds as well
          windows                          [{"days": "mon-fri", "from": "09:00", "to": "18:00"}], on the callee's clock;
                                           days may be left out; to before from is over midnight
          start, end, holidays             days such as "2030-01-31", the callee's; holidays is a list of them
          time_zone                        of rows that name none
          attempts                         most calls to one number; default 1
          retry_on                         which ends are called again: busy, no-answer, machine, rejected, failed; default
                                           ["busy", "no-answer"]. What is unknown never is: somebody may have answered
          spacing                          minutes to the next attempt; default {"busy": 15, "no-answer": 120,
                                           "machine": 240, "rejected": 240, "failed": 15}
          suppress                         path of a do-not-call list, seen from the working folder: a number a line, # before
                                           remarks. It may change at any time; while it cannot be read, or a line of it is
                                           no number, nobody is called
          duplicates                       error (default: a number that comes twice is a bad row) or skip
          expected_seconds                 how long a call is thought to last, for forecasts; default 60
        On resume rate, concurrency, suppress and expected_seconds may be others; the list and the rest may not, once
        somebody was called.

        Exits 0 when every row is done, 1 when the server or the disk stopped it (resume goes on), 2 when Ctrl-C drained it
        and rows are left, 130 when it was left at once, 64 for bad usage or settings, 65 for a list with bad rows.
        """
}
