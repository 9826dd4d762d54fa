"""Echo calls through a real WebSocket: others' code writes what the provider sends and reads what the server sends."""

import asyncio
import base64
import json
import time
import urllib.parse

import pytest
from lxml import etree
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame
from plivo_stream import types as plivo_types
from websockets.asyncio.client import connect
from websockets.sync.client import connect as connect_now

from calls import EXOTEL, PLIVO, TELNYX, TWILIO, Setup, decoded, encoded, media_message, pipecat_serializer, start_messages
from harness import PROVIDERS, eventually, heard_in, loudest, noise, pieces, tone

# Provider, the caller's encoding, the encoding that we send, rate of both.
CALLS = [
    ("twilio", "PCMU", "PCMU", 8000),
    ("telnyx", "PCMU", "PCMU", 8000),
    ("telnyx", "PCMA", "PCMU", 8000),
    ("telnyx", "L16", "PCMU", 8000),
    ("plivo", "audio/x-mulaw", "audio/x-mulaw", 8000),
    ("plivo", "audio/x-l16", "audio/x-l16", 8000),
    ("plivo", "audio/x-l16", "audio/x-l16", 16000),
    ("plivo", "audio/x-l16", "audio/x-l16", 24000),
    ("exotel", "L16", "L16", 8000),
    ("exotel", "L16", "L16", 16000),
    ("exotel", "L16", "L16", 24000),
    ("vonage", "L16", "L16", 8000),
    ("vonage", "L16", "L16", 16000),
    ("vonage", "L16", "L16", 24000),
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def stream_url(server, provider):
    """The address in the document that the provider would fetch."""
    answer = server.request("POST", f"/answer/{provider}", FORM, urllib.parse.urlencode({"From": "+1"}).encode())
    if provider == "exotel":
        return answer.json["url"]
    if provider == "vonage":
        return answer.json[0]["endpoint"][0]["uri"]
    stream = etree.fromstring(answer.body).find(".//Stream")
    return stream.get("url") or stream.text


async def place(url, first, media, linger=0.6):
    """Sends audio every 20 ms and gives back every message that came."""
    heard = []
    async with connect(url) as socket:

        async def listen():
            async for message in socket:
                heard.append(message)

        listening = asyncio.create_task(listen())
        for message in first:
            await socket.send(message)
        begin = time.monotonic()
        for number, message in enumerate(media):
            await asyncio.sleep(max(0, begin + number * 0.02 - time.monotonic()))
            await socket.send(message)
        await asyncio.sleep(linger)
        listening.cancel()
    return heard


def wire_audio(provider, message):
    """The bytes in one message of ours, after a check of its spelling: exactly the documented keys."""
    if provider == "vonage":
        assert isinstance(message, bytes)
        return message
    told = json.loads(message)
    if provider == "plivo":
        model = plivo_types.PlayAudioEvent.model_validate(told, strict=True)
        assert model.model_dump(by_alias=True) == told
        return base64.b64decode(told["media"]["payload"], validate=True)
    assert told["event"] == "media"
    assert list(told["media"]) == ["payload"]
    return base64.b64decode(told["media"]["payload"], validate=True)


async def by_pipecat(provider, messages, rate, to_us, from_us, pipeline_rate):
    """What Pipecat hears in our messages."""
    # The provider's `playAudio` goes the other way: its payload in the event that Pipecat reads.
    if provider == "plivo":
        messages = [json.dumps({"event": "media", "media": json.loads(message)["media"]}) for message in messages]
    # Pipecat's "outbound" is what it receives; what it is given here is what we send.
    serializer = pipecat_serializer(provider, rate, to_us=from_us, from_us=to_us)
    await serializer.setup(Setup(pipeline_rate))
    heard = b""
    for message in messages:
        frame = await serializer.deserialize(message)
        # A resampler holds back its first frames.
        if frame is None and pipeline_rate != rate:
            continue
        assert type(frame) is InputAudioRawFrame, message
        assert (frame.sample_rate, frame.num_channels) == (pipeline_rate, 1)
        heard += frame.audio
    return heard


async def as_pipecat_writes(provider, wire, rate, encoding):
    """The message that Pipecat's serializer makes of the same audio."""
    serializer = pipecat_serializer(provider, rate, from_us=encoding)
    await serializer.setup(Setup(rate))
    return await serializer.serialize(OutputAudioRawFrame(decoded(wire, encoding), rate, 1))


@pytest.mark.parametrize("provider, to_us, from_us, rate", CALLS, ids=lambda value: str(value).replace("audio/x-", ""))
def test_an_echo_is_exact_by_sample_and_by_tone(open_server, provider, to_us, from_us, rate):
    said = tone(1000, rate, 1) + noise(rate, 0.5)
    wire = encoded(said, to_us)
    width = 1 if len(wire) < len(said) else 2
    frame = rate // 50 * width
    media = [media_message(provider, piece, number + 1) for number, piece in enumerate(pieces(wire, frame))]
    first = start_messages(provider, to_us, rate)
    messages = asyncio.run(place(stream_url(open_server, provider), first, media))
    assert messages

    parts = [wire_audio(provider, message) for message in messages]
    if provider == "exotel":
        assert all(len(part) >= 3200 and len(part) % 320 == 0 for part in parts)
    else:
        assert {len(part) for part in parts} == {rate // 50 * (1 if from_us in ("PCMU", "audio/x-mulaw") else 2)}

    # By sample: what the caller's codec lets through, through the codec of the way back.
    expected = decoded(encoded(decoded(wire, to_us), from_us), from_us)
    heard = decoded(b"".join(parts), from_us)
    assert heard_in(expected, heard, slack=rate) is not None

    # Pipecat reads the same samples, and hears the tone at the rate of its own pipeline.
    if not (provider == "plivo" and from_us == "audio/x-l16"):
        theirs = asyncio.run(by_pipecat(provider, messages, rate, to_us, from_us, rate))
        assert theirs == heard
        other = 16000 if rate != 16000 else 24000
        resampled = asyncio.run(by_pipecat(provider, messages, rate, to_us, from_us, other))
        assert abs(loudest(resampled[: other * 2 * 8 // 10], other) - 1000) < 5
    at = heard_in(expected, heard, slack=rate) * 2
    assert abs(loudest(heard[at : at + rate * 2], rate) - 1000) < 2


@pytest.mark.parametrize(
    "provider, encoding, rate",
    [("twilio", "PCMU", 8000), ("telnyx", "PCMU", 8000), ("plivo", "PCMU", 8000), ("exotel", "L16", 8000), ("vonage", "L16", 16000)],
)
def test_our_messages_are_those_that_pipecat_writes(open_server, provider, encoding, rate):
    wire = encoded(noise(rate, 0.5, seed=2), encoding)
    frame = rate // 50 * (1 if encoding == "PCMU" else 2)
    media = [media_message(provider, piece, number + 1) for number, piece in enumerate(pieces(wire, frame))]
    messages = asyncio.run(place(stream_url(open_server, provider), start_messages(provider), media))
    assert len(messages) > 1
    for message in messages:
        theirs = asyncio.run(as_pipecat_writes(provider, wire_audio(provider, message), rate, encoding))
        if provider == "vonage":
            assert message == theirs
            continue
        ours, theirs = json.loads(message), json.loads(theirs)
        if provider == "plivo":
            # Plivo's reference and models have no streamId here; Pipecat adds one.
            del theirs["streamId"]
        assert ours == theirs


@pytest.mark.parametrize("provider", ["twilio", "telnyx", "exotel", "vonage"])
def test_messages_that_pipecat_writes_are_read(open_server, provider):
    """Pipecat's own emulator clients send what its serializers write: a start with two ids, media with a payload alone."""
    rate = 16000 if provider == "vonage" else 8000
    encoding = "L16" if provider in ("exotel", "vonage") else "PCMU"
    said = noise(rate, 0.5, seed=3)
    serializer = pipecat_serializer(provider, rate)

    async def write():
        await serializer.setup(Setup(rate))
        return [await serializer.serialize(OutputAudioRawFrame(piece, rate, 1)) for piece in pieces(said, rate // 50 * 2)]

    first = start_messages(provider)
    if provider == "twilio":
        ids = {"streamSid": "MZ" + "0" * 31 + "1", "callSid": "CA1"}
        first = [first[0], json.dumps({"event": "start"} | ids | {"start": ids})]
    messages = asyncio.run(place(f"ws://127.0.0.1:{open_server.port}/ws", first, asyncio.run(write())))
    heard = decoded(b"".join(wire_audio(provider, message) for message in messages), encoding)
    assert heard_in(decoded(encoded(said, encoding), encoding), heard, slack=rate) is not None


def test_a_wideband_telnyx_leg_is_heard_in_the_codec_that_we_asked_for(open_server):
    said = pieces(tone(1000, 16000, 1.5), 640)
    media = [media_message("telnyx", piece, number + 1) for number, piece in enumerate(said)]
    url = stream_url(open_server, "telnyx")
    messages = asyncio.run(place(url, start_messages("telnyx", "L16", 16000), media))
    heard = asyncio.run(by_pipecat("telnyx", messages, 8000, "L16", "PCMU", 8000))
    assert abs(len(heard) / 16000 - 1.5) < 0.1
    assert abs(loudest(heard[:16000], 8000) - 1000) < 2


def other_messages(provider):
    """Each documented message that is neither start nor audio; one key is pressed."""
    if provider == "twilio":
        at = {"streamSid": TWILIO["stream"]}
        ids = {"accountSid": TWILIO["account"], "callSid": TWILIO["call"]}
        return [
            {"event": "dtmf", "sequenceNumber": "3", **at, "dtmf": {"track": "inbound_track", "digit": "7"}},
            {"event": "mark", "sequenceNumber": "4", **at, "mark": {"name": "u3:1600"}},
            {"event": "stop", "sequenceNumber": "5", **at, "stop": ids},
        ]
    if provider == "telnyx":
        at = {"stream_id": TELNYX["stream"]}
        when = "2030-01-02T03:04:05.678901Z"
        return [
            {"event": "dtmf", "sequence_number": "3", **at, "occurred_at": when, "dtmf": {"digit": "7"}},
            {"event": "mark", "sequence_number": "4", **at, "mark": {"name": "u3"}},
            {"event": "error", **at, "payload": {"code": 100003, "title": "malformed_frame", "detail": "d"}},
            {"event": "stop", "sequence_number": "5", **at, "stop": {"user_id": "u", "call_control_id": TELNYX["call"]}},
        ]
    if provider == "plivo":
        at = {"streamId": PLIVO["stream"]}
        key = {"track": "inbound", "digit": "7", "timestamp": "1"}
        models = [
            plivo_types.DtmfEvent(event="dtmf", sequenceNumber=3, dtmf=key, extra_headers="", **at),
            plivo_types.PlayedStreamEvent(event="playedStream", sequenceNumber=4, name="u3", **at),
            plivo_types.ClearedAudioEvent(event="clearedAudio", sequenceNumber=5, **at),
        ]
        return [model.model_dump(by_alias=True) for model in models]
    if provider == "exotel":
        at = {"stream_sid": EXOTEL["stream"]}
        ids = {"call_sid": EXOTEL["call"], "account_sid": "acme1", "reason": "callended"}
        return [
            {"event": "dtmf", "sequence_number": 3, **at, "dtmf": {"digit": "7", "duration": "100"}},
            {"event": "mark", "sequence_number": 4, **at, "mark": {"name": "t3"}},
            {"event": "stop", "sequence_number": 5, **at, "stop": ids},
        ]
    return [
        {"event": "websocket:dtmf", "digit": "7", "duration": 260},
        {"event": "websocket:notify", "payload": {"id": "u3"}},
        {"event": "websocket:cleared"},
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_documented_message_counts_as_broken(open_server, provider):
    known = {call["call_id"] for call in open_server.request("GET", "/calls").json["calls"]}
    frame = encoded(tone(1000, 16000 if provider == "vonage" else 8000, 0.02), "L16" if provider in ("exotel", "vonage") else "PCMU")
    messages = [*start_messages(provider), media_message(provider, frame, 1), *map(json.dumps, other_messages(provider))]
    with connect_now(f"ws://127.0.0.1:{open_server.port}/ws") as socket:
        socket.send(messages[0])
        for message in messages[1:-1]:
            socket.send(message)

        def new():
            return [call["call_id"] for call in open_server.request("GET", "/calls").json["calls"] if call["call_id"] not in known]

        assert eventually(new)
        name = new()[0]
        socket.send(messages[-1])
    assert eventually(lambda: open_server.request("GET", f"/calls/{name}").json["status"] == "ended")
    report = open_server.request("GET", f"/calls/{name}").json
    assert report["counters"]["broken_messages"] == 0
    assert report["counters"]["keys"] == 1
    assert report["counters"]["provider_errors"] == (1 if provider == "telnyx" else 0)
    assert report["counters"]["media_in"] == 1
    assert report["termination"] in ("caller-hung-up", "connection-lost")


def test_every_mu_law_code_comes_back(open_server):
    codes = bytes(range(256)) * 5
    media = [media_message("twilio", piece, number + 1) for number, piece in enumerate(pieces(codes, 160))]
    messages = asyncio.run(place(stream_url(open_server, "twilio"), start_messages("twilio"), media))
    heard = b"".join(wire_audio("twilio", message) for message in messages)
    # 0x7F and 0xFF are the two spellings of zero.
    assert codes.replace(b"\x7f", b"\xff") in heard.replace(b"\x7f", b"\xff")
