"""The two programs of the storm: the provider on loopback and the server that dials out through it."""

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

ACCOUNT = "AC" + "0" * 31 + "1"
CREDENTIALS = {
    "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "storm-twilio", "TELNYX_API_KEY": "KEYstorm",
    "TELNYX_CONNECTION_ID": "1234567890", "PLIVO_AUTH_ID": "MASTORMSTORMSTORMSTO", "PLIVO_AUTH_TOKEN": "storm-plivo",
    "EXOTEL_ACCOUNT_SID": "storm1", "EXOTEL_API_KEY": "storm", "EXOTEL_API_TOKEN": "storm-exotel",
    "VONAGE_APPLICATION_ID": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001", "VONAGE_SIGNATURE_SECRET": "storm-vonage",
}
FROM = "+13125550100"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder):
    """Nothing of the caller's settings may reach the programs: they dial loopback alone."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")}
    key = os.path.join(folder, "vonage.pem")
    if not os.path.exists(key):
        subprocess.run(["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True, capture_output=True)
    with open(key) as file:
        return kept | CREDENTIALS | {"VONAGE_PRIVATE_KEY": file.read()}


class Provider:
    """`trunkline simulate --api`."""

    def __init__(self, given, folder):
        command = [
            given.binary, "simulate", "--api", "--port", "0", "--faults", given.faults, "--fates", given.fates, "--seed", str(given.seed),
            "--ring-seconds", "0.1-1", "--answer-seconds", "0.2-3", "--patience", "2", "--list-lag", str(given.list_lag),
            "--ledger", os.path.join(folder, "ledger.json"), "--json",
        ] + ([] if given.streams else ["--no-streams"])
        self.log = open(os.path.join(folder, "provider.log"), "w")
        self.process = subprocess.Popen(
            command, env=environment(folder), stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            raise SystemExit(f"trunkline simulate --api did not start; see {self.log.name}")
        self.base = found.group()

    def ledger(self):
        """What was really done. Calls in the air get the time to end."""
        deadline = time.monotonic() + 30
        while True:
            with urllib.request.urlopen(self.base + "/ledger", timeout=60) as answer:
                ledger = json.load(answer)
            if all(call["ended_at"] for call in ledger["calls"]) or time.monotonic() > deadline:
                return ledger
            time.sleep(1)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


class Server:
    """`trunkline serve`, which is killed and started again on the same journal."""

    def __init__(self, given, folder, port, base):
        self.port = port
        self.kills = 0
        self.command = [
            given.binary, "serve", "--port", str(port), "--bot", "echo", "--journal", os.path.join(folder, "journal"),
            "--dial-rate", ",".join([str(given.rate)] + [f"{name}={given.rate}" for name in given.providers]),
            "--dial-concurrency", ",".join(["20000"] + [f"{name}=20000" for name in given.providers]),
            "--dial-queue", str(given.calls + 1000), "--dial-allow", "+1", "--dial-calls-per-hour", str(2 * given.calls + 1000),
            "--dial-calls-per-day", str(2 * given.calls + 1000), "--dial-minutes-per-hour", "1000000",
            "--dial-minutes-per-day", "1000000", "--stream-timeout", "15" if given.streams else "0", "--log-level", "info",
        ]
        self.environment = environment(folder) | {"TRUNKLINE_SECRET": "storm-secret-0123456789abcdef0123"}
        for name in ("TWILIO", "TELNYX", "PLIVO", "EXOTEL", "VONAGE"):
            self.environment[f"{name}_API_BASE"] = base
        self.log = open(os.path.join(folder, "server.log"), "a")
        self.process = None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Returns once it answers."""
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"trunkline serve ended with {self.process.returncode}; see {self.log.name}")
            try:
                urllib.request.urlopen(self.base + "/healthz", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        raise SystemExit(f"trunkline serve does not answer; see {self.log.name}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.kills += 1

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()
