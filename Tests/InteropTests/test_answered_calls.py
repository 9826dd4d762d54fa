"""What `trunkline simulate --answer` fetches, signs and reports, checked by the providers' SDKs, and documents that their builders made."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from urllib.parse import parse_qsl

import jwt
from plivo import plivoxml
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from nacl.signing import SigningKey
from plivo.utils.signature_v3 import validate_v3_signature
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, VoiceResponse
from vonage_jwt import verify_signature
from vonage_voice.models import Connect as VonageConnect
from vonage_voice.models import WebsocketEndpoint

from harness import TRUNKLINE

TOKEN = "tok_made_up_0123456789abcdef"
SECRET = "a-made-up-signature-secret-of-32-bytes-and-more"
KEY = SigningKey(bytes(range(32)))
SECRETS = {
    "TWILIO_AUTH_TOKEN": TOKEN,
    "PLIVO_AUTH_TOKEN": TOKEN,
    "VONAGE_SIGNATURE_SECRET": SECRET,
    "TELNYX_PRIVATE_KEY": base64.b64encode(bytes(range(32))).decode(),
}
HOST = "voice.example.com"


def twilio_document():
    response = VoiceResponse()
    connect = Connect(action=f"https://{HOST}/action")
    stream = connect.stream(url=f"wss://{HOST}/ws", name="leg", status_callback=f"https://{HOST}/stream")
    stream.parameter(name="tenant", value='t<&"42')
    response.append(connect)
    return str(response), "text/xml"


def telnyx_document():
    return (
        f'<Response><Connect><Stream url="wss://{HOST}/ws" bidirectionalMode="rtp" statusCallback="https://{HOST}/stream"/>'
        "</Connect></Response>"
    ), "application/xml"


def plivo_document():
    response = plivoxml.ResponseElement()
    response.add(
        plivoxml.StreamElement(
            f"wss://{HOST}/ws?a=1&b=2",
            bidirectional=True,
            keepCallAlive=True,
            contentType="audio/x-mulaw;rate=8000",
            extraHeaders="tenant=t42",
            statusCallbackUrl=f"https://{HOST}/stream",
        )
    )
    return response.to_string(), "application/xml"


def exotel_document():
    return json.dumps({"url": f"wss://user:password@{HOST}/ws?tenant=t42"}), "application/json"


def vonage_document():
    endpoint = WebsocketEndpoint(
        uri=f"wss://{HOST}/ws", contentType="audio/l16;rate=16000", headers={"tenant": "t42"}, authorization={"type": "vonage"}
    )
    connect = VonageConnect(endpoint=[endpoint], from_="15005550006", eventUrl=[f"https://{HOST}/stream"])
    ncco = connect.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps([ncco]), "application/json"


class Far:
    """An application as the provider sees it: serves a document, takes callbacks and one socket, and keeps everything it was sent."""

    def __init__(self, document, closes=False):
        self.requests = []
        self.upgrades = []
        self.messages = []
        app = FastAPI()

        @app.api_route("/{path:path}", methods=["GET", "POST"])
        async def take(path: str, request: Request):
            body = await request.body()
            self.requests.append((request.method, request.url.path, request.url.query, request.headers, body))
            if path == "answer":
                text, kind = document
                return Response(text, media_type=kind)
            return Response(status_code=204)

        @app.websocket("/ws")
        async def stream(websocket: WebSocket):
            self.upgrades.append((websocket.url.query, websocket.headers))
            await websocket.accept()
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    message = await websocket.receive()
                    if message["type"] == "websocket.disconnect":
                        return
                    self.messages.append(message.get("text"))
                    if closes and len(self.messages) > 5:
                        return await websocket.close()

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", self.port, log_level="warning", proxy_headers=False))
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(10)


def simulate(provider, far, *flags, **secrets):
    words = ["--answer", f"https://{HOST}/answer?bot=x%20y&a=b", "--connect-to", f"http://127.0.0.1:{far.port}", "--duration", "0.4"]
    return subprocess.run(
        [TRUNKLINE, "simulate", "--provider", provider, *words, "--status", f"https://{HOST}/status", *flags],
        env={"PATH": os.environ["PATH"], **SECRETS, **secrets}, capture_output=True, text=True, timeout=60,
    )


def url(path, query):
    return f"https://{HOST}{path}" + (f"?{query}" if query else "")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_twilio(method):
    with Far(twilio_document(), closes=True) as far:
        run = simulate("twilio", far, "--method", method)
        assert run.returncode == 0, run.stdout + run.stderr
    validator = RequestValidator(TOKEN)
    paths = [path for _, path, *_ in far.requests]
    assert sorted(paths) == ["/action", "/answer", "/status", "/status", "/status", "/status", "/stream", "/stream"]
    for verb, path, query, headers, body in far.requests:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        assert validator.validate(url(path, query), form, headers["x-twilio-signature"]), path
        assert not validator.validate(url(path + "x", query), form, headers["x-twilio-signature"])
    query, headers = far.upgrades[0]
    assert validator.validate(f"wss://{HOST}/ws", {}, headers["x-twilio-signature"])
    assert headers["host"] == HOST
    start = next(json.loads(text) for text in far.messages if '"start"' in text)
    assert start["start"]["customParameters"] == {"tenant": 't<&"42'}


def test_telnyx():
    with Far(telnyx_document()) as far:
        run = simulate("telnyx", far)
        assert run.returncode == 0, run.stdout + run.stderr
    public = base64.b64encode(bytes(KEY.verify_key)).decode()
    assert len(far.requests) == 7
    for _, path, _, headers, body in far.requests:
        signed = {name: headers[name] for name in ["telnyx-signature-ed25519", "telnyx-timestamp"]}
        verify_webhook_signature(body, signed, public)
        with pytest.raises(WebhookVerificationError):
            verify_webhook_signature(body + b"x", signed, public)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_plivo(method):
    with Far(plivo_document()) as far:
        run = simulate("plivo", far, "--method", method)
        assert run.returncode == 0, run.stdout + run.stderr
    assert [path for _, path, *_ in far.requests].count("/stream") == 2
    for verb, path, query, headers, body in far.requests:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signature, nonce = headers["x-plivo-signature-v3"], headers["x-plivo-signature-v3-nonce"]
        assert validate_v3_signature(verb, url(path, query), nonce, TOKEN, signature, form), path
        assert not validate_v3_signature(verb, url(path, query), nonce + "1", TOKEN, signature, form)
    query, headers = far.upgrades[0]
    signature, nonce = headers["x-plivo-signature-v3"], headers["x-plivo-signature-v3-nonce"]
    assert validate_v3_signature("GET", f"http://{HOST}/ws?{query}", nonce, TOKEN, signature)
    assert query == "a=1&b=2"
    assert json.loads(far.messages[0])["extra_headers"] == "tenant=t42"


def test_exotel():
    with Far(exotel_document()) as far:
        run = simulate("exotel", far)
        assert run.returncode == 0, run.stdout + run.stderr
    verb, _, query, *_ = next(request for request in far.requests if request[1] == "/answer")
    assert verb == "GET" and query.startswith("bot=x%20y&a=b&CallSid=")
    assert far.upgrades[0][1]["authorization"] == "Basic " + base64.b64encode(b"user:password").decode()
    start = next(json.loads(text) for text in far.messages if '"start"' in text)
    assert start["start"]["custom_parameters"] == {"tenant": "t42"}
    statuses = [body for _, path, _, _, body in far.requests if path == "/status"]
    assert len(statuses) == 3 and all(b'name="CallSid"' in body for body in statuses)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_vonage(method):
    with Far(vonage_document()) as far:
        run = simulate("vonage", far, "--method", method)
        assert run.returncode == 0, run.stdout + run.stderr
    for _, path, _, headers, body in far.requests:
        token = headers["authorization"].removeprefix("Bearer ")
        assert verify_signature(token, SECRET), path
        assert not verify_signature(token, SECRET + "x")
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        assert {"iat", "jti", "payload_hash", "application_id"} <= set(claims)
    assert verify_signature(far.upgrades[0][1]["authorization"].removeprefix("Bearer "), SECRET)
    assert json.loads(far.messages[0])["tenant"] == "t42"


@pytest.mark.parametrize("mode", ["off", "wrong"])
def test_bad_signatures_are_bad(mode):
    with Far(twilio_document()) as far:
        simulate("twilio", far, "--sign", mode)
    validator = RequestValidator(TOKEN)
    for _, path, query, headers, body in far.requests:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        assert not validator.validate(url(path, query), form, headers.get("x-twilio-signature", "")), path
