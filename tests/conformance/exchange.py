"""One lane: a client before a proxy, and behind it an upstream that keeps what arrives. What becomes of a row is told in a few
words, which are the same for every proxy."""

import asyncio
import dataclasses

import messages
from messages import Ambiguous, Incomplete

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NOTICE = 3.0  # seconds that a proxy has for an answer that it owes
REST = 0.8  # seconds of silence after which a connection counts as left open
# What a proxy has to put right on its way, or may.
OWN = {b"host", b"connection", b"content-length", b"transfer-encoding", b"expect", b"trailer", b"te"}
OWN |= {b"keep-alive", b"proxy-connection", b"upgrade", b"http2-settings", b"x-forwarded-for"}


@dataclasses.dataclass
class Fate:
    """What became of a row: a kind to be counted by, and the words of the table."""

    kind: str
    text: str


class Upstream:
    """Takes requests apart as strictly as can be, answers each, and keeps them."""

    def __init__(self):
        self.whole, self.ambiguous = [], []
        self.script = None  # bytes to answer any request with before it closes; None: OK, and it stays
        self.half = set()  # connections on which a message has begun
        self.cut = False  # a message was given up before its end
        self.serving = {}  # tasks, and the writer of each

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    def forget(self):
        self.whole, self.ambiguous, self.cut = [], [], False

    async def stop(self):
        self.server.close()
        for writer in self.serving.values():
            writer.close()
        await asyncio.gather(*self.serving)

    async def serve(self, reader, writer):
        data = b""
        self.serving[asyncio.current_task()] = writer
        try:
            while more := await reader.read(1 << 16):
                data += more
                self.half.add(writer)
                while data:
                    try:
                        message = messages.request(data)
                    except Incomplete:
                        break
                    self.whole.append(message)
                    data = data[message.size :]
                    await self.reply(message, writer)
                    if self.script is not None:
                        return
                if not data:
                    self.half.discard(writer)
        except Ambiguous as reason:
            self.ambiguous.append(str(reason))
            writer.write(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        except ConnectionError:
            pass
        finally:
            if data and not self.ambiguous:
                self.cut = True
            self.half.discard(writer)
            del self.serving[asyncio.current_task()]
            writer.close()

    async def reply(self, _, writer):
        writer.write(OK if self.script is None else self.script)

    async def settle(self):
        """Until no message is half read; what the proxy does not end by itself is ended."""
        for _ in range(50):
            if not self.half:
                return
            await asyncio.sleep(0.02)
        for writer in list(self.half):
            self.cut = True
            writer.close()


class Answers:
    """What a client received, taken apart as it comes."""

    def __init__(self):
        self.data, self.statuses, self.ended = b"", [], False

    def take(self):
        while self.data:
            try:
                message = messages.answer(self.data, self.ended)
            except Incomplete:
                return
            except Ambiguous:
                # HTTP/0.9 knows no status.
                self.statuses.append("no status")
                self.data = b""
                return
            if message.start[0] >= 200 or message.start[0] == 101:
                self.statuses.append(str(message.start[0]))
            self.data = self.data[message.size :]


async def converse(port, row):
    """Sends the row, and reads until the end or until nothing more comes."""
    answers = Answers()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(row.data)
        if row.ends:
            writer.write_eof()
        while not answers.ended:
            patience = REST if len(answers.statuses) >= max(row.answers, 1) else NOTICE
            more = await asyncio.wait_for(reader.read(1 << 16), patience)
            answers.data += more
            answers.ended = not more
            answers.take()
    except ConnectionError:
        answers.ended = True
        answers.take()
    except asyncio.TimeoutError:
        pass
    writer.close()
    return answers


def meaning(message):
    """What must arrive as it was sent: of an absolute target, and of fields that are a proxy's own, nothing else."""
    method, target = message.start
    if not target.startswith(b"/"):
        target = b"/" + target.split(b"://", 1)[-1].partition(b"/")[2]
    named = {name.strip().lower() for value in message.values(b"connection") for name in value.split(b",")}
    return method, target, message.body, named


def same(sent, arrived):
    *first, named = meaning(sent)
    *second, _ = meaning(arrived)
    kept = [field for field in sent.fields if field[0] not in OWN | named]
    there = [field for field in arrived.fields if field[0] in {name for name, _ in kept}]
    return first == second and kept == there


def sent_messages(data):
    """Those that a strict reader finds in what a client sends."""
    found = []
    data = data.removeprefix(b"\r\n")
    while data:
        try:
            found.append(messages.request(data))
        except (Ambiguous, Incomplete):
            break
        data = data[found[-1].size :]
    return found


def judge(row, answers, upstream):
    ending = "closed" if answers.ended else "open"
    said = " ".join(answers.statuses)
    told = ", ".join(each for each in (said, ending) if each)
    if upstream.ambiguous:
        return Fate("ambiguous", f"**ambiguous: {upstream.ambiguous[0]}**, {told}")
    if upstream.whole:
        sent = sent_messages(row.data)
        pairs = list(zip(sent, upstream.whole))
        as_sent = len(pairs) == len(upstream.whole) and all(same(*pair) for pair in pairs)
        kind = "as sent" if as_sent else "mended"
        count = "" if len(upstream.whole) == 1 else f" ({len(upstream.whole)} messages)"
        return Fate(kind, f"{kind}{count}, {told}")
    if upstream.cut:
        return Fate("cut off", f"cut off, {told}")
    if not answers.statuses and not answers.ended:
        return Fate("waits", "waits")
    if not answers.statuses:
        return Fate("refused", "refused, closed")
    if all(status.isdigit() and int(status) >= 400 for status in answers.statuses):
        return Fate("refused", f"refused, {told}")
    return Fate("answered", f"answered itself, {told}")


async def send_request(port, upstream, row):
    upstream.forget()
    answers = await converse(port, row)
    await upstream.settle()
    return judge(row, answers, upstream)


QUESTION = b"GET /api/1/x HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def send_answer(port, upstream, row):
    """The upstream answers with the row's bytes: what does the client get?"""
    upstream.forget()
    upstream.script = row.data
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data, ended = b"", False
    try:
        writer.write(QUESTION)
        while not ended:
            more = await asyncio.wait_for(reader.read(1 << 16), NOTICE if not data else REST)
            data += more
            ended = not more
    except ConnectionError:
        ended = True
    except asyncio.TimeoutError:
        pass
    writer.close()
    return judge_answer(data, ended)


def judge_answer(data, ended):
    received = []
    rest = data
    try:
        while rest:
            received.append(messages.answer(rest, ended))
            rest = rest[received[-1].size :]
    except Ambiguous as reason:
        return Fate("ambiguous", f"**ambiguous: {reason}**")
    except Incomplete:
        return Fate("cut off", "cut off, closed" if ended else "cut off, **open**")
    final = [message for message in received if message.start[0] >= 200]
    ending = "closed" if ended else "open"
    statuses = " ".join(str(message.start[0]) for message in final)
    if not final:
        return Fate("refused", "refused, closed") if ended else Fate("waits", "waits")
    if len(final) > 1:
        return Fate("ambiguous", f"**two answers: {statuses}**, {ending}")
    if final[0].start[0] == 502:
        return Fate("refused", f"refused, {statuses}, {ending}")
    return Fate("passed on", f"passed on, {statuses}, {ending}")
