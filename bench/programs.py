"""Starts the programs that a bench or the soak needs, on loopback, and ends them by their process."""

import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds, for a program to start or to end


def free_port():
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def build_folder():
    """Where the programs are: BUILD, or the first that has been built."""
    for name in filter(None, (os.environ.get("BUILD"), "build/release", "build/dev")):
        if (ROOT / name / "prefgate").exists():
            return ROOT / name
    raise SystemExit("prefgate is not built yet: cmake --preset release && cmake --build --preset release")


def found(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise SystemExit(f"{name} is missing: tests/install peers installs it")
    return path


def raise_descriptors(wanted):
    """Of this process and those it starts. How many there are then."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        return wanted
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
        return min(wanted, hard)


def memory_of(pid):
    """Resident bytes that are no file's, of a program and its children."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    total = int(re.search(r"RssAnon:\s*(\d+)", text)[1]) * 1024
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        total += sum(memory_of(child) for child in children.read_text().split())
    return total


def descriptors_of(pid):
    """None where this user may not look: the gateway keeps its memory private, and so its /proc."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return None


class Program:
    def __init__(self, name, command, folder):
        self.name = name
        self.log = folder / f"{name}.log"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    @property
    def pid(self):
        return self.process.pid

    def said(self):
        return self.log.read_text(errors="replace")

    def wait_until(self, ready, what="start"):
        until = time.monotonic() + PATIENCE
        while not ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{self.name} did not {what}:\n{self.said()[-2000:]}")
            time.sleep(0.02)

    def wait_for(self, pattern):
        self.wait_until(lambda: re.search(pattern, self.said()), f"say {pattern!r}")

    def send(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Its exit status."""
        self.send(number)
        return self.process.wait(PATIENCE)


class Programs:
    """To be used in a `with`: whatever was started ends with it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.started:
            each.send(signal.SIGTERM)
        for each in self.started:
            try:
                each.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                each.process.kill()

    def start(self, name, command):
        self.started.append(Program(name, [str(word) for word in command], self.folder))
        return self.started[-1]

    def start_owner_api(self, port):
        started = self.start("owner-api", [build_folder() / "owner-api", "--listen", f"127.0.0.1:{port}"])
        started.wait_until(lambda: listens(port))
        return started

    def start_prefgate(self, name, config):
        """`config`: the text of its configuration."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "prefgate.yaml").write_text(config)
        started = self.start(name, [build_folder() / "prefgate", "serve", "-c", folder / "prefgate.yaml"])
        started.wait_for(" is ready")
        return started


def make_certificates(folder):
    subprocess.run([ROOT / "certs/make_certs", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
