"""Tools of Debian that attack prefgate alone: testssl.sh its TLS, slowhttptest its patience."""

import asyncio
import collections
import json
import re
import subprocess
import time

import messages
from exchange import Upstream
from proxies import program, version
from rows import FOLDER

TLS_PATIENCE = 150  # seconds
SLOW_SECONDS = 15
PROMPT = 5.0  # seconds in which an ordinary request has to be answered while the slow ones go on
SEVERE = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}
# Of slow bodies more than the pool has connections, 256; slow readers hold one each, too.
SLOW = {
    "slow heads": ["-H", "-c", "400", "-i", "5", "-u", "{url}/api/1/x"],
    "slow bodies": ["-B", "-c", "400", "-i", "5", "-s", "8192", "-u", "{url}/api/1/x"],
    "slow readers": ["-X", "-c", "40", "-n", "5", "-w", "512", "-y", "1024", "-z", "32", "-u", "{url}/api/1/large"],
}
ORDINARY = (
    b"GET /api/1/notification_preferences?locale=en&device_token=a&device_type=ios&platform=ios&app_version=4 HTTP/1.1\r\n"
    b"Host: localhost\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n"
)


def try_tls(started):
    """What testssl.sh finds, as a paragraph, and whether it is bad."""
    certificates = started.folder / "certificates"
    make = [str(FOLDER.parent.parent / "certs" / "make_certs"), str(certificates)]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    port = started.start_one_prefgate("tls", 9, tls=str(certificates))[1]
    found = started.folder / "testssl.json"
    # Protocols, forward secrecy, the server's own choices, every known attack. Not the fields of answers: the upstream's.
    what = ["--protocols", "--std", "--pfs", "--server-preference", "--server-defaults", "--vulnerable"]
    how = ["--quiet", "--color", "0", "--warnings", "batch", "--ip", "127.0.0.1", "--add-ca", str(certificates / "ca.pem")]
    command = [program("testssl"), *how, *what, "--jsonfile", str(found), f"https://localhost:{port}"]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=TLS_PATIENCE, check=False)
    findings = json.loads(found.read_text())
    severe = [each for each in findings if each["severity"] in SEVERE]
    ours = sorted({each["id"] for each in severe if each["id"].startswith("cert_")})
    others = [f"{each['id']} ({each['severity']}): {each['finding']}" for each in severe if each["id"] not in ours]
    release = version([program("testssl"), "--version"])
    good = collections.Counter(each["severity"] for each in findings)["OK"]
    text = (
        f"testssl.sh {release} looked at protocols, ciphers, the server's defaults and the known "
        f"attacks on TLS, with a certificate of [certs/make_certs](../certs/make_certs). "
    )
    text += "Above LOW it found: " + "; ".join(others) if others else "It found nothing above LOW"
    text += f", besides {', '.join(ours)}, which that development certificate causes." if ours else "."
    return text, bool(others) or good < 20


class LargeUpstream(Upstream):
    async def reply(self, message, writer):
        if not message.start[1].endswith(b"large"):
            return await super().reply(message, writer)
        size = 1 << 23
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 16):
            writer.write(bytes(1 << 16))
            await writer.drain()


async def ask(port):
    """Seconds until an ordinary request, on a connection of its own, was answered; none where it was not, with 200."""
    began = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ORDINARY)
        data = await asyncio.wait_for(reader.read(), PROMPT)
        writer.close()
        return time.monotonic() - began if messages.answer(data, True).start[0] == 200 else None
    except (OSError, asyncio.TimeoutError, messages.Incomplete, messages.Ambiguous):
        return None


async def be_slow(port, arguments):
    command = [program("slowhttptest"), "-l", str(SLOW_SECONDS), "-r", "200", "-p", "5"]
    command += [each.format(url=f"http://127.0.0.1:{port}") for each in arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), SLOW_SECONDS + 30)
    text = re.sub(r"\x1b\[[0-9;]*m", "", output.decode(errors="replace"))
    held = [int(count) for count in re.findall(r"connected: *(\d+)", text)]
    return max(held, default=0)


async def try_slow(started):
    """What becomes of ordinary requests while slowhttptest holds on to its own, as a paragraph, and whether it is bad."""
    upstream = LargeUpstream()
    await upstream.start()
    port = started.start_one_prefgate("slow", upstream.port)[0]
    attacks = asyncio.gather(*(be_slow(port, each) for each in SLOW.values()))
    times = []
    while not attacks.done():
        times.append(await ask(port))
        await asyncio.sleep(0.05)
    held = dict(zip(SLOW, await attacks))
    failed = sum(each is None for each in times)
    slowest = max((each for each in times if each), default=0)
    print(f"slowhttptest held {held}; {len(times)} ordinary requests, {failed} failed, the slowest took {slowest:.3f} s")
    await upstream.stop()
    too_few = any(count < 30 for count in held.values())
    release = version([program("slowhttptest"), "-h"])
    outcome = f"**{failed} were not answered**" if failed else "each was answered"
    text = (
        f"slowhttptest {release} sent slow heads on 400 connections, slow bodies on 400 and read large answers slowly on 40, "
        f"for {SLOW_SECONDS} seconds, all at once. Of the ordinary requests meanwhile, one every 50 ms on a connection of its "
        f"own, {outcome} with 200 within {PROMPT:.0f} seconds."
    )
    return text, failed > 0 or too_few or len(times) < 20
