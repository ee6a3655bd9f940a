"""Vectors as files, and the keys in them, as the READMEs of testdata say."""

import base64
import pathlib
import re
import sys

import cbor2
from agefile import Hybrid
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


def key_tables(folder):
    """The README's two: name, Ed25519 seed or nothing, X25519 secret; and name, hybrid seed."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    seed = "`([0-9a-f]{64})`"
    pairs = re.findall(rf"^\| ([a-z-]+) \| (?:{seed}|-) \| {seed} \|$", text, re.M)
    return pairs, re.findall(rf"^\| ([a-z-]+) \| {seed} \|$", text, re.M)


def read_keys(folder):
    """By name, the secrets that open packages: of X25519 and hybrid ones."""
    classical, hybrid = key_tables(folder)
    x25519 = {name: X25519PrivateKey.from_private_bytes(bytes.fromhex(x)) for name, _, x in classical}
    return x25519, {name: Hybrid(bytes.fromhex(seed)) for name, seed in hybrid}


def read_bytes(lines):
    parts = []
    for line in lines:
        word, *rest = line.split(" ")
        if word == "repeat":
            parts.append(bytes.fromhex(rest[1]) * int(rest[0]))
        elif word == "base64":
            parts.append(base64.b64decode(rest[0], validate=True))
        elif word in ("text", "line"):
            parts.append((" ".join(rest) + "\n" * (word == "line")).encode())
        else:
            parts.append(bytes.fromhex(word))
    return b"".join(parts)


def read_vector(file):
    head, _, body = file.read_text(encoding="utf-8").partition("\n\n")
    vector = {"trust": [], "entry": [], "row": []}
    for line in head.split("\n"):
        key, _, value = line.partition(": ")
        if key in ("trust", "entry", "row"):
            vector[key].append(value)
        else:
            vector[key] = value
    vector["package"] = read_bytes(body.split("\n")[:-1])
    return vector


def second_opinion(item):
    """Whether cbor2 takes it for the canonical encoding of what it decodes."""
    # cbor2 sorts keys by length and then by bytes; no map here has keys where that differs.
    return len(item) > 1 << 20 or cbor2.dumps(cbor2.loads(item), canonical=True) == item


def try_all(files, judge):
    """`judge` says of a file whether it is right, what it wants, and what it gets."""
    passed = failed = 0
    for file in sorted(files):
        right, wanted, got = judge(file)
        if right:
            passed += 1
        else:
            failed += 1
            print(f"{file.stem}: wants {str(wanted)[:300]}, gets {str(got)[:300]}")
    print(f"{passed} passed, {failed} failed")
    if failed or not passed:
        sys.exit(1)


def try_folder(folder, judge):
    """The same of the vectors in a folder, read."""
    try_all(pathlib.Path(folder).glob("*.txt"), lambda file: judge(read_vector(file)))
