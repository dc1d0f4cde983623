"""One kept HTTP/1.1 connection over asyncio: sends requests, reads whole answers. For loads that count what comes of
each request. It never repeats anything."""

import asyncio

PATH = "/api/1/notification_preferences"
BODY = (
    b'{"locale":"en_GB","device_token":"d%d","device_type":"ios","platform":"ios","app_version":"4.17.0",'
    b'"notification_preferences":{"alarm":true,"charging_complete":false,"key_added":true}}'
)


class Closed(Exception):
    """The peer ended the connection before a whole answer had come."""


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def last(self):
        return self.fields.get("connection", "").lower() == "close"


class Connection:
    """`await Connection.open(...)`; then one `exchange` after the other."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port, context=None):
        name = "localhost" if context else None
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name))

    async def exchange(self, request):
        self.writer.write(request)
        try:
            return await self.read_answer()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Closed(str(error)) from error

    async def read_answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {}
        for line in head[1:-2]:
            name, value = line.split(":", 1)
            fields[name.lower()] = value.strip()
        body = await self.reader.readexactly(int(fields.get("content-length", 0)))
        return Answer(int(head[0].split(" ")[1]), fields, body)

    def reset(self):
        self.writer.transport.abort()

    def close(self):
        self.writer.close()


def get(device, *more):
    query = f"locale=en&device_token=d{device}&device_type=ios&platfrom=ios&app_version=4.17"
    return head("GET", f"{PATH}?{query}", *more)


def post(device, *more):
    body = BODY % device
    return head("POST", PATH, "Content-Type: application/json", f"Content-Length: {len(body)}", *more) + body


def head(method, target, *more):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Authorization: Bearer load", *more, "", ""]
    return "\r\n".join(lines).encode()
