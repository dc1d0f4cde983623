"""Reads HTTP/1.1 messages as strictly as RFC 9112 lets one: whatever two readers could take for two different messages
is Ambiguous, with the reason. What the proxies of the comparison send on is judged by this alone."""

import dataclasses
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([!-~]+) HTTP/1\.([01])")
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9]) [\t -~\x80-\xff]*")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)[ \t]*")
HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]*)?")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})([ \t]*;[\t -~\x80-\xff]*)?")
# Servers that hand fields to programs as CGI variables read `_` and `-` as one.
SHADOWED = {b"content-length", b"transfer-encoding", b"host", b"x-forwarded-for", b"authorization"}
MOST = 1 << 20  # bytes of a body that anything here would send


class Ambiguous(Exception):
    pass


class Incomplete(Exception):
    pass


@dataclasses.dataclass
class Message:
    start: tuple  # method and target, or the status
    minor: int
    fields: list  # (name in small letters, value), in order
    body: bytes
    size: int  # bytes it took

    def values(self, name):
        return [value for each, value in self.fields if each == name]


def head_of(data):
    """The head's lines, and where the body begins."""
    end = data.find(b"\r\n\r\n")
    text = data[:end] if end >= 0 else data
    if re.search(rb"(?<!\r)\n|\r(?!\n|$)", text):
        raise Ambiguous("bare CR or LF")
    if end < 0:
        raise Incomplete
    return text.split(b"\r\n"), end + 4


def fields_of(lines):
    fields = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            raise Ambiguous("a folded field")
        found = FIELD.fullmatch(line)
        if not found:
            raise Ambiguous("a line that is no field")
        name = found[1].lower()
        if b"_" in name and name.replace(b"_", b"-") in SHADOWED:
            raise Ambiguous("a name that shadows another")
        fields.append((name, found[2]))
    return fields


def chunked_body(data, at):
    """The body, and where it ends. Trailers are read, and not kept."""
    body = b""
    while True:
        end = data.find(b"\n", at)
        line = data[at : end + 1]
        if end < 0:
            raise Incomplete
        found = CHUNK.fullmatch(line[:-2]) if line.endswith(b"\r\n") else None
        if not found:
            raise Ambiguous("a chunk without a clear size")
        size, at = int(found[1], 16), end + 1
        if size == 0:
            break
        if size > MOST or len(data) < at + size + 2:
            raise Incomplete
        if data[at + size : at + size + 2] != b"\r\n":
            raise Ambiguous("a chunk that does not end where it should")
        body += data[at : at + size]
        at += size + 2
    if data[at : at + 2] == b"\r\n":
        return body, at + 2
    lines, end = head_of(data[at:])
    fields_of(lines)
    return body, at + end


def body_of(data, at, message, until_close):
    lengths, codings = message.values(b"content-length"), message.values(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise Ambiguous("more than one length")
    if codings:
        if codings[0].lower() != b"chunked" or message.minor == 0:
            raise Ambiguous("a coding that is not chunked")
        return chunked_body(data, at)
    if not lengths:
        return (data[at:], len(data)) if until_close else (b"", at)
    if not re.fullmatch(rb"[0-9]+", lengths[0]) or int(lengths[0]) >= 1 << 63:
        raise Ambiguous("a length that is no number")
    end = at + int(lengths[0])
    if len(data) < end:
        raise Incomplete
    return data[at:end], end


def request(data):
    """The request that `data` begins with. Raises Ambiguous or Incomplete."""
    lines, at = head_of(data)
    found = REQUEST_LINE.fullmatch(lines[0])
    if not found:
        raise Ambiguous("an unclear request line")
    if b"#" in found[2]:
        raise Ambiguous("a fragment in the target")
    message = Message((found[1], found[2]), int(found[3]), fields_of(lines[1:]), b"", at)
    hosts = message.values(b"host")
    if len(hosts) > 1 or (message.minor == 1 and not hosts):
        raise Ambiguous("two Hosts" if hosts else "no Host")
    if hosts and not HOST.fullmatch(hosts[0]):
        raise Ambiguous("a Host that is no host")
    named = any(b"upgrade" in value.lower() for value in message.values(b"connection"))
    if named and any(b"h2c" in value.lower() for value in message.values(b"upgrade")):
        raise Ambiguous("an offer to switch to h2c")
    message.body, message.size = body_of(data, at, message, False)
    return message


def answer(data, ended):
    """The answer to a GET that `data` begins with; `ended`: no more will come."""
    lines, at = head_of(data)
    found = STATUS_LINE.fullmatch(lines[0])
    if not found:
        raise Ambiguous("an unclear status line")
    status = int(found[2])
    message = Message((status,), int(found[1]), fields_of(lines[1:]), b"", at)
    if status < 200 or status in (204, 304):
        return message
    framed = message.values(b"content-length") or message.values(b"transfer-encoding")
    if not framed and not ended:
        raise Incomplete
    message.body, message.size = body_of(data, at, message, True)
    return message
