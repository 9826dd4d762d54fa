"""The REST requests that end the paid leg, against those that the official SDKs and Pipecat send for the same call."""

import asyncio
import base64
import http.server
import json
import threading
import urllib.parse

import aiohttp
import httpx
import jwt
import plivo
import pytest
import requests
import telnyx
import twilio.rest
import vonage_http_client
import vonage_voice
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pipecat.frames.frames import EndFrame
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.telnyx import TelnyxFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from twilio.http.http_client import HttpClient
from twilio.http.response import Response
from websockets.sync.client import connect

from calls import start_messages
from harness import Server, eventually

ACCOUNT = "AC" + "0" * 31 + "1"
MAIN = "MAMADEUPMADEUPMADEUP"
TOKEN = "tok_made_up_0123456789abcdef"
RSA = rsa.generate_private_key(65537, 2048)
PEM = RSA.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
APPLICATION = "00000000-0000-4000-8000-00000000000a"


class Double:
    """Stands in for a provider's REST API and remembers what it was asked."""

    def __init__(self, *answers):
        self.requests = []
        self.answers = list(answers)
        double = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                double.requests.append(Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                status, text = double.answers.pop(0) if len(double.answers) > 1 else double.answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_PUT = do_DELETE = do_GET = take

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Request:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = urllib.parse.urlsplit(path).path
        self.query = urllib.parse.urlsplit(path).query
        self.headers = headers
        self.body = body or b""

    @property
    def form(self):
        return urllib.parse.parse_qs(self.body.decode(), keep_blank_values=True)


def settings(provider, base):
    return {
        "twilio": {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN},
        "telnyx": {"TELNYX_API_KEY": "KEY_made_up"},
        "plivo": {"PLIVO_AUTH_ID": MAIN, "PLIVO_AUTH_TOKEN": TOKEN},
        "vonage": {"VONAGE_APPLICATION_ID": APPLICATION, "VONAGE_PRIVATE_KEY": PEM},
    }[provider] | {f"{provider.upper()}_API_BASE": base}


def hang_up(provider, *answers, expect=1, log="paid leg ended", **more):
    """Places a call, ends it with DELETE, and gives back the REST requests."""
    double = Double(*answers)
    with Server(**(settings(provider, double.base) | more)) as server:
        with connect(f"ws://127.0.0.1:{server.port}/ws") as call:
            for message in start_messages(provider):
                call.send(message)
            assert eventually(lambda: server.request("GET", "/calls").json["count"] == 1)
            name = server.request("GET", "/calls").json["calls"][0]["call_id"]
            assert server.request("DELETE", f"/calls/{name}").status == 200
            assert eventually(lambda: len(double.requests) >= expect)
            assert server.logged(log), server.lines
    return double.requests


# MARK: What the SDKs send


def twilio_sdk(call):
    class Recorder(HttpClient):
        def __init__(self):
            pass

        def request(self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False):
            prepared = requests.Request(method, url, params=params, data=data, headers=headers, auth=auth).prepare()
            self.sent = prepared
            return Response(200, "{}")

    recorder = Recorder()
    twilio.rest.Client(ACCOUNT, TOKEN, http_client=recorder).calls(call).update(status="completed")
    return recorder.sent


def plivo_sdk(call, monkeypatch):
    return from_session(monkeypatch, lambda: plivo.RestClient(MAIN, TOKEN).calls.delete(call))


def vonage_sdk(call, monkeypatch):
    auth = vonage_http_client.Auth(application_id=APPLICATION, private_key=PEM)
    voice = vonage_voice.Voice(vonage_http_client.HttpClient(auth))
    return from_session(monkeypatch, lambda: voice.hangup(call))


def from_session(monkeypatch, act):
    sent = []

    def send(self, request, **_):
        sent.append(request)
        answer = requests.Response()
        answer.status_code = 204
        answer._content = b""
        answer.request = request
        return answer

    monkeypatch.setattr(requests.Session, "send", send)
    act()
    return sent[0]


def telnyx_sdk(call):
    sent = []

    def answer(request):
        sent.append(request)
        return httpx.Response(200, json={"data": {"result": "ok"}})

    client = telnyx.Telnyx(api_key="KEY_made_up", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
    client.calls.actions.hangup(call)
    return sent[0]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def of_sdk(sent):
    """One form for requests of `requests` and of `httpx`."""
    if isinstance(sent, httpx.Request):
        path, body = sent.url.raw_path.decode(), sent.content
    else:
        path, body = sent.path_url, sent.body or b""
    body = body.encode() if isinstance(body, str) else body
    return Request(sent.method, path, {name.lower(): text(value) for name, value in sent.headers.items()}, body)


# MARK: Comparisons


def test_twilio_hangup_is_the_sdks():
    [ours] = hang_up("twilio", (200, "{}"))
    theirs = of_sdk(twilio_sdk("CA" + "0" * 31 + "1"))
    assert (ours.method, ours.path, ours.query) == (theirs.method, theirs.path, theirs.query)
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    assert ours.form == theirs.form == {"Status": ["completed"]}


def test_twilio_hangup_is_pipecats():
    [ours] = hang_up("twilio", (200, "{}"))
    double = Double((200, "{}"))
    call = "CA" + "0" * 31 + "1"
    serializer = TwilioFrameSerializer("MZ1", call, ACCOUNT, TOKEN, base_url=double.base)
    asyncio.run(serializer.serialize(EndFrame()))
    [theirs] = double.requests
    assert (ours.method, ours.path, ours.form) == (theirs.method, theirs.path, theirs.form)
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.headers["content-type"] == theirs.headers["content-type"]


def from_pipecat(serializer, monkeypatch):
    """What a serializer with hang-up asks for; its hosts cannot be changed."""
    sent = []

    class Answer:
        status = 204

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            pass

        async def text(self):
            return ""

    def ask(method):
        def request(session, url, headers=None, auth=None, **more):
            headers = {name.lower(): value for name, value in (headers or {}).items()}
            if auth:
                headers["authorization"] = auth.encode()
            sent.append(Request(method, str(url), headers, b""))
            return Answer()

        return request

    monkeypatch.setattr(aiohttp.ClientSession, "post", ask("POST"))
    monkeypatch.setattr(aiohttp.ClientSession, "delete", ask("DELETE"))
    asyncio.run(serializer.serialize(EndFrame()))
    return sent[0]


def test_plivo_hangup_is_pipecats(monkeypatch):
    [ours] = hang_up("plivo", (204, ""))
    call = "11111111-0000-4000-8000-000000000001"
    theirs = from_pipecat(PlivoFrameSerializer("s", call, MAIN, TOKEN), monkeypatch)
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    assert ours.headers["authorization"] == theirs.headers["authorization"]


def test_telnyx_hangup_is_pipecats(monkeypatch):
    [ours] = hang_up("telnyx", (200, "{}"))
    theirs = from_pipecat(TelnyxFrameSerializer("s", "PCMU", "PCMU", "v3:made-up_ID", "KEY_made_up"), monkeypatch)
    assert (ours.method, urllib.parse.unquote(ours.path)) == (theirs.method, urllib.parse.unquote(theirs.path))
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.headers["content-type"] == theirs.headers["content-type"]


def test_twilio_api_key_takes_the_place_of_the_token():
    [ours] = hang_up("twilio", (200, "{}"), TWILIO_API_KEY="SK1", TWILIO_API_SECRET="s1")
    assert base64.b64decode(ours.headers["authorization"].removeprefix("Basic ")) == b"SK1:s1"


def test_plivo_hangup_is_the_sdks(monkeypatch):
    [ours] = hang_up("plivo", (204, ""))
    theirs = of_sdk(plivo_sdk("11111111-0000-4000-8000-000000000001", monkeypatch))
    assert (ours.method, ours.path, ours.query) == (theirs.method, theirs.path, theirs.query)
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.body in (theirs.body, b"")


def test_telnyx_hangup_is_the_sdks():
    [ours] = hang_up("telnyx", (200, '{"data":{"result":"ok"}}'))
    theirs = of_sdk(telnyx_sdk("v3:made-up_ID"))
    assert ours.method == theirs.method
    # A colon may stand in a path escaped or not.
    assert urllib.parse.unquote(ours.path) == urllib.parse.unquote(theirs.path) == "/v2/calls/v3:made-up_ID/actions/hangup"
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    assert json.loads(ours.body) == json.loads(theirs.body)


def test_vonage_hangup_is_the_sdks(monkeypatch):
    [ours] = hang_up("vonage", (204, ""))
    theirs = of_sdk(vonage_sdk("22222222-0000-4000-8000-000000000002", monkeypatch))
    assert (ours.method, ours.path, ours.query) == (theirs.method, theirs.path, theirs.query)
    assert json.loads(ours.body) == json.loads(theirs.body) == {"action": "hangup"}
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    tokens = [request.headers["authorization"].removeprefix("Bearer ") for request in (ours, theirs)]
    assert jwt.get_unverified_header(tokens[0]) == jwt.get_unverified_header(tokens[1]) == {"alg": "RS256", "typ": "JWT"}
    read = [jwt.decode(token, RSA.public_key(), ["RS256"]) for token in tokens]
    assert set(read[0]) == set(read[1])
    assert read[0]["application_id"] == read[1]["application_id"]
    assert abs(read[0]["iat"] - read[1]["iat"]) < 60 and read[0]["exp"] > read[0]["iat"]


OVER = {
    "twilio": (404, '{"code":20404,"message":"not found","status":404}'),
    "telnyx": (422, '{"errors":[{"code":"90018","title":"Call has already ended"}]}'),
    "plivo": (404, '{"api_id":"1","error":"call not found"}'),
    "vonage": (404, '{"title":"Not found"}'),
}


@pytest.mark.parametrize("provider", OVER)
def test_a_call_that_was_over_is_no_failure(provider):
    assert len(hang_up(provider, OVER[provider])) == 1


@pytest.mark.parametrize("provider", OVER)
def test_a_fault_of_the_moment_is_tried_once_more(provider):
    assert len(hang_up(provider, (503, ""), (204, ""), expect=2)) == 2
    assert len(hang_up(provider, (503, ""), expect=2, log="could not be ended")) == 2
