"""Decrypts the hybrid files of age's own vectors with agefile.py.

cctv.py FOLDER    FOLDER is testdata/cctv-age; prints `N passed, M failed`

What age calls a header failure is malformed, and so is a stanza that it does not know. Whose place is which does not
show in an age file, so every hybrid stanza is tried.
"""

import hashlib
import pathlib
import sys
import zlib

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import agefile  # noqa: E402
from identity import bytes_of  # noqa: E402
from refusal import Refusal  # noqa: E402
from vectors import try_all  # noqa: E402

CLASSES = {"success": "ok", "no match": "not-for-me", "header failure": "malformed"}
# Stanzas of a kind that no package has, which age passes over.
STRICTER = ("hybrid_grease", "hybrid_uppercase")


def read(file):
    head, _, age = file.read_bytes().partition(b"\n\n")
    lines = [line.partition(": ") for line in head.decode().split("\n")]
    fields = {key: value for key, _, value in lines}
    return fields, zlib.decompress(age) if "compressed" in fields else age


def decrypt(age, identity):
    seed = bytes_of(identity.lower(), "age-secret-key-pq-", "malformed")
    parsed = agefile.scan(age, 64)
    stanzas = agefile.of_kind(parsed["stanzas"], agefile.HYBRID)
    wraps = agefile.unwrap_hybrid(agefile.Hybrid(seed), stanzas)
    return hashlib.sha256(agefile.decrypt(parsed, wraps, "not-for-me")).hexdigest()


def judge(file):
    fields, age = read(file)
    wanted = CLASSES[fields["expect"]], fields.get("payload")
    if file.name in STRICTER:
        wanted = "malformed", None
    try:
        got = "ok", decrypt(age, fields["identity"])
    except Refusal as refusal:
        got = refusal.name, None
    return got == wanted, wanted, got


if __name__ == "__main__":
    try_all(pathlib.Path(sys.argv[1]).glob("hybrid*"), judge)
