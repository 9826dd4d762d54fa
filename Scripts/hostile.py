"""Clients that mean harm: mutated messages of all five providers over real sockets, broken frames, half requests, sudden ends.

usage: hostile.py PORT SECONDS SEED

The same seed says the same bytes. Exits 1 when the server no longer answers /healthz. Used by Scripts/sanitize.
"""

import base64
import json
import random
import socket
import struct
import sys
import time

port, seconds, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)

AUDIO = base64.b64encode(bytes(range(160))).decode()
STARTS = [
    {"event": "start", "streamSid": "MZ1", "start": {"callSid": "CA1", "streamSid": "MZ1", "customParameters": {"a": "b"},
     "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}},
    {"event": "start", "stream_id": "s", "start": {"call_control_id": "v3:1",
     "media_format": {"encoding": "L16", "sample_rate": 16000, "channels": 1}}},
    {"event": "start", "start": {"callId": "c", "streamId": "s", "mediaFormat": {"encoding": "audio/x-l16", "sampleRate": 8000}}},
    {"event": "start", "stream_sid": "x", "start": {"stream_sid": "x", "call_sid": "c", "media_format": {"sample_rate": "8000"}}},
    {"event": "websocket:connected", "content-type": "audio/l16;rate=16000", "uuid": "u"},
]
LATER = [
    {"event": "media", "sequence_number": "7", "media": {"track": "inbound", "chunk": "3", "timestamp": "60", "payload": AUDIO}},
    {"event": "media", "media": {"chunk": 2**63 - 1, "payload": AUDIO}}, {"event": "media", "media": {"chunk": -(2**63), "payload": AUDIO}},
    {"event": "media", "media": None}, {"event": "dtmf", "dtmf": {"digit": "1"}}, {"event": "mark", "mark": {"name": "x"}},
    {"event": "playedStream", "name": "x"}, {"event": "clearedAudio"}, {"event": "error", "payload": {"code": 100}},
    {"event": "websocket:dtmf", "digit": "#"}, {"event": "websocket:notify", "payload": {"id": "trunkline-end"}}, {"event": "stop"},
]
WORDS = [b"null", b"-1", b"0", b"1e999", b"9223372036854775807", b"-9223372036854775808", b'"\\ud800"', b"[" * 70, b'""', b"{}", b"8e3"]


def mutated(data):
    data = bytearray(data)
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            data[at : at + chance.randint(0, 9)] = bytes([chance.randrange(256)])
        elif kind == 1:
            data[at:at] = chance.choice(WORDS)
        elif kind == 2:
            del data[at : at + chance.randint(1, 30)]
        elif kind == 3:
            data[at:at] = data[: chance.randint(1, 60)]
        elif b":" in data:
            colon = chance.choice([i for i, byte in enumerate(data) if byte == 58]) + 1
            end = next((i for i in range(colon, len(data)) if data[i] in b",}"), len(data))
            data[colon:end] = chance.choice(WORDS)
    return bytes(data)


def frame(data):
    first = 0x80 | chance.choice([1] * 20 + [2] * 4 + [9, 10])
    if chance.random() < 0.03:
        first = chance.randrange(256)
    mask = bytes(4) if chance.random() < 0.97 else b""
    head = bytes([first])
    bit = 0x80 if mask else 0
    size = len(data)
    head += bytes([size | bit]) if size < 126 else bytes([126 | bit]) + struct.pack(">H", size)
    return head + mask + data


def stream():
    yield from (json.dumps(chance.choice(STARTS)).encode() for _ in range(chance.choice([0, 1, 1, 1, 2])))
    for _ in range(chance.randrange(40)):
        yield json.dumps(chance.choice(LATER)).encode() if chance.random() < 0.8 else chance.randbytes(chance.randrange(700))


def call():
    path = chance.choice(["/ws", "/ws?delay_ms=50", "/ws/telnyx", "/ws?body=e30", "/ws/a.b"])
    fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode() + b"".join(frame(mutated(part)) for part in stream())


def request():
    body = json.dumps({"From": "+1555", "body": AUDIO, "n": [1, 2, {}]}).encode()
    path = chance.choice(["/answer/twilio", "/answer/vonage", "/calls", "/calls/x", "/healthz"])
    method = chance.choice(["GET", "POST", "DELETE"])
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return mutated(head.encode() + body) * chance.choice([1, 1, 2])


def ask(data, wait):
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.settimeout(wait)
        client.sendall(data)
        answer = b""
        try:
            while part := client.recv(65536):
                answer += part
        except TimeoutError:
            pass
        if chance.random() < 0.3:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return answer


end = time.monotonic() + seconds
count = 0
while time.monotonic() < end:
    count += 1
    try:
        ask(call() if chance.random() < 0.8 else request(), chance.choice([0.001, 0.01, 0.1]))
    except ConnectionRefusedError:
        sys.exit("hostile.py: the server is gone")
    except OSError:
        pass
health = ask(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 5)
if not health.startswith(b"HTTP/1.1 200 "):
    sys.exit("hostile.py: /healthz does not answer")
print(f"{count} hostile connections (seed {seed})", file=sys.stderr)
