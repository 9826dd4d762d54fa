"""Holds the provider's ledger against what the server says."""

import bisect
import collections

# What a provider's lists call a declined call, and what it has no other word for.
ALIKE = {"rejected": {"busy", "failed"}, "machine": {"completed"}}
# Timers are not exact: a request that left late, or stood in a queue for a moment, comes with those behind it.
TOLERANCE = 0.1
SHOWN = 10


def busiest(times):
    """Most of these within any one second."""
    times = sorted(times)
    return max((index + 1 - bisect.bisect_right(times, time - 1) for index, time in enumerate(times)), default=0)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def overlapping(calls):
    ordered = sorted(calls, key=lambda call: call["placed_at"])
    return any(not a["ended_at"] or a["ended_at"] > b["placed_at"] for a, b in zip(ordered, ordered[1:]))


def judge(given, client, results, ledger, server, isOver, seconds):
    breaches, notes = [], []

    def breach(words, items):
        if items:
            shown = ", ".join(str(item) for item in items[:SHOWN])
            breaches.append(f"{len(items)} {words}: {shown}{' …' if len(items) > SHOWN else ''}")

    placed = collections.defaultdict(list)
    for call in ledger["calls"]:
        placed[call["to"]].append(call)
    requests = ledger["requests"]

    if not isOver:
        breaches.append(f"calls were still open after {given.limit} s")
    breach("requests were not taken", client.refusals)
    breach("keys gave another call when asked again", client.changed)
    breach("calls share an id", [id for id, count in collections.Counter(filter(None, client.ids)).items() if count > 1])
    breach("numbers were called that nobody asked for", sorted(set(placed) - set(client.numbers)))
    breach("numbers were called more than once", [number for number, calls in placed.items() if len(calls) > 1])
    breach("numbers had two calls at once", [number for number, calls in placed.items() if overlapping(calls)])
    wrong = [request for request in requests if request["outcome"].startswith("refused")]
    breach("create requests were wrong", [request["outcome"] for request in wrong])

    ends, unknown, missing, open_, disagree, uncalled = collections.Counter(), [], [], [], [], []
    for index, id in enumerate(client.ids):
        number = client.numbers[index]
        found = results.get(id, []) if id else []
        if len(found) != 1:
            missing.append(id or f"call {index}")
            continue
        call = found[0]
        if call["status"] != "ended" or not call["reason"]:
            open_.append(f"{id} is {call['status']}")
            continue
        reason = call["reason"]
        ends[reason] += 1
        real = placed[number][0]["end"] if placed[number] else None
        if reason == "unknown":
            unknown.append((id, call["detail"], real or "not placed"))
        elif real is None:
            # Given up, and rightly so: nobody was called.
            (notes if reason in ("failed", "canceled") else uncalled).append(f"{id} {reason}: {call['detail']}")
        elif reason != real and reason not in ALIKE.get(real, ()):
            disagree.append(f"{id} says {reason}, was {real}")
    breach("calls have no result", missing)
    breach("calls never ended", open_)
    breach("calls have a result and were never placed", uncalled)
    breach("results disagree with the ledger", disagree)

    times = [request["at"] for request in requests]
    most = busiest(times)
    if most > given.rate * (1 + TOLERANCE) + 1:
        breaches.append(f"{most} create requests in one second; allowed are {given.rate}")

    outcomes = collections.Counter(request["outcome"] for request in requests)
    rows = [
        ("calls asked for", f"{given.calls}, {client.retried} requests repeated, {client.replayed} answered from the key"),
        ("answer to POST /start", f"p50 {percentile(client.slowest, 0.5) * 1000:.1f} ms, p99 {percentile(client.slowest, 0.99) * 1000:.1f} ms"),
        ("server killed", f"{server.kills} times"),
        ("create requests", f"{len(requests)}: " + ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))),
        ("rate", f"at most {most} in any second, allowed {given.rate}"),
        ("numbers called once", f"{sum(len(calls) == 1 for calls in placed.values())} of {given.calls}"),
        ("called more than once", str(sum(len(calls) > 1 for calls in placed.values()))),
        ("given up uncalled", str(len(notes))),
        ("results", ", ".join(f"{count} {name}" for name, count in sorted(ends.items()))),
        ("unknown", f"{len(unknown)} of {given.calls}"),
        ("time", f"{seconds:.1f} s"),
    ]
    width = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        print(f"{name:<{width}}{text}")
    for id, detail, real in unknown[:SHOWN]:
        print(f"  unknown: {id} ({detail}); in truth {real}")
    if len(unknown) > SHOWN:
        kinds = collections.Counter((detail, real) for _, detail, real in unknown)
        for (detail, real), count in kinds.most_common():
            print(f"  unknown {count}×: {detail}; in truth {real}")
    for words in breaches:
        print(f"BREACH: {words}")
    print("no breach" if not breaches else f"{len(breaches)} breaches")
    return not breaches
