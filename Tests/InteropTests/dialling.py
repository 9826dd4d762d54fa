"""The requests in `Tests/Fixtures/{provider}/dial`, which the code is held to, and what an SDK sends for the same."""

import json
import pathlib
import re
import urllib.parse

import httpx
import plivo
import requests
import telnyx
import twilio.rest
import vonage_http_client
import vonage_voice
from cryptography.hazmat.primitives import serialization
from twilio.http.http_client import HttpClient
from twilio.http.response import Response

FIXTURES = pathlib.Path(__file__).parents[1] / "Fixtures"
FORM = "application/x-www-form-urlencoded"

# As in Tests/ProvidersTests/DialFixture.swift.
ACCOUNT = "AC" + "0" * 31 + "1"
MAIN = "MAMADEUPMADEUPMADEUP"
TOKEN = "made-up"
TELNYX_KEY = "KEYmade-up"
CONNECTION = "1234567890"
APPLICATION = "aaaaaaaa-bbbb-4ccc-8ddd-000000000001"


class Request:
    """One request, of either side: what it asks, apart from the headers that only name the program."""

    def __init__(self, method, url, headers, body=b"", pairs=None):
        parts = urllib.parse.urlsplit(str(url))
        self.method = method
        self.host = parts.netloc
        # A colon may stand in a path escaped or not.
        self.path = urllib.parse.unquote(parts.path)
        self.query = sorted(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = {name.lower(): text(value) for name, value in headers.items()}
        self.body = body.encode() if isinstance(body, str) else body or b""
        self.pairs = pairs

    @property
    def form(self):
        if self.pairs is None:
            self.pairs = urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True)
        return sorted(self.pairs)

    @property
    def json(self):
        return json.loads(self.body)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def requests_in(provider, name):
    """All requests of a fixture file, in order."""
    found = []
    for part in re.split(r"(?m)^(?=(?:GET|POST|PUT|DELETE) https://)", (FIXTURES / provider / "dial" / name).read_text()):
        if not part.strip():
            continue
        head, _, body = part.partition("\n\n")
        lines = head.split("\n")
        method, url = lines[0].split(" ")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        pairs = None
        if headers.get("Content-Type") == FORM:
            pairs = [tuple(line.split("=", 1)) for line in body.strip().split("\n")]
        found.append(Request(method, url, headers, body.strip(), pairs))
    return found


def pairs_in(provider, name):
    """A line, and what the line with `> ` below it says of it."""
    lines = [line for line in (FIXTURES / provider / "dial" / name).read_text().split("\n") if line and line[0] != "#"]
    return [(given, expected.removeprefix("> ")) for given, expected in zip(lines[::2], lines[1::2])]


def accepted(provider):
    """The first answer of a provider's fixture: its body, and the id that we read from it."""
    given, expected = pairs_in(provider, "answers.txt")[0]
    assert expected.startswith("accepted ")
    return given.partition(" ")[2], expected.split(" ")[1]


def wishes(provider):
    """`[(opening, machine detection)]`, one for each fixture of a request that places a call."""
    names = sorted(path.stem for path in (FIXTURES / provider / "dial").glob("request-*.txt"))
    return [tuple(name.split("-")[1:]) for name in names]


# MARK: SDKs, each with an answer put into its mouth. They give what they sent and what they made of the answer.


def of_twilio(act, answer="{}"):
    sent = []

    class Recorder(HttpClient):
        def __init__(self):
            pass

        def request(self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False):
            sent.append(requests.Request(method, url, params=params, data=data, headers=headers, auth=auth).prepare())
            return Response(200, answer)

    read = act(twilio.rest.Client(ACCOUNT, TOKEN, http_client=Recorder()))
    return [of_prepared(request) for request in sent], read


def of_telnyx(act, answer="{}"):
    sent = []

    def respond(request):
        sent.append(Request(request.method, request.url, dict(request.headers), request.content))
        return httpx.Response(200, json=json.loads(answer))

    read = act(telnyx.Telnyx(api_key=TELNYX_KEY, http_client=httpx.Client(transport=httpx.MockTransport(respond))))
    return sent, read


def of_plivo(monkeypatch, act, answer="{}"):
    return of_session(monkeypatch, lambda: act(plivo.RestClient(MAIN, TOKEN)), answer)


def of_vonage(monkeypatch, act, answer="{}"):
    key = serialization.load_pem_private_key((FIXTURES / "vonage/dial/made-up.pem").read_bytes(), None)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    auth = vonage_http_client.Auth(application_id=APPLICATION, private_key=pem.decode())
    return of_session(monkeypatch, lambda: act(vonage_voice.Voice(vonage_http_client.HttpClient(auth))), answer)


def of_session(monkeypatch, act, answer):
    sent = []

    def send(self, request, **_):
        sent.append(request)
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response._content = answer.encode()
        response.request = request
        return response

    monkeypatch.setattr(requests.Session, "send", send)
    read = act()
    return [of_prepared(request) for request in sent], read


def of_prepared(request):
    return Request(request.method, request.url, dict(request.headers), request.body)
