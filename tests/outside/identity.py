"""Reads identities, recipients, token files and statements about devices by spec/identity.md, and knows nothing else of kovra.

identity.py FOLDER    reads every vector in FOLDER (testdata/identity-v1) and prints `N passed, M failed`

It has Bech32 of its own; the keys are judged by reader.py, whose Ed25519 is written from RFC 8032 and
checked by `cryptography`. The numbers in comments are clauses.
"""

import base64
import binascii
import hashlib
import pathlib
import re
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import reader  # noqa: E402
from reader import Refusal, check, check_agreement  # noqa: E402

# --- Bech32 (BIP 173) and Bech32m (BIP 350) ---

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32, BECH32M = 1, 0x2BC830A3


def polymod(values):
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATOR):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum


def bech32(text, variant):
    """Of a text in lower case: the prefix, the bytes, and whether no other text has them; None for others."""
    prefix, one, data = text.rpartition("1")
    printable = all("!" <= c <= "~" for c in prefix)
    if not (one and prefix and printable and len(data) >= 6 and set(data) <= set(ALPHABET)):
        return None
    values = [ALPHABET.index(c) for c in data]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    if polymod(expanded + values) != variant:
        return None
    bits = "".join(f"{value:05b}" for value in values[:-6])
    whole = len(bits) // 8 * 8
    only = len(bits) - whole < 5 and "1" not in bits[whole:]
    return prefix, bytes(int(bits[at : at + 8], 2) for at in range(0, whole, 8)), only


# --- Keys (1.2) ---


def check_signing(key):
    point = reader.decompress(key)
    check(point is not None and not reader.is_small(point), "malformed", "the Ed25519 key")
    order = reader.multiply(reader.L, point)
    check(reader.equal(order, reader.NEUTRAL), "malformed", "the Ed25519 key has torsion")


def fingerprint(key):
    """3.1"""
    return groups(b"kovra-fingerprint-v1" + key)


def listed(kind, key):
    """How a header lists it (3.5 of the package), and 3.3."""
    digest = hashlib.sha256(key).digest()
    print_ = groups(b"kovra-recipient-v1" + bytes([kind]) + digest)
    return {"listed": f"82{kind:02x}5820{digest.hex()}", "fingerprint": print_}


def groups(message):
    digest = hashlib.sha512(message).digest()[:40]
    groups = (int.from_bytes(digest[at : at + 5], "big") for at in range(0, 40, 5))
    return " ".join(f"{group % 100_000:05}" for group in groups)


# --- The four kinds of text ---


def versioned(data, wanted, lengths):
    """2.3 and 7.4, as far as the length; what of the encoding is checked later comes back with the bytes."""
    decoded = bech32(data.decode("ascii"), BECH32M) if data.isascii() and len(data) <= 1023 else None
    check(decoded is not None, "malformed", "the encoding")
    prefix, content, only = decoded
    check(content and prefix == wanted, "malformed", "the prefix")
    check(content[0] == 1, "unsupported", "the version")
    check(len(content) in lengths, "malformed", "the length")
    return content, only


def identity(data):
    """2.3"""
    content, only = versioned(data, "kovra", [129])
    ed25519, x25519 = content[1:33], content[33:65]
    check_signing(ed25519)
    check_agreement(x25519)
    check(only, "malformed", "the padding")
    reader.check_signature(ed25519, content[65:], b"kovra-identity-v1" + content[:65])
    return {"ed25519": ed25519.hex(), "x25519": x25519.hex(), "fingerprint": fingerprint(ed25519)}


def device(data):
    """7.4"""
    content, only = versioned(data, "kovradev", [129, 193])
    keys = content[1:33], content[33:65]
    for key in keys:
        check_signing(key)
    check(keys[0] != keys[1], "malformed", "both keys are the same")
    check(only, "malformed", "the padding")
    signatures = content[65:129], content[129:]
    for role, key, signature in zip((1, 2), keys, signatures):
        if signature:
            message = b"kovra-device-v1" + bytes([role]) + content[:65]
            reader.check_signature(key, signature, message)
    first, second = keys
    return {"first": first.hex(), "second": second.hex(), "whole": "yes" if signatures[1] else "no"}


WHITE = "\t\n\f\r "


def recipient(data):
    """4"""
    text = data.decode().strip(WHITE)
    if text.lower().startswith("kovra1"):
        return listed(0, bytes.fromhex(identity(text.encode())["x25519"]))
    words = [word for word in re.split(f"[{WHITE}]", text) if word] or [""]
    first = words[0]
    if first.startswith("age1"):
        check("1" not in first[4:], "unsupported", "another recipient of age's")
    elif first != "ssh-ed25519":
        other = len(first) <= 64 and re.fullmatch("(ssh|ecdsa|sk)-[a-z0-9@.-]*", first)
        check(not other, "unsupported", "another SSH key")
        raise Refusal("malformed", "no recipient")
    if first == "ssh-ed25519":
        check(len(words) > 1, "malformed", "no key")
        try:
            blob = base64.b64decode(words[1], validate=True)
        except binascii.Error as error:
            raise Refusal("malformed", "base64") from error
        check(base64.b64encode(blob).decode() == words[1], "malformed", "base64 is not canonical")
        head = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
        check(len(blob) == 51 and blob.startswith(head), "malformed", "the blob")
        check_signing(blob[19:])
        return listed(2, blob)
    decoded = bech32(words[0], BECH32) if len(words) == 1 else None
    check(decoded is not None and decoded[0] == "age" and decoded[2], "malformed", "neither kind")
    check(len(decoded[1]) == 32, "malformed", "the length")
    check_agreement(decoded[1])
    return listed(1, decoded[1])


def token(data):
    """5.3"""
    check(len(data) <= 4096, "token", "a longer file")
    try:
        lines = [line.strip(WHITE) for line in data.decode("utf-8").split("\n")]
    except UnicodeDecodeError as error:
        raise Refusal("token", "not UTF-8") from error
    keys = [line for line in lines if line and not line.startswith("#")]
    check(len(keys) == 1 and keys[0] == keys[0].upper(), "token", "not one key in capitals")
    decoded = bech32(keys[0].lower(), BECH32)
    good = decoded is not None and decoded[0] == "age-secret-key-" and decoded[2]
    check(good, "token", "the encoding")
    check(len(decoded[1]) == 32, "token", "the length")
    public = X25519PrivateKey.from_private_bytes(decoded[1]).public_key()
    return {"public": ("age", public.public_bytes_raw(), True)}


# --- Vectors ---

KINDS = {"identity": identity, "recipient": recipient, "token": token, "device": device}
SAYS = "class ed25519 x25519 fingerprint listed public first second whole".split()


def read(vector):
    try:
        return {"class": "ok"} | KINDS[vector["kind"]](vector["package"])
    except Refusal as refusal:
        return {"class": refusal.name}


def judge(vector):
    """Whether everything that was read stands in the vector, and the other way round."""
    wanted = {key: vector[key] for key in SAYS if key in vector}
    if "public" in wanted:
        wanted["public"] = bech32(wanted["public"], BECH32)
    got = read(vector)
    return got == wanted, wanted, got


if __name__ == "__main__":
    reader.try_all(pathlib.Path(sys.argv[1]), judge)
