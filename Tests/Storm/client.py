"""A campaign script in small: asks for calls with idempotency keys and asks again until it has an answer."""

import http.client
import json
import queue
import threading
import time

from processes import FROM

WORKERS = 16


class Client:
    def __init__(self, given, server, longest):
        self.given = given
        self.server = server
        self.longest = longest
        # By the number of the call: the number that it dials, and our id.
        self.numbers = [f"+1312{2_000_000 + index}" for index in range(given.calls)]
        self.ids = [None] * given.calls
        self.retried = 0
        self.replayed = 0
        self.refusals = []
        self.changed = []
        self.slowest = []
        self.lock = threading.Lock()

    def provider(self, index):
        return self.given.providers[index % len(self.given.providers)]

    def ask(self):
        """Asks for all calls, at the rate asked for; one in twenty twice."""
        waiting = queue.Queue(maxsize=WORKERS)
        workers = [threading.Thread(target=self.work, args=(waiting,), daemon=True) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        start = time.monotonic()
        for index in range(self.given.calls):
            time.sleep(max(0.0, start + index / self.given.ask_rate - time.monotonic()))
            waiting.put(index)
            if index % 20 == 19:
                waiting.put(index - 10)
        for _ in workers:
            waiting.put(None)
        for worker in workers:
            worker.join()

    def work(self, waiting):
        while (index := waiting.get()) is not None:
            self.ask_one(index)

    def ask_one(self, index):
        provider = self.provider(index)
        body = json.dumps({
            "phone_number": self.numbers[index], "provider": provider, "from": FROM, "timeout_secs": 5,
            "max_duration_secs": self.longest[provider], "metadata": {"n": index}, "body": {"n": index},
        })
        # Exotel names no ring time-out of its own that could be asked for.
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"storm-{self.given.seed}-{index}"}
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            began = time.monotonic()
            try:
                status, fields, answer = self.request("POST", "/start", body, headers)
            except (OSError, http.client.HTTPException):
                # The server is down, or went down before it answered: nobody knows whether the call was taken.
                with self.lock:
                    self.retried += 1
                time.sleep(0.1)
                continue
            if status == 201:
                with self.lock:
                    self.slowest.append(time.monotonic() - began)
                    if "idempotency-replayed" in fields:
                        self.replayed += 1
                    if self.ids[index] not in (None, answer["call_id"]):
                        self.changed.append(index)
                    self.ids[index] = answer["call_id"]
                return
            if status in (429, 503):
                time.sleep(min(float(fields.get("retry-after", 1)), 5))
                continue
            with self.lock:
                self.refusals.append((index, status, answer))
            return
        with self.lock:
            self.refusals.append((index, 0, "no answer in 120 s"))

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, json.loads(text) if text else {}
        finally:
            connection.close()

    def wait(self, deadline, say):
        """Until no call waits or is in the air. False when that takes too long."""
        told = 0.0
        while time.monotonic() < deadline:
            try:
                status, _, state = self.request("GET", "/dialing")
                if status != 200:
                    say(f"GET /dialing: {status} {state}")
                elif state["queued"] == 0 and state["in_the_air"] == 0:
                    return True
                elif time.monotonic() - told > 10:
                    told = time.monotonic()
                    say(f"{state['queued']} calls wait, {state['in_the_air']} are in the air")
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.5)
        return False

    def results(self):
        """By our id."""
        found = {}
        ids = [id for id in self.ids if id]
        for start in range(0, len(ids), 100):
            _, _, answer = self.request("GET", "/calls?ids=" + ",".join(ids[start:start + 100]))
            for call in answer["calls"]:
                found.setdefault(call["call_id"], []).append(call)
        return found
