"""Calls that `trunkline simulate` places, taken by Pipecat: its detector, its serializers, and a bot in its pipeline."""

import asyncio
import contextlib
import functools
import json
import socket
import subprocess
import threading
import wave

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.frames.frames import InputAudioRawFrame, InputDTMFFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from plivo_stream import types as plivo_types
from websockets.asyncio.server import serve

from calls import Setup, pipecat_serializer
from harness import PROVIDERS, TRUNKLINE, loudest, tone


def simulate(provider, port, *flags):
    return [TRUNKLINE, "simulate", "--provider", provider, "--url", f"ws://127.0.0.1:{port}/ws", *flags]


async def recorded(provider, *flags):
    """Everything that one simulated call sends; nothing is answered."""
    messages = []

    async def take(connection):
        async for message in connection:
            messages.append(message)

    async with serve(take, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *simulate(provider, port, *flags), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert messages, output.decode()
    return messages


class Replay:
    """A FastAPI WebSocket as Pipecat's detector uses it."""

    def __init__(self, messages):
        self.messages = list(messages)

    async def iter_text(self):
        while self.messages:
            message = self.messages.pop(0)
            # Starlette has no text for a binary message.
            yield message if isinstance(message, str) else message["text"]


@functools.cache
def one_call(provider):
    return asyncio.run(recorded(provider, "--duration", "3", "--dtmf", "15#"))


# Pipecat does not detect Vonage; its serializer reads the stream.
@pytest.mark.parametrize("provider", ["twilio", "telnyx", "plivo", "exotel"])
def test_pipecat_detects_the_provider(provider):
    messages = one_call(provider)
    kind, data = asyncio.run(parse_telephony_websocket(Replay(messages)))
    assert kind == provider
    start = next(told for told in map(json.loads, messages) if told["event"] == "start")
    ids = {
        "twilio": lambda: (start["streamSid"], start["start"]["callSid"]),
        "telnyx": lambda: (start["stream_id"], start["start"]["call_control_id"]),
        "plivo": lambda: (start["start"]["streamId"], start["start"]["callId"]),
        "exotel": lambda: (start["stream_sid"], start["start"]["call_sid"]),
    }[provider]()
    assert (data["stream_id"], data["call_id"]) == ids and all(ids)
    if provider == "twilio":
        assert data.from_number and data.to_number and data.body["from_number"] == data.from_number
    if provider == "telnyx":
        assert data.outbound_encoding == "PCMU" and data.from_number and data.to_number
    if provider == "exotel":
        assert data.account_sid and data.from_number and data.to_number


@pytest.mark.parametrize("provider", PROVIDERS)
def test_pipecat_reads_every_message(provider):
    messages = one_call(provider)
    rate = 16000 if provider == "vonage" else 8000

    async def read():
        serializer = pipecat_serializer(provider, rate)
        await serializer.setup(Setup(rate))
        return [await serializer.deserialize(message) for message in messages]

    frames = asyncio.run(read())
    audio = b"".join(frame.audio for frame in frames if isinstance(frame, InputAudioRawFrame))
    keys = "".join(frame.button.value for frame in frames if isinstance(frame, InputDTMFFrame))
    assert keys == "15#"
    assert abs(len(audio) / 2 / rate - 3) <= 0.2
    samples = np.frombuffer(audio, "<i2")
    loud = samples[np.abs(samples.astype(int)) > 500]
    assert len(loud) > rate // 4
    assert abs(loudest(audio, rate) - 440) < 5
    # Whatever is neither audio nor a key is one of the messages that carry none.
    for message, frame in zip(messages, frames):
        if frame is None:
            assert json.loads(message)["event"] in ("connected", "start", "stop", "websocket:connected")


def test_plivo_models_accept_every_message():
    messages = one_call("plivo")
    models = {"start": plivo_types.StartEvent, "media": plivo_types.MediaEvent, "dtmf": plivo_types.DtmfEvent}
    for message in messages:
        told = json.loads(message)
        model = models[told["event"]].model_validate(told, strict=True)
        written = model.model_dump(by_alias=True, exclude_unset=True)
        assert written == told
    start = plivo_types.StartEvent.model_validate_json(messages[0])
    assert start.extra_headers.startswith("fromNumber=Z2B1500")


# MARK: A bot


class Echo(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, 1))
        else:
            await self.push_frame(frame, direction)


@contextlib.contextmanager
def pipecat_bot(provider):
    """A Pipecat bot on uvicorn that says back what it hears."""
    rate = 16000 if provider == "vonage" else 8000
    app = FastAPI()

    @app.websocket("/ws")
    async def take(websocket: WebSocket):
        await websocket.accept()
        serializer = pipecat_serializer(provider, rate)
        if provider != "vonage":
            kind, data = await parse_telephony_websocket(websocket)
            assert kind == provider
            # The stream of this call, as `create_transport` would hand it over.
            setattr(serializer, "_stream_sid" if hasattr(serializer, "_stream_sid") else "_stream_id", data["stream_id"])
        packet = rate // 50 * 2 if provider == "vonage" else None
        transport = FastAPIWebsocketTransport(
            websocket,
            FastAPIWebsocketParams(
                audio_in_enabled=True,
                audio_out_enabled=True,
                serializer=serializer,
                fixed_audio_packet_size=packet,
                audio_out_end_silence_secs=0,
                # Exotel takes chunks of 3,200 bytes and more: 200 ms.
                audio_out_10ms_chunks=20 if provider == "exotel" else 4,
            ),
        )
        pipeline = Pipeline([transport.input(), Echo(), transport.output()])
        parameters = PipelineParams(audio_in_sample_rate=rate, audio_out_sample_rate=rate)
        worker = PipelineWorker(pipeline, params=parameters, enable_rtvi=False)

        @transport.event_handler("on_client_disconnected")
        async def left(transport, client):
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        await runner.run()

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=[[listener]], daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_pipecat_bot_answers_a_simulated_call(provider, tmp_path):
    rate = 16000 if provider == "vonage" else 8000
    said, heard = tmp_path / "said.wav", tmp_path / "heard.wav"
    with wave.open(str(said), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(tone(1000, rate, 2))
    with pipecat_bot(provider) as port:
        flags = ["--say", str(said), "--heard", str(heard), "--duration", "3.5"]
        done = subprocess.run(simulate(provider, port, *flags), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    with wave.open(str(heard)) as file:
        assert file.getframerate() == rate
        audio = file.readframes(file.getnframes())
    samples = np.frombuffer(audio, "<i2").astype(int)
    loud = np.flatnonzero(np.abs(samples) > 1000)
    assert len(loud) > 0, done.stdout
    piece = samples[loud[0] : loud[-1]].astype("<i2").tobytes()
    # Pipecat keeps back at most one of its chunks, and loses what came before its pipeline ran.
    assert len(piece) / 2 / rate > 1.5, done.stdout
    assert abs(loudest(piece, rate) - 1000) < 5
