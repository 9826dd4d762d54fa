"""Requests that the providers' SDKs sign are let in, and each kind of tampering is refused."""

import base64
import hashlib
import hmac
import json
import random
import time
import urllib.parse

import jwt
import pytest
from nacl.signing import SigningKey
from plivo.utils import signature_v3, validate_signature
from plivo.utils.signature_v3 import validate_v3_signature
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature
from twilio.request_validator import RequestValidator
from vonage_jwt import verify_signature

from dialling import pairs_in
from harness import Server

HOST = "voice.example.com"
TOKEN = "tok_made_up_0123456789abcdef"
SECRET = "a-made-up-signature-secret-of-32-bytes-and-more"
KEY = SigningKey(bytes(range(32)))
ROUNDS = 60

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
LETTERS = "abcXYZ019 -_.~+/=&?#%:;,@!$'()*<>\"\\éß電話👍\n\t"


@pytest.fixture(scope="module")
def server():
    secrets = {
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_SIGNING_KEYS": f"key1:{SECRET}",
        "PLIVO_AUTH_TOKEN": TOKEN,
        "TELNYX_PUBLIC_KEY": base64.b64encode(bytes(KEY.verify_key)).decode(),
        "VONAGE_SIGNATURE_SECRET": SECRET,
    }
    with Server("-x", HOST, **secrets) as server:
        yield server


def text(chance, most=12, letters=LETTERS):
    return "".join(chance.choice(letters) for _ in range(chance.randint(0, most)))


def fields(chance, letters=LETTERS):
    """Pairs of a form: repeated names, empty values, odd letters."""
    pairs = [("CallSid", "CA" + "1" * 32), ("From", "+15005550006"), ("To", "+15005550010")]
    pairs += [(chance.choice("kqA") + text(chance, 4, letters), text(chance, 12, letters)) for _ in range(chance.randint(0, 5))]
    if chance.random() < 0.5:
        pairs += [("Repeated", value) for value in chance.choices(["b", "a", "", "Z"], k=3)]
    chance.shuffle(pairs)
    return pairs


QUERIES = ["", "?", "?a=1", "?a=%2B&b=+", "?a=%2b", "?x=//y%2Fz", "?k=b&k=a&k=b", "?e=&f", "?a=%20+%20", "?q=%C3%A9", "?a=1&&b=2"]


def query(chance, ascii=False):
    if chance.random() < 0.6:
        return chance.choice([query for query in QUERIES if not (ascii and "%C3" in query)])
    # A provider may escape more or less than it has to; what counts is the address as it was dialled.
    quote = chance.choice([urllib.parse.quote, urllib.parse.quote_plus])
    pairs = [(chance.choice("abc"), text(chance, 8, "".join(filter(str.isascii, LETTERS)) if ascii else LETTERS)) for _ in range(chance.randint(1, 4))]
    return "?" + "&".join(f"{name}={quote(value, safe=chance.choice(['', '/:', '~']))}" for name, value in pairs)


class Several(dict):
    """A form as web frameworks hand it to Twilio's validator."""

    def getall(self, name):
        return self[name]


def gathered(pairs, kind=dict):
    table = kind()
    for name, value in pairs:
        table.setdefault(name, []).append(value)
    return table


def form(pairs):
    return urllib.parse.urlencode(pairs).encode()


def changed(text):
    """One letter of a base64 text, changed in a bit that counts."""
    return ("B" if text[0] == "A" else "A") + text[1:]


# MARK: Twilio


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_twilio_form(server, seed):
    chance = random.Random(seed)
    target = "/answer/twilio" + query(chance)
    pairs = fields(chance)
    params = gathered(pairs, Several)
    url = f"https://{HOST}{target}"
    dialled = url.replace(HOST, HOST + ":443") if chance.random() < 0.2 else url
    validator = RequestValidator(TOKEN)
    signature = validator.compute_signature(dialled, params)
    # The SDK's own reading drops a question mark with nothing behind it.
    assert validator.validate(url, params, signature) or url.endswith("?")

    def post(body=form(pairs), target=target, signature=signature):
        return server.request("POST", target, FORM | {"X-Twilio-Signature": signature}, body).status

    assert post() == 200
    assert post(signature=changed(signature)) == 403
    assert post(signature="") == 403
    assert post(body=form(pairs + [("Extra", "1")])) == 403
    assert post(body=form([(name, value + "x") for name, value in pairs])) == 403
    assert post(body=form(pairs[1:]) if pairs.count(pairs[0]) == 1 else b"") == 403
    assert post(target=target + ("&" if "?" in target else "?") + "z=1") == 403
    assert post(signature=RequestValidator(TOKEN + "x").compute_signature(url, params)) == 403
    assert post(signature=validator.compute_signature(url.replace(HOST, "evil.example.com"), params)) == 403


@pytest.mark.parametrize("seed", range(10))
def test_twilio_get_and_shared_key(server, seed):
    chance = random.Random(seed)
    target = "/answer/twilio" + query(chance)
    url = f"https://{HOST}{target}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    assert server.request("GET", target, {"X-Twilio-Signature": signature}).status == 200
    assert server.request("GET", target, {"X-Twilio-Signature": changed(signature)}).status == 403
    pairs = fields(chance)
    params = gathered(pairs, Several)
    shared = RequestValidator(SECRET).compute_signature(url, params, "HMAC_SHA256")
    settings = {"X-Twilio-Signature": shared, "X-Twilio-Webhooks-Signature-Settings": "key=key1,algorithm=HMAC_SHA256"}
    assert server.request("POST", target, FORM | settings, form(pairs)).status == 200
    for other in ["key=key2,algorithm=HMAC_SHA256", "key=key1,algorithm=HMAC_SHA512", "key=key1", ""]:
        told = settings | {"X-Twilio-Webhooks-Signature-Settings": other}
        assert server.request("POST", target, FORM | told, form(pairs)).status == 403


def test_twilio_json_body(server):
    body = '{"event":"x","n":1}'
    validator = RequestValidator(TOKEN)
    target = "/answer/twilio?bodySHA256=" + validator.compute_hash(body)
    url = f"https://{HOST}{target}"
    signature = validator.compute_signature(url, {})
    assert validator.validate(url, body, signature)
    headers = JSON | {"X-Twilio-Signature": signature}
    assert server.request("POST", target, headers, body.encode()).status == 200
    assert server.request("POST", target, headers, body.encode() + b" ").status == 403


SOCKETS = ["", "/", "?a=%2B&b=+", "?a=//&b=%2F", "?k=b&k=a&k=b", "?e=&f=", "?q=%3D&r=%zz", "/?x=1", "?a=1&&b=2", "?"]


@pytest.mark.parametrize("ending", SOCKETS)
@pytest.mark.parametrize("path", ["/ws/twilio", "/ws"])
def test_twilio_upgrade(server, path, ending):
    target = path + ending
    validator = RequestValidator(TOKEN)
    signature = validator.compute_signature(f"wss://{HOST}{target}", {})
    assert server.upgrade(target, {"X-Twilio-Signature": signature}) == 101
    assert server.upgrade(target, {"x-twilio-signature": signature}) == 101
    assert server.upgrade(target, {"X-Twilio-Signature": changed(signature)}) == 403
    assert server.upgrade(target) == 403
    assert server.upgrade(target + ("&" if "?" in target else "?") + "z=1", {"X-Twilio-Signature": signature}) == 403
    # A signature of the page is none of the socket.
    page = validator.compute_signature(f"https://{HOST}{target}", {})
    assert server.upgrade(target, {"X-Twilio-Signature": page}) == 403


# MARK: Plivo


def plivo_v3(method, url, params, token=TOKEN, nonce="12345678901234567890"):
    params = dict(params)
    base = signature_v3.construct_get_url(url, params) if method == "GET" else signature_v3.construct_post_url(url, params)
    signature = signature_v3.get_signature_v3(token.encode(), base.decode(), nonce.encode()).decode()
    return {"X-Plivo-Signature-V3": signature, "X-Plivo-Signature-V3-Nonce": nonce}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("seed", range(ROUNDS // 2))
def test_plivo_v3(server, method, seed):
    chance = random.Random(seed)
    # The SDK cannot read a query that decodes to more than ASCII.
    target = "/answer/plivo" + query(chance, ascii=True)
    pairs = fields(chance) if method == "POST" else []
    url = f"https://{HOST}{target}"
    params = gathered(pairs)
    headers = plivo_v3(method, url, params)
    signature, nonce = headers["X-Plivo-Signature-V3"], headers["X-Plivo-Signature-V3-Nonce"]
    assert validate_v3_signature(method, url, nonce, TOKEN, signature, dict(params))

    def send(headers, body=form(pairs), target=target):
        return server.request(method, target, headers | (FORM if method == "POST" else {}), body).status

    assert send(headers) == 200
    listed = {"X-Plivo-Signature-V3": f"{changed(signature)},{signature}"}
    assert send(headers | listed) == 200
    main = {"X-Plivo-Signature-Ma-V3": signature, "X-Plivo-Signature-V3": changed(signature)}
    assert send(headers | main) == 200
    assert send(headers | {"X-Plivo-Signature-V3": changed(signature)}) == 403
    assert send(headers | {"X-Plivo-Signature-V3-Nonce": nonce + "1"}) == 403
    assert send({"X-Plivo-Signature-V3": signature}) == 403
    assert send({}) == 403
    assert send(headers, target=target + ("&" if "?" in target else "?") + "z=1") == 403
    assert send(plivo_v3(method, url, params, token="other")) == 403
    assert send(plivo_v3(method, url.replace(HOST, "evil.example.com"), params)) == 403
    if method == "POST":
        assert send(headers, body=form(pairs + [("Extra", "1")])) == 403
        assert send(headers, body=b"") == 403


def test_plivo_v2(server):
    nonce = "12345678901234567890"
    url = f"https://{HOST}/answer/plivo"
    signature = base64.b64encode(hmac.new(TOKEN.encode(), (url + nonce).encode(), hashlib.sha256).digest()).decode()
    assert validate_signature(url, nonce, signature, TOKEN)
    headers = FORM | {"X-Plivo-Signature-V2": signature, "X-Plivo-Signature-V2-Nonce": nonce}
    assert server.request("POST", "/answer/plivo", headers, b"CallUUID=c1").status == 200
    assert server.request("POST", "/answer/plivo", headers | {"X-Plivo-Signature-V2": changed(signature)}, b"a=1").status == 403
    assert server.request("POST", "/answer/plivo", headers | {"X-Plivo-Signature-V2-Nonce": "1"}, b"a=1").status == 403


@pytest.mark.parametrize("ending", SOCKETS)
@pytest.mark.parametrize("scheme", ["http", "wss", "https"])
@pytest.mark.parametrize("path", ["/ws/plivo", "/ws"])
def test_plivo_upgrade(server, path, scheme, ending):
    target = path + ending
    headers = plivo_v3("GET", f"{scheme}://{HOST}{target}", {})
    assert server.upgrade(target, headers) == 101
    assert server.upgrade(target, headers | {"X-Plivo-Signature-V3-Nonce": "1"}) == 403
    assert server.upgrade(target, headers | {"X-Plivo-Signature-V3": changed(headers["X-Plivo-Signature-V3"])}) == 403
    assert server.upgrade(target + ("&" if "?" in target else "?") + "z=1", headers) == 403
    # What proves one provider opens no socket of another's.
    assert server.upgrade(target.replace("/ws/plivo", "/ws/twilio"), headers) == (403 if "plivo" in path else 101)


# MARK: Telnyx


@pytest.mark.parametrize("seed", range(ROUNDS // 2))
def test_telnyx_ed25519(server, seed):
    chance = random.Random(seed)
    body = form(fields(chance))
    now = int(time.time()) + chance.choice([0, -290, 290])
    public = base64.b64encode(bytes(KEY.verify_key)).decode()

    def headers(body=body, time=now, key=KEY):
        signature = base64.b64encode(key.sign(f"{time}|".encode() + body).signature).decode()
        return {"telnyx-signature-ed25519": signature, "telnyx-timestamp": str(time)}

    def post(headers, body=body):
        try:
            verify_webhook_signature(body, headers, public)
            expected = 200
        except WebhookVerificationError:
            expected = 403
        status = server.request("POST", "/answer/telnyx", FORM | headers, body).status
        assert status == expected
        return status

    good = headers()
    assert post(good) == 200
    assert post({name.title(): value for name, value in good.items()}) == 200
    assert post(good, body + b"&x=1") == 403
    assert post(good | {"telnyx-timestamp": str(now + 1)}) == 403
    assert post(good | {"telnyx-signature-ed25519": changed(good["telnyx-signature-ed25519"])}) == 403
    assert post(good | {"telnyx-signature-ed25519": "AAAA"}) == 403
    assert post({"telnyx-timestamp": str(now)}) == 403
    assert post(headers(time=int(time.time()) - 310)) == 403
    assert post(headers(time=int(time.time()) + 310)) == 403
    assert post(headers(key=SigningKey(bytes(32)))) == 403


# MARK: Vonage


def vonage_claims(body, **more):
    now = int(time.time())
    return {"iat": now, "jti": f"j{now}", "application_id": "app", "payload_hash": hashlib.sha256(body).hexdigest()} | more


@pytest.mark.parametrize("seed", range(ROUNDS // 2))
def test_vonage_hs256(server, seed):
    chance = random.Random(seed)
    named = {"from": text(chance), "to": "15005550010", "uuid": f"u{seed}", "conversation_uuid": "CON-1"}
    body = json.dumps(named, ensure_ascii=chance.random() < 0.5).encode()

    def post(token, body=body):
        return server.request("POST", "/answer/vonage", JSON | {"Authorization": f"Bearer {token}"}, body).status

    good = jwt.encode(vonage_claims(body), SECRET, "HS256")
    assert verify_signature(good, SECRET)
    assert post(good) == 200
    assert post(good, body + b" ") == 403
    wrong = jwt.encode(vonage_claims(body), SECRET + "x", "HS256")
    assert not verify_signature(wrong, SECRET)
    assert post(wrong) == 403
    head, claims, signature = good.split(".")
    assert post(f"{head}.{claims}.{changed(signature)}") == 403
    other = jwt.encode(vonage_claims(body, application_id="other"), SECRET, "HS256").split(".")[1]
    assert post(f"{head}.{other}.{signature}") == 403
    assert post(jwt.encode(vonage_claims(body), None, "none")) == 403
    assert post(jwt.encode(vonage_claims(body), SECRET * 2, "HS512")) == 403
    assert post(jwt.encode(vonage_claims(body, iat=int(time.time()) - 400), SECRET, "HS256")) == 403
    assert post("") == 403


def test_vonage_get(server):
    token = jwt.encode({"iat": int(time.time()), "jti": "1", "application_id": "app"}, SECRET, "HS256")
    target = "/answer/vonage?from=15005550006&to=15005550010&uuid=u1"
    assert server.request("GET", target, {"Authorization": f"Bearer {token}"}).status == 200
    assert server.request("GET", target).status == 403


# MARK: Without -x


@pytest.mark.parametrize("host", ["voice.example.com", "voice.example.com:8443", "localhost:7860"])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_without_a_public_host_the_host_header_is_what_was_signed(scheme, host):
    with Server(TWILIO_AUTH_TOKEN=TOKEN, PLIVO_AUTH_TOKEN=TOKEN) as server:
        validator = RequestValidator(TOKEN)
        url = f"{scheme}://{host}/answer/twilio?a=1"
        headers = {"Host": host, "X-Twilio-Signature": validator.compute_signature(url, {})}
        assert server.request("GET", "/answer/twilio?a=1", headers).status == 200
        assert server.request("GET", "/answer/twilio?a=1", headers | {"Host": "evil.example.com"}).status == 403
        headers = {"Host": host} | plivo_v3("GET", f"{scheme}://{host}/answer/plivo?a=1", {})
        assert server.request("GET", "/answer/plivo?a=1", headers).status == 200
        signature = validator.compute_signature(f"wss://{host}/ws/twilio", {})
        # From a name of this machine a socket needs no signature.
        other = 101 if host.startswith("localhost") else 403
        assert server.upgrade("/ws/twilio", {"Host": host, "X-Twilio-Signature": signature}) == 101
        assert server.upgrade("/ws/twilio", {"Host": host, "X-Twilio-Signature": changed(signature)}) == other


# MARK: Callbacks of outbound calls

# Where a provider's callbacks may be posted; each takes what its provider signed and nothing else.
CALLBACK_ROUTES = ["/answer/{provider}", "/status/{provider}", "/status/{provider}/call-7f3a"]


def signed(provider, url, body):
    """The headers with which the provider's own helper signs this callback."""
    if provider == "twilio":
        return FORM | {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, gathered(parsed(body), Several))}
    if provider == "plivo":
        return FORM | plivo_v3("POST", url, gathered(parsed(body)))
    if provider == "telnyx":
        now = str(int(time.time()))
        signature = base64.b64encode(KEY.sign(f"{now}|".encode() + body).signature).decode()
        return JSON | {"telnyx-signature-ed25519": signature, "telnyx-timestamp": now}
    return JSON | {"Authorization": "Bearer " + jwt.encode(vonage_claims(body), SECRET, "HS256")}


def parsed(body):
    return urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)


# Exotel signs nothing.
@pytest.mark.parametrize("provider", ["twilio", "telnyx", "plivo", "vonage"])
@pytest.mark.parametrize("route", CALLBACK_ROUTES)
def test_callbacks_are_let_in_as_signed(server, route, provider):
    target = route.format(provider=provider)
    callbacks = [given for given, _ in pairs_in(provider, "callbacks.txt")]
    assert len(callbacks) >= 6
    for body in (callback.encode() for callback in callbacks):
        headers = signed(provider, f"https://{HOST}{target}", body)
        assert server.request("POST", target, headers, body).status in (200, 204), body
        assert server.request("POST", target, headers, body + (b" " if body[:1] == b"{" else b"&x=1")).status == 403, body
        assert server.request("POST", target, FORM, body).status == 403, body
        other = signed(provider, f"https://evil.example.com{target}", body)
        # A JSON body's signature covers no address.
        allowed = (200, 204) if provider in ("telnyx", "vonage") else (403,)
        assert server.request("POST", target, other, body).status in allowed, body
