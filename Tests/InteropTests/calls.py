"""The provider's side of a call, spelt by the providers' models and Pipecat's serializers where they have the message."""

import base64
import json

from pipecat.clocks.system_clock import SystemClock
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.serializers.exotel import ExotelFrameSerializer
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.telnyx import TelnyxFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.serializers.vonage import VonageFrameSerializer
from plivo_stream import types as plivo_types

from harness import audioop

TWILIO = {"stream": "MZ" + "0" * 31 + "1", "call": "CA" + "0" * 31 + "1", "account": "AC" + "0" * 31 + "1"}
TELNYX = {"stream": "6f1c0d2e-0000-4000-8000-000000000001", "call": "v3:made-up_ID"}
PLIVO = {"stream": "22222222-0000-4000-8000-000000000002", "call": "11111111-0000-4000-8000-000000000001"}
EXOTEL = {"stream": "strm-made-up-1", "call": "call-made-up-1"}
VONAGE = {"call": "22222222-0000-4000-8000-000000000002"}


def start_messages(provider, encoding=None, rate=None, parameters=None):
    """What the provider sends before the first audio."""
    parameters = parameters or {}
    if provider == "twilio":
        format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {"accountSid": TWILIO["account"], "streamSid": TWILIO["stream"], "callSid": TWILIO["call"], "tracks": ["inbound"]}
        messages = [
            {"event": "connected", "protocol": "Call", "version": "1.0.0"},
            {
                "event": "start",
                "sequenceNumber": "1",
                "streamSid": TWILIO["stream"],
                "start": start | {"mediaFormat": format, "customParameters": parameters},
            },
        ]
    elif provider == "telnyx":
        format = {"encoding": encoding or "PCMU", "sample_rate": rate or 8000, "channels": 1}
        start = {"user_id": "u", "call_control_id": TELNYX["call"], "call_session_id": "s", "from": "+1", "to": "+2"}
        messages = [
            {"event": "connected", "version": "1.0.0"},
            {
                "event": "start",
                "sequence_number": "1",
                "stream_id": TELNYX["stream"],
                "start": start | {"media_format": format, "custom_parameters": parameters},
            },
        ]
    elif provider == "plivo":
        format = {"encoding": encoding or "audio/x-mulaw", "sampleRate": rate or 8000}
        data = {"callId": PLIVO["call"], "streamId": PLIVO["stream"], "accountId": "MA1", "tracks": ["inbound"]}
        model = plivo_types.StartEvent(
            sequenceNumber=1, event="start", start=data | {"mediaFormat": format}, extra_headers=""
        )
        messages = [model.model_dump(by_alias=True)]
    elif provider == "exotel":
        format = {"encoding": "audio/x-raw", "sample_rate": str(rate or 8000), "bit_rate": "16"}
        start = {"stream_sid": EXOTEL["stream"], "call_sid": EXOTEL["call"], "account_sid": "acme1", "from": "09", "to": "08"}
        messages = [
            {"event": "connected"},
            {
                "event": "start",
                "sequence_number": "1",
                "stream_sid": EXOTEL["stream"],
                "start": start | {"custom_parameters": parameters, "media_format": format},
            },
        ]
    else:
        kind = f"audio/l16;rate={rate or 16000}"
        messages = [{"event": "websocket:connected", "content-type": kind, "uuid": VONAGE["call"]} | parameters]
    return [json.dumps(message) for message in messages]


def encoded(audio, encoding):
    """16-bit samples as the wire has them."""
    if encoding in ("PCMU", "audio/x-mulaw"):
        return audioop.lin2ulaw(audio, 2)
    if encoding == "PCMA":
        return audioop.lin2alaw(audio, 2)
    return audio


def decoded(data, encoding):
    if encoding in ("PCMU", "audio/x-mulaw"):
        return audioop.ulaw2lin(data, 2)
    if encoding == "PCMA":
        return audioop.alaw2lin(data, 2)
    return data


def media_message(provider, wire, number):
    """One documented `media` message of the provider. Numbers begin at 1."""
    payload = base64.b64encode(wire).decode()
    at = str(20 * number)
    if provider == "twilio":
        media = {"track": "inbound", "chunk": str(number), "timestamp": at, "payload": payload}
        message = {"event": "media", "sequenceNumber": str(number + 1), "streamSid": TWILIO["stream"], "media": media}
    elif provider == "telnyx":
        media = {"track": "inbound", "chunk": str(number), "timestamp": at, "payload": payload}
        message = {"event": "media", "sequence_number": str(number + 1), "stream_id": TELNYX["stream"], "media": media}
    elif provider == "plivo":
        model = plivo_types.MediaEvent(
            sequenceNumber=number + 1,
            streamId=PLIVO["stream"],
            event="media",
            media={"track": "inbound", "timestamp": at, "chunk": number, "payload": payload},
            extra_headers="",
        )
        message = model.model_dump(by_alias=True)
    elif provider == "exotel":
        media = {"chunk": str(number), "timestamp": at, "payload": payload}
        message = {"event": "media", "sequence_number": str(number + 1), "stream_sid": EXOTEL["stream"], "media": media}
    else:
        return wire
    return json.dumps(message)


class Setup:
    """As much of a pipeline as a serializer's `setup` looks at."""

    def __init__(self, rate):
        self.audio_in_sample_rate = rate
        self.audio_out_sample_rate = rate
        self.clock = SystemClock()


def pipecat_serializer(provider, wire_rate=8000, to_us="PCMU", from_us="PCMU") -> FrameSerializer:
    """Pipecat's own serializer for the provider, without REST hang-up."""
    if provider == "twilio":
        kind = TwilioFrameSerializer
        return kind(TWILIO["stream"], TWILIO["call"], params=kind.InputParams(auto_hang_up=False))
    if provider == "telnyx":
        kind = TelnyxFrameSerializer
        return kind(TELNYX["stream"], to_us, from_us, TELNYX["call"], params=kind.InputParams(auto_hang_up=False))
    if provider == "plivo":
        kind = PlivoFrameSerializer
        return kind(PLIVO["stream"], PLIVO["call"], params=kind.InputParams(auto_hang_up=False))
    if provider == "exotel":
        kind = ExotelFrameSerializer
        return kind(EXOTEL["stream"], EXOTEL["call"], params=kind.InputParams(exotel_sample_rate=wire_rate))
    return VonageFrameSerializer(VonageFrameSerializer.InputParams(vonage_sample_rate=wire_rate))
