"""The requests that place, end and look up outbound calls, against what the providers' SDKs send for the same, field by field.

A difference is allowed where the comparison names it and says why. Exotel has no SDK: its requests are held to the names and limits
of its documents.
"""

import re
import typing

import pytest
from lxml import etree
from telnyx.types import CallDialParams
from twilio.twiml.voice_response import Connect, VoiceResponse
from vonage_voice.models import AdvancedMachineDetection, CreateCallRequest, ListCallsFilter, Phone, ToPhone, WebsocketEndpoint
from vonage_voice.models import Connect as ConnectAction

from dialling import ACCOUNT, CONNECTION, FORM, MAIN, accepted, of_plivo, of_telnyx, of_twilio, of_vonage, pairs_in
from dialling import requests_in, wishes

TO, FROM = "+15005550010", "+15005550006"
STREAM = "wss://bot.example.test/ws/abc.def"
RINGING, LASTING = 40, 900
SINCE = "2030-01-02T03:03:35Z"
CALLS = {
    "twilio": "CA" + "0" * 31 + "1",
    "telnyx": "v3:made-up_ID",
    "plivo": "11111111-0000-4000-8000-000000000001",
    "vonage": "22222222-0000-4000-8000-000000000002",
}


def answer_url(provider):
    return f"https://bot.example.test/answer/{provider}/call-7f3a"


def status_url(provider):
    return f"https://bot.example.test/status/{provider}/call-7f3a"


def one(requests):
    [request] = requests
    return request


def typed(value):
    """JSON with its types: 1 is not 1.0, and neither is "1"."""
    if isinstance(value, dict):
        return {key: typed(member) for key, member in value.items()}
    if isinstance(value, list):
        return [typed(member) for member in value]
    return type(value).__name__, value


def compare(ours, theirs, ours_alone=(), theirs_alone=()):
    """What one side has alone, of a query, a form or the members of a JSON object, is named by the caller, with the reason."""
    assert (ours.method, ours.host, ours.path) == (theirs.method, theirs.host, theirs.path)
    if ours.headers["authorization"] == "Bearer [token]":
        assert theirs.headers["authorization"].startswith("Bearer ey")
    else:
        assert ours.headers["authorization"] == theirs.headers["authorization"]
    form = ours.headers.get("content-type") == FORM
    if ours.body:
        assert ours.headers["content-type"] == theirs.headers["content-type"]
    if form:
        left, right = ours.form, theirs.form
    elif ours.body:
        left, right = typed(ours.json), typed(theirs.json)
        left, right = sorted(left.items()), sorted(right.items())
        ours_alone = sorted(typed(dict(ours_alone)).items())
        theirs_alone = sorted(typed(dict(theirs_alone)).items())
    else:
        left, right = ours.query, theirs.query
    assert [pair for pair in left if pair not in right] == sorted(ours_alone)
    assert [pair for pair in right if pair not in left] == sorted(theirs_alone)
    assert len(left) - len(ours_alone) == len(right) - len(theirs_alone)


def canonical(document):
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(document.encode(), parser), method="c14n").decode()


# MARK: Twilio


@pytest.mark.parametrize("opening, machine", wishes("twilio"))
def test_twilio_call(opening, machine):
    ours = one(requests_in("twilio", f"request-{opening}-{machine}.txt"))
    more = {}
    if opening == "stream":
        more["twiml"] = dict(ours.form)["Twiml"]
        response = VoiceResponse()
        stream = Connect().stream(url=STREAM)
        stream.parameter(name="from_number", value=FROM)
        stream.parameter(name="to_number", value=TO)
        connect = Connect()
        connect.append(stream)
        response.append(connect)
        assert canonical(more["twiml"]) == canonical(str(response))
        assert len(more["twiml"]) <= 4000
    else:
        more |= {"url": answer_url("twilio"), "method": "POST"}
    if machine != "off":
        more |= {
            # `hangup` is ours: Twilio tells who answered, and the call is then ended.
            "machine_detection": "DetectMessageEnd" if machine == "message" else "Enable",
            "async_amd": "true",
            "async_amd_status_callback": status_url("twilio"),
            "async_amd_status_callback_method": "POST",
        }
    sent, _ = of_twilio(
        lambda client: client.calls.create(
            to=TO,
            from_=FROM,
            status_callback=status_url("twilio"),
            status_callback_method="POST",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
            timeout=RINGING,
            time_limit=LASTING,
            **more,
        )
    )
    compare(ours, one(sent))
    assert ours.path == f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"


@pytest.mark.parametrize("state", ["ringing", "answered"])
def test_twilio_hangup(state):
    sent, _ = of_twilio(lambda client: client.calls(CALLS["twilio"]).update(status="completed"))
    compare(one(requests_in("twilio", f"hang-up-{state}.txt")), one(sent))


def test_twilio_list():
    page = '{"calls":[],"uri":"/","first_page_uri":"/","next_page_uri":null,"page":0,"page_size":100}'
    sent, _ = of_twilio(lambda client: client.calls.page(to=TO, from_=FROM, page_size=100), page)
    compare(one(requests_in("twilio", "reconcile.txt")), one(sent))


# MARK: Telnyx


def telnyx_call(machine):
    more = {} if machine == "off" else {"answering_machine_detection": "greeting_end" if machine == "message" else "detect"}
    return more | {
        "connection_id": CONNECTION,
        "to": TO,
        "from_": FROM,
        "stream_url": STREAM,
        "stream_track": "inbound_track",
        "stream_bidirectional_mode": "rtp",
        "stream_bidirectional_codec": "PCMU",
        "stream_bidirectional_sampling_rate": 8000,
        "stream_bidirectional_target_legs": "self",
        "stream_auth_token": "stream-made-up",
        "timeout_secs": RINGING,
        "time_limit_secs": LASTING,
        "webhook_url": status_url("telnyx"),
        "webhook_url_method": "POST",
        "client_state": "Y2FsbC03ZjNh",
        "command_id": "call-7f3a",
        "retry_on_timeout": False,
    }


@pytest.mark.parametrize("opening, machine", wishes("telnyx"))
def test_telnyx_call(opening, machine):
    assert opening == "stream"
    sent, _ = of_telnyx(lambda client: client.calls.dial(**telnyx_call(machine)))
    compare(one(requests_in("telnyx", f"request-stream-{machine}.txt")), one(sent))


@pytest.mark.parametrize("opening, machine", wishes("telnyx"))
def test_telnyx_members_have_the_sdks_types_and_words(opening, machine):
    hints = {"from" if name == "from_" else name: hint for name, hint in typing.get_type_hints(CallDialParams).items()}
    for name, value in one(requests_in("telnyx", f"request-{opening}-{machine}.txt")).json.items():
        allowed = hints[name]
        if typing.get_origin(allowed) is typing.Literal:
            assert value in typing.get_args(allowed), name
        else:
            assert type(value) in (typing.get_args(allowed) or (allowed,)), name


@pytest.mark.parametrize("state", ["ringing", "answered"])
def test_telnyx_hangup(state):
    sent, _ = of_telnyx(lambda client: client.calls.actions.hangup(CALLS["telnyx"]), '{"data":{"result":"ok"}}')
    compare(one(requests_in("telnyx", f"hang-up-{state}.txt")), one(sent))


def test_telnyx_lists():
    active, events = requests_in("telnyx", "reconcile.txt")
    sent, _ = of_telnyx(lambda client: client.connections.list_active_calls(CONNECTION, page_size=250), '{"data":[]}')
    # The OpenAPI document pages this list by a cursor, with `page[limit]`; the SDK knows `page[size]` alone.
    compare(active, one(sent), ours_alone=[("page[limit]", "250")])
    filter = {"connection_id": CONNECTION, "to": TO, "occurred_at": {"gte": SINCE}}
    sent, _ = of_telnyx(lambda client: client.call_events.list(filter=filter, page_size=250), '{"data":[]}')
    compare(events, one(sent))


# MARK: Plivo

# What the SDK sends of its own accord: the defaults of the documents.
PLIVO_DEFAULTS = {"fallback_method": "POST", "machine_detection_time": 5000, "error_if_parent_not_found": False}


@pytest.mark.parametrize("opening, machine", wishes("plivo"))
def test_plivo_call(opening, machine, monkeypatch):
    assert opening == "document"
    more, defaults = {}, PLIVO_DEFAULTS
    if machine == "off":
        defaults = defaults | {"machine_detection_method": "POST"}
    else:
        more = {"machine_detection": {"detect": "true", "hangup": "hangup"}[machine]}
        more |= {"machine_detection_url": status_url("plivo"), "machine_detection_method": "POST"}
    sent, _ = of_plivo(
        monkeypatch,
        lambda client: client.calls.create(
            from_=FROM,
            to_=TO,
            answer_url=answer_url("plivo"),
            answer_method="POST",
            ring_url=status_url("plivo"),
            ring_method="POST",
            hangup_url=status_url("plivo"),
            hangup_method="POST",
            ring_timeout=RINGING,
            time_limit=LASTING,
            **more,
        ),
    )
    compare(one(requests_in("plivo", f"request-document-{machine}.txt")), one(sent), theirs_alone=defaults.items())


def test_plivo_hangup(monkeypatch):
    call = CALLS["plivo"]
    cancelled, ended = requests_in("plivo", "hang-up-ringing.txt")
    sent, _ = of_plivo(monkeypatch, lambda client: client.calls.cancel(call))
    compare(cancelled, one(sent))
    assert cancelled.path == f"/v1/Account/{MAIN}/Request/{call}/"
    sent, _ = of_plivo(monkeypatch, lambda client: client.calls.delete(call))
    # The SDK repeats the call's id in a body, which DELETE does not document.
    assert one(sent).json == {"call_uuid": call}
    compare(ended, one(sent))
    compare(one(requests_in("plivo", "hang-up-answered.txt")), one(sent))


def test_plivo_lists(monkeypatch):
    to = TO.removeprefix("+")
    acts = [
        lambda client: client.queued_calls.list_ids(limit=20),
        lambda client: client.live_calls.list_ids(call_direction="outbound", to_number=to, limit=20),
        lambda client: client.calls.list(to_number=to, end_time__gte="2030-01-02 03:03:35", limit=20),
    ]
    for ours, act in zip(requests_in("plivo", "reconcile.txt"), acts, strict=True):
        sent, _ = of_plivo(monkeypatch, act)
        # The first page: the default.
        compare(ours, one(sent), theirs_alone=[("offset", "0")])


def test_plivo_details(monkeypatch):
    asked = [expected.split(" ")[1:] for _, expected in pairs_in("plivo", "lists.txt") if expected.startswith("ask ")]
    assert asked
    for url in sum(asked, []):
        call, state = re.fullmatch(r".*/Call/([^/]+)/\?status=(live|queued)", url).groups()
        sent, _ = of_plivo(monkeypatch, lambda client: getattr(client, f"{state}_calls").get(call))
        theirs = one(sent)
        assert url == f"https://{theirs.host}{theirs.path}?status={dict(theirs.query)['status']}"
        assert theirs.method == "GET"


# MARK: Vonage


@pytest.mark.parametrize("opening, machine", wishes("vonage"))
def test_vonage_call(opening, machine, monkeypatch):
    to, number = TO.removeprefix("+"), FROM.removeprefix("+")
    more = {}
    if opening == "stream":
        socket = WebsocketEndpoint(uri=STREAM, contentType="audio/l16;rate=16000", headers={"from": number, "to": to})
        more["ncco"] = [ConnectAction(from_=number, endpoint=[socket])]
    else:
        more |= {"answer_url": [answer_url("vonage")], "answer_method": "GET"}
    if machine != "off":
        more["advanced_machine_detection"] = AdvancedMachineDetection(
            behavior="hangup" if machine == "hangup" else "continue",
            mode="default",
            beep_timeout=45 if machine == "message" else None,
        )
    call = CreateCallRequest(
        to=[ToPhone(number=to)],
        from_=Phone(number=number),
        event_url=[status_url("vonage")],
        event_method="POST",
        length_timer=LASTING,
        ringing_timer=RINGING,
        **more,
    )
    sent, _ = of_vonage(monkeypatch, lambda voice: voice.create_call(call), accepted("vonage")[0])
    compare(one(requests_in("vonage", f"request-{opening}-{machine}.txt")), one(sent))


@pytest.mark.parametrize("state", ["ringing", "answered"])
def test_vonage_hangup(state, monkeypatch):
    sent, _ = of_vonage(monkeypatch, lambda voice: voice.hangup(CALLS["vonage"]))
    compare(one(requests_in("vonage", f"hang-up-{state}.txt")), one(sent))


def test_vonage_lists(monkeypatch):
    empty = '{"count":0,"page_size":100,"record_index":0,"_links":{"self":{"href":"/"}},"_embedded":{"calls":[]}}'
    for ours, more in zip(requests_in("vonage", "reconcile.txt"), [{"date_start": SINCE}, {}], strict=True):
        wanted = ListCallsFilter(page_size=100, order="desc", **more)
        sent, _ = of_vonage(monkeypatch, lambda voice: voice.list_calls(wanted), empty)
        compare(ours, one(sent))


# MARK: Exotel, by its documents: Connect Voice AI, and Call details (bulk)

EXOTEL_CALL = {
    "From": r"\+[1-9]\d{6,14}",
    "CallerId": r"\+?\d{3,15}",
    "StreamUrl": r"wss?://.{1,593}",
    "StreamType": r"bidirectional",
    "Record": r"true|false",
    "RecordingChannels": r"single|dual",
    "TimeLimit": r"\d{1,4}|1[0-3]\d{3}|14[0-3]\d{2}|14400",
    "CustomField": r".{1,128}",
    "StatusCallback": r"https?://.+",
    "StatusCallbackEvents[]": r"answered|terminal|ringing",
    "StreamName": r".{1,32}",
}
EXOTEL_LIST = {
    "From": r"\+[1-9]\d{6,14}",
    "DateCreated": r"gte:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d;lte:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "PageSize": r"[1-9]\d?|100",
}


def test_exotel_call():
    assert wishes("exotel") == [("stream", "off")]
    ours = one(requests_in("exotel", "request-stream-off.txt"))
    assert (ours.method, ours.host, ours.path) == ("POST", "api.exotel.com", "/v1/Accounts/acme1/Calls/connect.json")
    assert ours.headers["authorization"].startswith("Basic ")
    names = [name for name, _ in ours.form]
    assert {"From", "CallerId", "StreamUrl", "StreamType"} <= set(names)
    assert len([name for name in names if name != "StatusCallbackEvents[]"]) == len(set(names)) - 1
    for name, value in ours.form:
        assert re.fullmatch(EXOTEL_CALL[name], value), name


def test_exotel_list():
    ours = one(requests_in("exotel", "reconcile.txt"))
    assert (ours.method, ours.path) == ("GET", "/v1/Accounts/acme1/Calls.json")
    for name, value in ours.query:
        assert re.fullmatch(EXOTEL_LIST[name], value), name
