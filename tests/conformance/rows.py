"""Reads the tables of this folder. How a row is written is said at the head of bodies.txt."""

import dataclasses
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent
END = r"\<end>"
ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|<([^>]*)>|(.))", re.DOTALL)
PLAIN = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}


@dataclasses.dataclass
class Row:
    section: str
    what: str
    outcome: str  # what prefgate has to answer, as it is written
    data: bytes
    ends: bool  # whoever sends the bytes then sends no more

    of_answers: bool  # the upstream's bytes, and not a client's

    @property
    def answers(self):
        return sum(word.isdigit() for word in self.outcome.split())


def bytes_of(text, names):
    data, at = b"", 0
    for found in ESCAPE.finditer(text):
        data += text[at : found.start()].encode()
        at = found.end()
        code, inside, plain = found.groups()
        if code:
            data += bytes([int(code, 16)])
        elif plain:
            data += PLAIN[plain]
        elif "*" in inside:
            piece, count = inside.rsplit("*", 1)
            data += bytes_of(piece, names) * int(count)
        else:
            data += names[inside]
    return data + text[at:].encode()


def read(name):
    rows, names, section = [], {}, ""
    for line in (FOLDER / name).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line[1 : line.index("]")]
        elif "A" <= line[0] <= "Z":
            key, text = line.split(" = ", 1)
            names[key] = bytes_of(text, names)
        else:
            outcome, what, text = re.match(r"([^|]*)\|([^|]*)\| (.*)", line).groups()
            ends = text.endswith(END)
            data = bytes_of(text.removesuffix(END), names)
            words = " ".join(outcome.split())
            rows.append(Row(section, what.strip(), words, data, ends, name == "answers.txt"))
    names = [(row.section, row.what) for row in rows]
    assert len(set(names)) == len(names), f"two rows of {name} have one name"
    return rows
