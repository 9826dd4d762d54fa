"""The rules of this source tree that neither the compiler nor the formatter holds. Run by Scripts/check, at the top of the tree.

Reads `swift package describe --type json` from standard input. Prints one line a failure, `file:line: what. The mend.`, and exits 1 when
there is one. Lines that begin with `note:` do not fail.
"""

import json
import os
import re
import subprocess
import sys

TOP_LEVEL = {"Package.swift", "Sources", "Tests", "TwiML", "Scripts", "README.md", "Dockerfile", "LICENSE"}

# No C, socket, thread, file, environment or clock: bytes, time and chance are arguments.
PURE_ROOMS = {"Audio", "Wire", "Call", "Providers", "Pipeline", "Bots", "Simulation", "Dialing", "Recording", "Capture"}

# Room -> rooms it must not reach, directly or through another room. None: nothing of ours at all.
APART = {
    "Audio": None,
    "Wire": None,
    "Providers": {"Pipeline"},
    "Pipeline": {"Providers"},
    "Simulation": {"Providers"},
}
APART_WHY = {
    "Audio": "Audio stands on nothing of ours",
    "Wire": "Wire stands on nothing of ours",
    "Providers": "Providers and Pipeline do not know each other; they meet in Call.StreamSerializer",
    "Pipeline": "Providers and Pipeline do not know each other; they meet in Call.StreamSerializer",
    "Simulation": "Simulation spells each provider's messages itself, so that a mistake in Providers cannot cancel itself out",
}

PURE_FORBIDDEN = [
    (r"\bunsafe\b", "`unsafe`", "Move it to a room that touches the outside world"),
    (r"@unchecked\b", "`@unchecked`", "Make the type Sendable for the compiler, or move it out"),
    # `context.now` is a value that was given; `.now` and `ContinuousClock().now` ask a clock.
    (r"(?:(?<![\w\])?!])|\b[A-Z]\w*(?:\(\))?)\.now\b", "a clock (`.now`)", "Take the moment as an argument"),
    (r"\bDate\(\)", "a clock (`Date()`)", "Take the moment as an argument"),
    (r"\bTask\s*\.\s*sleep\b", "`Task.sleep`", "Return when to be woken instead"),
    (r"\bimport\s+(\w+\s+)?Foundation(?!Essentials\b)\w*", "`import Foundation`", "FoundationEssentials is allowed"),
]

# A trap is a decision: the line says why, as `// trap: the reason`.
TRAPS = [
    (r"\btry!", "`try!`", "Throw, or say why it cannot fail: // trap: …"),
    (r"\bas!", "`as!`", "Use `as?`, or say why it cannot fail: // trap: …"),
    (r"\bfatalError\(", "`fatalError`", "Throw, or say whose bug it is: // trap: …"),
]
TRAP_MARK = re.compile(r"//\s*trap:\s*\S")

MOST_LINES = 400
MANY_LINES = 250

failures = 0


def fail(path, line, what, mend):
    global failures
    failures += 1
    print(f"{path}:{line}: {what}. {mend}.")


def files_of_the_tree():
    """Every file that is, or would be, under version control; without git, every file that is not hidden."""
    listed = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        return sorted(path for path in set(listed.stdout.split("\0")) if path and os.path.lexists(path))
    found = []
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.relpath(os.path.join(folder, name)) for name in names if not name.startswith(".")]
    return sorted(found)


def code_only(text):
    """Blanks comments and the contents of strings; code inside an interpolation and all line ends stay."""
    out = []
    at = 0
    end = len(text)
    # What encloses the current place: ("code", depth of parentheses) or ("string", closing delimiter, interpolation's opening).
    stack = [["code", 0]]
    opening = re.compile(r'(#*)("""|")')

    def blank(piece):
        out.append(re.sub(r"[^\n]", " ", piece))

    while at < end:
        top = stack[-1]
        if top[0] == "code":
            if text.startswith("//", at):
                stop = text.find("\n", at)
                stop = end if stop < 0 else stop
                blank(text[at:stop])
                at = stop
            elif text.startswith("/*", at):
                depth, stop = 1, at + 2
                while stop < end and depth:
                    if text.startswith("/*", stop):
                        depth, stop = depth + 1, stop + 2
                    elif text.startswith("*/", stop):
                        depth, stop = depth - 1, stop + 2
                    else:
                        stop += 1
                blank(text[at:stop])
                at = stop
            elif (string := opening.match(text, at)) and text[at] in '#"':
                hashes, quotes = string.groups()
                stack.append(["string", quotes + hashes, "\\" + hashes + "(", "\\" + hashes])
                blank(string.group())
                at = string.end()
            else:
                if text[at] == "(":
                    top[1] += 1
                elif text[at] == ")":
                    top[1] -= 1
                    if top[1] < 0 and len(stack) > 1:
                        stack.pop()
                out.append(text[at])
                at += 1
        elif text.startswith(top[1], at):
            blank(top[1])
            at += len(top[1])
            stack.pop()
        elif text.startswith(top[2], at):
            blank(top[2])
            at += len(top[2])
            stack.append(["code", 0])
        elif text.startswith(top[3], at):
            blank(text[at : at + len(top[3]) + 1])
            at += len(top[3]) + 1
        else:
            if text[at] == "\n" and not top[1].startswith('"""'):
                stack.pop()
            blank(text[at])
            at += 1
    return "".join(out)


IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+)"
)


def check_imports(targets, sources):
    ours = set(targets)
    manifest = open("Package.swift", encoding="utf-8").read().splitlines()

    def reached(room):
        found, waiting = set(), list(targets[room])
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += targets.get(name, [])
        return found

    for room, forbidden in APART.items():
        if room in targets:
            bad = reached(room) & (ours if forbidden is None else forbidden)
            if bad:
                line = next((n for n, text in enumerate(manifest, 1) if f'name: "{room}"' in text), 1)
                fail("Package.swift", line, f"{room} depends on {', '.join(sorted(bad))}: {APART_WHY[room]}", "Remove the dependency")

    for path, _, code in sources:
        room = path.split("/")[1]
        if room not in targets:
            fail(path, 1, f"Sources/{room} is no target of Package.swift", "Declare the target or move the file")
            continue
        forbidden = APART.get(room, set())
        for number, text in enumerate(code.splitlines(), 1):
            if not (found := IMPORT.match(text)):
                continue
            name = found.group(1)
            if name not in ours or name == room:
                continue
            if forbidden is None or name in forbidden:
                fail(path, number, f"{room} imports {name}: {APART_WHY[room]}", "Take the import out")
            elif name not in targets[room]:
                fail(path, number, f"{room} imports {name}, which Package.swift does not list among its dependencies",
                     "Take the import out, or argue for the dependency")


def check_code(sources):
    for path, text, code in sources:
        pure = path.split("/")[1] in PURE_ROOMS
        lines = text.splitlines()
        for number, line in enumerate(code.splitlines(), 1):
            if pure:
                for pattern, what, mend in PURE_FORBIDDEN:
                    if re.search(pattern, line):
                        fail(path, number, f"{what} in a pure room", mend)
            for pattern, what, mend in TRAPS:
                if re.search(pattern, line) and not TRAP_MARK.search(lines[number - 1]):
                    fail(path, number, what, mend)
        if len(lines) > MOST_LINES:
            fail(path, MOST_LINES + 1, f"{len(lines)} lines, at most {MOST_LINES}", "Find the second noun in it and give that a file")
        elif len(lines) > MANY_LINES:
            print(f"note: {path} has {len(lines)} lines; files are near 150.")


def check_unfinished(files):
    """Words that put work off, in anything that we wrote."""
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
    for path in files:
        if path.startswith("Tests/Fixtures/") or not re.search(r"(\.(swift|c|h|py|md|yml|modulemap)|^Scripts/[^.]+|Dockerfile)$", path):
            continue
        for number, line in enumerate(open(path, encoding="utf-8", errors="replace"), 1):
            if found := words.search(line):
                fail(path, number, f"{found.group()} puts work off", "Do it, or open an issue")


def check_top_level(files):
    for name in sorted({path.split("/")[0] for path in files}):
        if not name.startswith(".") and name not in TOP_LEVEL:
            fail(name, 1, f"not among the agreed top-level names ({' '.join(sorted(TOP_LEVEL))})", "Move it into one of them")


def check_links(files):
    """README.md's relative links lead somewhere, anchors within it included."""
    if "README.md" not in files:
        return
    lines = open("README.md", encoding="utf-8").read().splitlines()
    anchors, links, fenced = set(), [], False
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        if fenced:
            continue
        if heading := re.match(r"#+\s+(.*)", line):
            words = re.sub(r"[^\w\- ]", "", heading.group(1).strip().lower())
            anchors.add(words.replace(" ", "-"))
        bare = re.sub(r"`[^`]*`", "", line)
        links += [(number, link) for link in re.findall(r"\]\(\s*<?([^)\s>]+)", bare)]
        links += [(number, link) for link in re.findall(r"^\s*\[[^\]]+\]:\s+(\S+)", bare)]
        links += [(number, link) for link in re.findall(r"(?:href|src)=\"([^\"]+)\"", bare)]
    for number, link in links:
        if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.IGNORECASE):
            continue
        path, _, anchor = link.partition("#")
        if path and not os.path.exists(path):
            fail("README.md", number, f"the link {link} leads nowhere", "Mend the path")
        elif not path and anchor not in anchors:
            fail("README.md", number, f"no heading makes the anchor #{anchor}", "Mend the link")


def main():
    package = json.load(sys.stdin)
    targets = {t["name"]: t.get("target_dependencies", []) for t in package["targets"] if t["path"].startswith("Sources/")}
    files = files_of_the_tree()
    sources = []
    for path in files:
        if path.startswith("Sources/") and path.endswith(".swift"):
            text = open(path, encoding="utf-8").read()
            sources.append((path, text, code_only(text)))
    check_top_level(files)
    check_imports(targets, sources)
    check_code(sources)
    check_unfinished(files)
    check_links(files)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
