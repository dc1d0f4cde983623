"""The load of a soak: clients that send good requests at a steady rate and keep what they were answered, and others that
leave in the middle of something. Each request has an id of its own."""

import array
import asyncio
import collections
import itertools
import ssl
import time

from http_client import Closed, Connection, get, post

CLIENTS = 24
# What a request may be answered with while upstreams are killed.
GOOD = {200, 502, 503, 504}


class Load:
    def __init__(self, clear, tls, third, ca):
        self.clear, self.tls, self.third = clear, tls, third
        self.trust = ssl.create_default_context(cafile=ca)
        # Of each request, by the number in its id: the status that it was answered with, 0 where it was not.
        self.answers = array.array("H")
        self.statuses, self.faults = collections.Counter(), []
        self.left = 0

    def told(self):
        answered = self.statuses.total()
        return f"{len(self.answers)} requests sent, {answered} answered: {dict(self.statuses)}; {self.left} left"

    def new_request(self):
        number = len(self.answers)
        self.answers.append(0)
        make = get if number % 2 else post
        return number, make(number % 500, f"X-Request-Id: soak-{number}")

    async def open(self, number):
        """The third listener comes and goes: two clients of all try it."""
        if number % 12 == 5:
            return await Connection.open(self.third)
        return await Connection.open(self.tls, self.trust) if number % 3 == 0 else await Connection.open(self.clear)

    async def client(self, number, until, turn):
        """`turn`: gives each request its moment. A connection is opened anew where the gateway has said so."""
        fleeting = number % 12 == 5
        connection = None
        while time.monotonic() < until:
            await turn()
            if connection is None:
                try:
                    connection = await self.open(number)
                except OSError as error:
                    if not fleeting:
                        self.faults.append(f"a connection was refused: {error}")
                    continue
            number_sent, request = self.new_request()
            try:
                answer = await asyncio.wait_for(connection.exchange(request), 60)
            except (Closed, asyncio.TimeoutError) as error:
                # A listener that goes closes what is idle, perhaps as a request comes.
                if not fleeting:
                    self.faults.append(f"soak-{number_sent} was not answered: {error!r}")
                connection.reset()
                connection = None
                continue
            self.note(number_sent, answer)
            if answer.last:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def note(self, number, answer):
        identity = f"soak-{number}"
        self.answers[number] = answer.status
        self.statuses[answer.status] += 1
        if answer.fields.get("x-request-id") != identity:
            self.faults.append(f"{identity} got the answer to {answer.fields.get('x-request-id')}")
        if answer.status not in GOOD:
            self.faults.append(f"{identity} was answered with {answer.status}: {answer.body!r}")

    async def capacity(self, seconds):
        async def at_once():
            return None

        before = self.statuses.total()
        until = time.monotonic() + seconds
        await asyncio.gather(*(self.client(number, until, at_once) for number in range(CLIENTS) if number % 12 != 5))
        return (self.statuses.total() - before) / seconds

    async def run(self, seconds, rate):
        begun = time.monotonic()
        moments = (begun + number / rate for number in itertools.count())

        async def turn():
            await asyncio.sleep(max(0, next(moments) - time.monotonic()))

        await asyncio.gather(*(self.client(number, begun + seconds, turn) for number in range(CLIENTS)))

    async def leave(self, seconds):
        """Some that leave: in the middle of a request, before its answer, in a slow answer, in a handshake."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(0.1)
            kind = self.left % 4
            self.left += 1
            if kind == 3:
                connection = await Connection.open(self.tls)
                connection.writer.write(b"\x16\x03\x01\x00\x80\x01")
            else:
                connection = await self.open(self.left % 2)
                _, request = self.new_request()
                if kind == 2:
                    request = request.replace(b"\r\n", b"\r\nx-owner-api-do: slow-body=10/50ms\r\n", 1)
                connection.writer.write(request[: len(request) // 2] if kind == 0 else request)
            await asyncio.sleep(0.05)
            connection.reset()
