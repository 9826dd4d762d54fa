"""What providers say of outbound calls: the SDKs read the same ids from it, and each word that they know has a meaning here."""

import typing

import pytest
from telnyx.types import call_hangup, call_machine_detection_ended, call_machine_greeting_ended
from telnyx.types import call_machine_premium_detection_ended, call_machine_premium_greeting_ended
from twilio.rest.api.v2010.account.call import CallInstance
from vonage_voice.models import CreateCallRequest, Phone, ToPhone
from vonage_voice.models.enums import CallState

from dialling import CONNECTION, accepted, of_plivo, of_telnyx, of_twilio, of_vonage, pairs_in

TO, FROM = "+15005550010", "+15005550006"
ANSWER = "https://bot.example.test/answer"


def test_the_sdks_read_the_same_id_from_an_answer(monkeypatch):
    body, ours = accepted("twilio")
    _, read = of_twilio(lambda client: client.calls.create(to=TO, from_=FROM, url=ANSWER), body)
    assert read.sid == ours
    body, ours = accepted("telnyx")
    _, read = of_telnyx(lambda client: client.calls.dial(connection_id=CONNECTION, to=TO, from_=FROM), body)
    assert read.data.call_control_id == ours
    body, ours = accepted("plivo")
    _, read = of_plivo(monkeypatch, lambda client: client.calls.create(FROM, TO, ANSWER), body)
    assert read.request_uuid == ours
    body, ours = accepted("vonage")
    call = CreateCallRequest(to=[ToPhone(number="15005550010")], from_=Phone(number="15005550006"), answer_url=[ANSWER])
    _, read = of_vonage(monkeypatch, lambda voice: voice.create_call(call), body)
    assert read.uuid == ours


def literals(model, field):
    """The words of a field that a Pydantic model allows, without the `None`."""
    [words, _] = typing.get_args(model.model_fields[field].annotation)
    return typing.get_args(words)


TELNYX_WORDS = [
    ("call.hangup", "hangup_cause", call_hangup),
    ("call.machine.detection.ended", "result", call_machine_detection_ended),
    ("call.machine.greeting.ended", "result", call_machine_greeting_ended),
    ("call.machine.premium.detection.ended", "result", call_machine_premium_detection_ended),
    ("call.machine.premium.greeting.ended", "result", call_machine_premium_greeting_ended),
]


@pytest.mark.parametrize("event, field, module", TELNYX_WORDS, ids=[words[0] for words in TELNYX_WORDS])
def test_telnyx_words_all_have_a_meaning(event, field, module):
    given = [line for line, meaning in pairs_in("telnyx", "callbacks.txt") if f'"{event}"' in line and meaning != "nothing"]
    for word in literals(module.Payload, field):
        assert any(f'"{field}":"{word}"' in line for line in given), word


def test_twilio_words_all_have_a_meaning():
    given = [line for line, meaning in pairs_in("twilio", "callbacks.txt") if meaning != "nothing"]
    words = [word for name, word in vars(CallInstance.Status).items() if name.isupper()]
    assert len(words) >= 8
    for word in words:
        assert any(f"CallStatus={word}" in line for line in given), word


def test_vonage_words_all_have_a_meaning():
    given = [line for line, meaning in pairs_in("vonage", "callbacks.txt") if meaning != "nothing"]
    for word in CallState:
        assert any(f'"status":"{word.value}"' in line for line in given), word
