"""Writes tests/CONFORMANCE.md, or compares prefgate's column with what is written there."""

import collections
import re

from rows import FOLDER

ROW = re.compile(r"\| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$")
TARGET = FOLDER.parent / "CONFORMANCE.md"
TITLES = {"prefgate": "prefgate", "nginx": "nginx", "haproxy": "HAProxy"}
REQUESTS = {
    "refused": "refused, nothing reached the upstream",
    "as sent": "forwarded as sent",
    "mended": "forwarded mended",
    "ambiguous": "**forwarded, and still ambiguous**",
    "cut off": "forwarded in part, then broken off",
    "answered": "answered by the proxy itself, not with an error",
    "waits": "waits for more, three seconds after the last byte",
}
ANSWERS = {
    "refused": "replaced by 502, or the connection closed",
    "passed on": "passed on, as one answer",
    "ambiguous": "**passed on, and ambiguous for the client**",
    "cut off": "broken off, so that the client notices",
    "waits": "waits for more, three seconds after the last byte",
}
TEXT = """# What prefgate, nginx and HAProxy do with malformed HTTP

Made by [tests/conformance/run](conformance/run); please don't edit. {requests} requests and {answers} answers, each sent byte
for byte on a connection of its own, to prefgate and to nginx {nginx} and HAProxy {haproxy} of Debian. The bytes are in
[bodies.txt](conformance/bodies.txt), [heads.txt](conformance/heads.txt) and [answers.txt](conformance/answers.txt); the two peers run
with [nginx.conf](conformance/nginx.conf) and [haproxy.cfg](conformance/haproxy.cfg): their defaults, and kept-alive connections to the
upstream. prefgate runs with its defaults.

**How it is judged.** Behind each proxy stands an upstream that reads as strictly as RFC 9112 lets it
([messages.py](conformance/messages.py)), and keeps what arrives. A message is *ambiguous* where two readers could take it for two
different ones: more than one length, a line that does not end in CR LF, a Host that is none, and the like. *As sent*: method,
target, fields and body are those that the client sent; what a proxy has to change (Host, Connection, the framing, fields of the
connection, the scheme and host of an absolute target) does not count. *Mended*: it arrived unambiguous, and otherwise than sent.

Rows are not weighed: many are harmless in most surroundings, some are right, and what is refused here is not always what RFC 9112
tells to refuse. Where a message breaks off in its middle, it is a matter of moments whether a proxy had begun to forward it: *refused* and
*cut off* may change places from run to run. An upstream that is more lenient than this one may see in the same bytes what it does not.
"""


def counts(rows, fates, kinds):
    lines = [f"| {len(rows)} rows | " + " | ".join(TITLES[name] for name in fates) + " |"]
    lines.append("|---|" + "---:|" * len(fates))
    tallies = {name: collections.Counter(fate.kind for fate in column.values()) for name, column in fates.items()}
    for kind, title in kinds.items():
        lines.append(f"| {title} | " + " | ".join(str(tallies[name][kind]) for name in fates) + " |")
    return "\n".join(lines) + "\n"


def sections(rows, fates):
    text, section = "", None
    for index, row in enumerate(rows):
        if row.section != section:
            section = row.section
            text += f"\n### {section}\n\n| what | " + " | ".join(TITLES[name] for name in fates)
            text += " |\n|---|" + "---|" * len(fates) + "\n"
        cells = [fates[name][index].text for name in fates]
        text += f"| {row.what} | " + " | ".join(cells) + " |\n"
    return text


def columns(text):
    """{(section, what): prefgate's cell}."""
    found, section = {}, ""
    for line in text.splitlines():
        if line.startswith("### "):
            section = line[4:]
        elif section and not line.startswith(("| what ", "|---")) and (match := ROW.match(line)):
            found[section, match[1]] = match.groups()[1:]
    return found


def part(rows, fates, of_answers):
    chosen = [i for i, row in enumerate(rows) if row.of_answers == of_answers]
    return [rows[i] for i in chosen], {
        name: {at: column[i] for at, i in enumerate(chosen)} for name, column in fates.items()
    }


def render(rows, fates, versions, told):
    requests, answers = part(rows, fates, False), part(rows, fates, True)
    text = TEXT.format(requests=len(requests[0]), answers=len(answers[0]), **versions)
    text += "\n## In short\n\nRequests:\n\n" + counts(*requests, REQUESTS)
    text += "\nAnswers of the upstream:\n\n" + counts(*answers, ANSWERS)
    text += "\nprefgate alone:\n\n" + "".join(f"- {each}\n" for each in told)
    text += "\n## Requests\n\nAfter a comma: the statuses that the client got, and whether the proxy closed the connection.\n"
    return text + sections(*requests) + "\n## Answers\n" + sections(*answers)


def alike(before, now):
    """How much a proxy has forwarded of what it then breaks off depends on how the bytes fall into reads."""
    return before.replace("cut off", "refused") == now.replace("cut off", "refused")


def otherwise(rows, fates):
    """Indices of the rows with which prefgate does other than is written."""
    before = columns(TARGET.read_text())
    told = [before.get((row.section, row.what), ("",))[0] for row in rows]
    return [i for i, was in enumerate(told) if not alike(was, fates[i].text)]


def check(text):
    """What prefgate does otherwise than the committed file says; differences of the peers are told."""
    before, now = columns(TARGET.read_text()), columns(text)
    wrong = 0
    for key in sorted(before.keys() | now.keys()):
        old, new = before.get(key, ("no row",) * 3), now.get(key, ("no row",) * 3)
        for name, was, is_now in zip(TITLES, old, new):
            if alike(was, is_now):
                continue
            wrong += name == "prefgate"
            print(f"{'WRONG' if name == 'prefgate' else 'other'}: {name}, {': '.join(key)}: {was} -> {is_now}")
    print(f"{len(now)} rows, {wrong} of them otherwise than tests/CONFORMANCE.md has them for prefgate")
    return wrong
