"""Starts nginx, HAProxy and prefgate on loopback, one lane of each per upstream, and ends them by their process."""

import getpass
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from rows import FOLDER

PATIENCE = 30  # seconds, for a proxy to start or to end


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        raise SystemExit(f"tests/conformance/run: {name} is missing: `tests/install peers` installs it")
    return found


def version(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.search(r"[0-9]+\.[0-9]+\.[0-9]+", done.stdout + done.stderr)[0]


class Proxies:
    """To be used in a `with`: whatever was started ends with it."""

    def __init__(self, folder, prefgate):
        self.folder, self.prefgate = pathlib.Path(folder), prefgate
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, name, command):
        log = self.folder / f"{name}.log"
        with open(log, "wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process, log

    def wait_until(self, process, log, is_ready):
        until = time.monotonic() + PATIENCE
        while not is_ready():
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"tests/conformance/run: {process.args[0]} did not start: {log.read_text()}")
            time.sleep(0.02)

    def filled(self, name, words):
        text = (FOLDER / name).read_text()
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        target = self.folder / name
        target.write_text(text)
        return str(target)

    def start_nginx(self, upstreams):
        ports = free_ports(len(upstreams))
        servers = "\n".join(
            f"  upstream lane{i} {{ server 127.0.0.1:{upstream}; keepalive 4; }}\n"
            f"  server {{ listen 127.0.0.1:{port}; server_name localhost; location / {{ proxy_pass http://lane{i}; }} }}"
            for i, (port, upstream) in enumerate(zip(ports, upstreams))
        )
        user = f"user {getpass.getuser()};" if os.getuid() == 0 else ""
        config = self.filled("nginx.conf", {"FOLDER": str(self.folder), "USER": user, "SERVERS": servers})
        command = [program("nginx"), "-e", str(self.folder / "nginx-error.log"), "-c", config]
        self.wait_until(*self.start("nginx", command), lambda: all(map(listens, ports)))
        return ports

    def start_haproxy(self, upstreams):
        ports = free_ports(len(upstreams))
        servers = "\n".join(
            f"frontend front{i}\n    bind 127.0.0.1:{port}\n    default_backend back{i}\n"
            f"backend back{i}\n    server upstream 127.0.0.1:{upstream}\n"
            for i, (port, upstream) in enumerate(zip(ports, upstreams))
        )
        config = self.filled("haproxy.cfg", {"SERVERS": servers})
        self.wait_until(
            *self.start("haproxy", [program("haproxy"), "-db", "-f", config]), lambda: all(map(listens, ports))
        )
        return ports

    def start_prefgate(self, upstreams, more=""):
        """Also returns nothing but ports: one process a lane, as each has one upstream."""
        return [self.start_one_prefgate(f"prefgate-{port}", port, more)[0] for port in upstreams]

    def start_one_prefgate(self, name, upstream, more="", tls=""):
        """The ports it listens on: clear text, and TLS where `tls` gives the folder of its certificate."""
        folder = self.folder / name
        folder.mkdir()
        pair = f"tls: {{certificate: {tls}/gateway.pem, private_key: {tls}/gateway.key}}"
        (folder / "prefgate.yaml").write_text(
            "listen:\n  - address: 127.0.0.1:0\n"
            + (f"  - address: 127.0.0.1:0\n    {pair}\n" if tls else "")
            + f"admin: {{address: none}}\nworkers: 1\nupstream: {{url: http://127.0.0.1:{upstream}}}\n{more}"
        )
        process, log = self.start(name, [str(self.prefgate), "serve", "-c", str(folder / "prefgate.yaml")])
        self.wait_until(process, log, lambda: " is ready" in log.read_text())
        return [int(port) for port in re.findall(r"listening on .*:(\d+)", log.read_text())]


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
