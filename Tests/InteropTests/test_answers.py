"""Answer documents against the providers' own builders and against what Pipecat's development runner serves."""

import argparse
import json
import pathlib
import re
import urllib.parse

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree
from pipecat.runner import run as pipecat_runner
from plivo import plivoxml
from twilio.twiml.voice_response import Connect, VoiceResponse
from vonage_voice.models import ncco

from harness import PROVIDERS, Server

HOST = "voice.example.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

NUMBERS = [
    ("+15005550006", "+15005550010"),
    ("15005550006", "15005550010"),
    ('"><Dial>+15005550099</Dial><Stream url="', "+15005550010"),
    ("'><Hangup/>&amp;<![CDATA[x]]>", "a&b=c"),
    ("Zoë 電話 👩🏽‍🚀", "+1 500"),
    ("sip:alice@example.com;transport=tls", "line\nbreak\ttab"),
    ("anonymous", ""),
    ("7" * 5_000, "+15005550010"),
    ("\x01\x08\x0b￾￿", "+15005550010"),
]
IDS = ["plus", "bare", "dial", "markup", "unicode", "sip", "anonymous", "long", "controls"]


@pytest.fixture(scope="module")
def server():
    with Server("-x", HOST) as server:
        yield server


def answer(server, provider, fields, path=None):
    body = urllib.parse.urlencode(fields).encode()
    got = server.request("POST", path or f"/answer/{provider}", FORM, body)
    assert got.status == 200, got.text
    return got


def canonical(text):
    data = text.encode() if isinstance(text, str) else text
    return etree.tostring(etree.fromstring(data, etree.XMLParser(remove_blank_text=True)), method="c14n").decode()


def address(text):
    """The stream's address in an XML document."""
    root = etree.fromstring(text.encode())
    stream = root.find(".//Stream")
    url = stream.get("url") or stream.text
    assert url.startswith(f"wss://{HOST}/ws/")
    return url


def names(provider):
    if provider == "vonage":
        return "from", "to"
    return ("CallFrom", "CallTo") if provider == "exotel" else ("From", "To")


def plain(text):
    """Whether XML can carry the text as it is."""
    return all(letter in "\t\n" or (letter >= " " and letter not in "￾￿") for letter in text)


@pytest.mark.parametrize("numbers", NUMBERS, ids=IDS)
def test_twilio_document_is_what_the_twiml_builder_writes(server, numbers):
    text = answer(server, "twilio", {"CallSid": "CA1", "From": numbers[0], "To": numbers[1]}).text
    response = VoiceResponse()
    stream = Connect().stream(url=address(text))
    for name, number in zip(["from_number", "to_number"], numbers):
        # Twilio takes parameters under 500 characters.
        if number and len(name) + len(number) < 500 and plain(number):
            stream.parameter(name=name, value=number)
    connect = Connect()
    connect.append(stream)
    response.append(connect)
    if all(map(plain, numbers)):
        assert canonical(text) == canonical(str(response))
    assert [node.tag for node in etree.fromstring(text.encode()).iter()][:3] == ["Response", "Connect", "Stream"]
    assert {node.tag for node in etree.fromstring(text.encode()).iter()} <= {"Response", "Connect", "Stream", "Parameter"}


@pytest.mark.parametrize("numbers", NUMBERS, ids=IDS)
def test_telnyx_document_is_what_a_twiml_builder_writes(server, numbers):
    text = answer(server, "telnyx", {"CallSid": "v3:1", "From": numbers[0], "To": numbers[1]}).text
    response = VoiceResponse()
    connect = Connect()
    connect.stream(url=address(text), bidirectionalMode="rtp", bidirectionalCodec="PCMU")
    response.append(connect)
    assert canonical(text) == canonical(str(response))


@pytest.mark.parametrize("numbers", NUMBERS, ids=IDS)
def test_plivo_document_is_what_the_xml_builder_writes(server, numbers):
    text = answer(server, "plivo", {"CallUUID": "c1", "From": numbers[0], "To": numbers[1]}).text
    extra = etree.fromstring(text.encode()).find("Stream").get("extraHeaders")
    response = plivoxml.ResponseElement()
    response.add(
        plivoxml.StreamElement(
            address(text),
            bidirectional=True,
            keepCallAlive=True,
            contentType="audio/x-mulaw;rate=8000",
            extraHeaders=extra,
        )
    )
    assert canonical(text) == canonical(response.to_string())
    # The documented alphabet of extraHeaders, whatever the caller is called.
    assert extra is None or (len(extra) <= 512 and all(letter.isascii() and (letter.isalnum() or letter in "=,") for letter in extra))


@pytest.mark.parametrize("numbers", NUMBERS, ids=IDS)
def test_vonage_ncco_satisfies_the_sdk_models(server, numbers):
    fields = {"uuid": "u-1", "conversation_uuid": "CON-1", "from": numbers[0], "to": numbers[1]}
    document = answer(server, "vonage", fields).json
    assert len(document) == 1 and document[0]["action"] == "connect"
    action = dict(document[0])
    endpoint = dict(action["endpoint"][0])
    endpoint["contentType"] = endpoint.pop("content-type")
    if "from" in action:
        action["from_"] = action.pop("from")
    else:
        # The models want one of the two; without a number of ours in the webhook there is none to give.
        assert not re.fullmatch(r"\+?[1-9]\d{6,14}", numbers[1])
        action["randomFromNumber"] = True
    model = ncco.Connect(**(action | {"endpoint": [endpoint]}))
    written = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    if "from" not in document[0]:
        del written["randomFromNumber"]
    assert written == document[0]
    headers = endpoint["headers"]
    assert len(json.dumps(headers, separators=(",", ":"), ensure_ascii=False).encode()) <= 512
    assert headers["uuid"] == "u-1"
    if len(numbers[0]) < 400 and plain(numbers[0]):
        assert headers["from"] == numbers[0]


@pytest.mark.parametrize("numbers", NUMBERS, ids=IDS)
def test_exotel_document_is_one_address(server, numbers):
    document = answer(server, "exotel", {"CallSid": "e1", "CallFrom": numbers[0], "CallTo": numbers[1]}).json
    assert list(document) == ["url"] and document["url"].startswith(f"wss://{HOST}/ws/")


def runner_answer(provider):
    """What Pipecat's development runner answers at `POST /`."""
    app = FastAPI()
    settings = argparse.Namespace(transport=provider, proxy=HOST, ws_auth="none", allowed_origins=None)
    pipecat_runner._setup_telephony_routes(app, settings, set())
    return TestClient(app).post("/")


@pytest.mark.parametrize("provider", ["twilio", "telnyx", "plivo", "exotel"])
@pytest.mark.parametrize("numbers", NUMBERS[:3], ids=IDS[:3])
def test_post_root_has_the_shape_of_pipecats_runner(provider, numbers):
    theirs = runner_answer(provider)
    with Server("-t", provider, "-x", HOST) as server:
        fields = dict(zip(names(provider), numbers))
        ours = answer(server, provider, fields, "/")
    assert theirs.status_code == ours.status
    kind = theirs.headers["content-type"].split(";")[0]
    assert f"content-type: {kind}" in ours.head.lower()
    if provider == "exotel":
        assert set(theirs.json()) <= set(ours.json)
        assert theirs.json()["websocket_url"] == f"wss://{HOST}/ws"
        assert ours.json["websocket_url"].startswith(f"wss://{HOST}/ws/")
        return
    # The same elements with the same attributes; the token in the address and what carries the numbers are ours.
    extra = {"twilio": ({"Parameter"}, set()), "telnyx": (set(), {"bidirectionalCodec"}), "plivo": (set(), {"extraHeaders"})}
    tags, attributes = extra[provider]
    root = etree.fromstring(ours.body, etree.XMLParser(remove_blank_text=True))
    url = address(ours.text)
    for node in list(root.iter()):
        if node.tag in tags:
            node.getparent().remove(node)
            continue
        for name in attributes & set(node.attrib):
            del node.attrib[name]
    changed = etree.tostring(root).decode().replace(url, f"wss://{HOST}/ws")
    assert canonical(changed) == canonical(theirs.text)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_documents_in_the_tree_are_those_that_are_served(server, provider):
    path = next((pathlib.Path(__file__).parents[2] / "TwiML").glob(f"{provider}.*"))
    fields = {"From": "15005550006", "To": "15005550010", "uuid": "u-1", "conversation_uuid": "CON-1"}
    fields |= {"from": fields["From"], "to": fields["To"], "CallFrom": fields["From"], "CallTo": fields["To"]}
    text = answer(server, provider, fields).text
    filled = path.read_text().replace("{{host}}", HOST)
    for name, value in fields.items():
        filled = filled.replace("{{%s}}" % name, value)
    before, after = filled.split("{{token}}")
    assert text.startswith(before) and text.strip().endswith(after.strip())
    assert len(text) > len(before) + len(after)
