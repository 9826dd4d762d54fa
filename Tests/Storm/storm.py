"""A storm over outbound calls; see Scripts/storm."""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time

from client import Client
from processes import Provider, Server, free_port
from verdict import judge

# After each 429 the provider is left alone for a second or more: more of them would be all that is seen.
FAULTS = (
    "429=0.005,429-bare=0.002,500=0.02,500-placed=0.02,timeout=0.005,timeout-placed=0.005,closed=0.01,closed-placed=0.02,"
    "lookup=0.05,lost=0.05,doubled=0.05,reordered=0.05,late=0.05"
)
FATES = "answered=6,busy=1,no-answer=1,rejected=1,failed=1"
# Without a stream or a callback the server ends a call after ring time-out and this; the least that each provider takes.
LONGEST = {"twilio": 4, "telnyx": 30, "plivo": 4, "vonage": 4, "exotel": 4}


def arguments():
    parser = argparse.ArgumentParser(prog="Scripts/storm", description="Outbound calls through faults and kills.")
    parser.add_argument("--calls", type=int, default=10_000, help="calls asked for (10000)")
    parser.add_argument("--rate", type=int, default=50, help="calls a second that the server may place (50)")
    parser.add_argument("--kill", type=int, default=5, help="how often the server is killed (5)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same faults and kills (1)")
    parser.add_argument("--ask-rate", type=int, default=200, help="calls asked for in a second (200)")
    parser.add_argument("--provider", default="twilio", help="one or several with commas (twilio)")
    parser.add_argument("--faults", default=FAULTS, help="as of trunkline simulate --api")
    parser.add_argument("--fates", default=FATES, help="as of trunkline simulate --api")
    parser.add_argument("--streams", action="store_true", help="answered calls open their stream, to the echo bot")
    parser.add_argument("--list-lag", type=float, default=2, help="seconds for which calls stay out of the provider's lists (2)")
    parser.add_argument("--limit", type=int, default=0, help="seconds until the run is given up (what the calls need, doubled, and 300)")
    parser.add_argument("--keep", action="store_true", help="keep journal, logs and ledger of a good run too")
    parser.add_argument("--binary", help="a trunkline that is built already")
    given = parser.parse_args()
    given.providers = given.provider.split(",")
    if strangers := [name for name in given.providers if name not in LONGEST]:
        parser.error(f"--provider {strangers[0]}: must be of {', '.join(LONGEST)}")
    if given.calls < 1 or given.calls > 1_000_000 or given.rate < 1 or given.kill < 0:
        parser.error("--calls must be from 1 to 1000000, --rate from 1, --kill from 0")
    given.limit = given.limit or 2 * given.calls // given.rate + 300
    return given


def kill_and_restart(server, given, chance, done):
    """Kills at random moments of the time in which calls are placed."""
    length = given.calls / given.rate
    start = time.monotonic()
    for moment in sorted(chance.uniform(0.05, 0.95) * length for _ in range(given.kill)):
        if done.wait(max(0.0, start + moment - time.monotonic())):
            return
        server.kill()
        say(f"killed at {time.monotonic() - start:.1f} s")
        time.sleep(chance.uniform(0.05, 1.5))
        server.start()


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    given = arguments()
    folder = tempfile.mkdtemp(prefix="trunkline-storm-")
    chance = random.Random(given.seed)
    provider = Provider(given, folder)
    server = Server(given, folder, free_port(), provider.base)
    isGood = False
    try:
        server.start()
        client = Client(given, server, LONGEST)
        done = threading.Event()
        killer = threading.Thread(target=kill_and_restart, args=(server, given, chance, done))
        began = time.monotonic()
        killer.start()
        client.ask()
        say(f"asked for {given.calls} calls in {time.monotonic() - began:.1f} s")
        killer.join()
        isOver = client.wait(began + given.limit, say)
        done.set()
        results = client.results()
        ledger = provider.ledger()
        isGood = judge(given, client, results, ledger, server, isOver, time.monotonic() - began)
    finally:
        server.stop()
        provider.stop()
        if isGood and not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"journal, logs and ledger are in {folder}")
    sys.exit(0 if isGood else 1)


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    main()
