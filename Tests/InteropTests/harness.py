"""A running `trunkline serve`, raw HTTP to it, and audio to compare."""

import json
import os
import queue
import re
import socket
import subprocess
import threading
import time
import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

TRUNKLINE = os.environ.get("TRUNKLINE", ".build/release/trunkline")
PROVIDERS = ["twilio", "telnyx", "plivo", "exotel", "vonage"]


class Server:
    """`trunkline serve` on a free port, with nothing of the caller's environment that configures it."""

    def __init__(self, *flags, **environment):
        clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        self.process = subprocess.Popen(
            [TRUNKLINE, "serve", "--port", "0", "--loops", "1", "--log-level", "debug", "--bot", "echo", *flags],
            env=clean | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        ports = queue.Queue()
        threading.Thread(target=self._read, args=[ports], daemon=True).start()
        self.port = ports.get(timeout=20)
        assert self.port, "\n".join(self.lines)

    def _read(self, ports):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                ports.put(int(found[1]))
        ports.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def request(self, method, target, headers=None, body=b""):
        """The target goes out exactly as it is written; libraries would rewrite some of it."""
        fields = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"} | (headers or {})
        if body or method == "POST":
            fields["Content-Length"] = str(len(body))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"\r\n" + body)
            answer = b""
            while part := connection.recv(65536):
                answer += part
                if whole(answer):
                    break
        head, _, body = answer.partition(b"\r\n\r\n")
        return Answer(int(head.split(b" ")[1]), head.decode("latin1"), body)

    def upgrade(self, target, headers=None):
        """The status of a WebSocket handshake."""
        key = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        fields = {"Host": f"127.0.0.1:{self.port}"} | key | (headers or {})
        head = f"GET {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"\r\n")
            return int(connection.recv(65536).split(b" ")[1])

    def logged(self, text, seconds=5):
        return eventually(lambda: any(text in line for line in list(self.lines)), seconds)


class Answer:
    def __init__(self, status, head, body):
        self.status = status
        self.head = head
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


def whole(answer):
    head, mark, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(mark) and length is not None and len(body) >= int(length[1])


def eventually(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


# MARK: Audio


def tone(hertz, rate, seconds, level=0.5):
    at = np.arange(int(rate * seconds)) / rate
    return (np.sin(2 * np.pi * hertz * at) * level * 32767).astype("<i2").tobytes()


def loudest(audio, rate):
    """The frequency with the most energy. Units: hertz."""
    samples = np.frombuffer(audio, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate / len(samples)


def noise(rate, seconds, seed=1):
    """Samples of which no two stretches are alike, so that a shift, a loss or a repeat shows."""
    return np.random.default_rng(seed).integers(-32768, 32767, int(rate * seconds), dtype="<i2").tobytes()


def heard_in(said, heard, slack):
    """The place of `said` in `heard`, sample by sample; `None` when it is not there in one piece."""
    for at in range(0, min(slack, len(heard) - len(said)) + 1, 2):
        if heard[at : at + len(said)] == said:
            return at // 2
    return None


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]
