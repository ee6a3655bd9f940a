"""Reads identities, recipients, token files and statements about devices by spec/identity.md, and knows nothing else of kovra.

identity.py FOLDER    reads every vector in FOLDER (testdata/identity-v1) and prints `N passed, M failed`

It has Bech32 of its own; Ed25519 is that of edwards.py, which is written from RFC 8032 and checked by `cryptography`.
The numbers in comments are clauses.
"""

import base64
import binascii
import hashlib
import re
import sys

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
from agefile import Hybrid, check_agreement  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: E402
from edwards import check_key, check_signature  # noqa: E402
from refusal import Refusal, check  # noqa: E402
from vectors import try_folder  # noqa: E402

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


# --- Keys (1.2, 1.4) ---


def check_hybrid(key):
    """1.4"""
    check(len(key) == 1216, "malformed", "the length of a hybrid key")
    numbers = (int.from_bytes(key[at : at + 3], "little") for at in range(0, 1152, 3))
    good = all(number % 4096 < 3329 and number >> 12 < 3329 for number in numbers)
    try:
        MLKEM768PublicKey.from_public_bytes(key[:1184])
    except ValueError:
        good and sys.exit("the two implementations of ML-KEM differ")
    check(good, "malformed", "a number above the modulus")
    check_agreement(key[1184:])


def fingerprint(key):
    """3.1"""
    return groups(b"kovra-fingerprint-v1" + key)


def listed(kind, digest):
    """How a header lists it (3.5 of the package), and 3.3."""
    print_ = groups(b"kovra-recipient-v1" + bytes([kind]) + digest)
    return {"listed": f"82{kind:02x}5820{digest.hex()}", "fingerprint": print_}


def groups(message):
    digest = hashlib.sha512(message).digest()[:40]
    groups = (int.from_bytes(digest[at : at + 5], "big") for at in range(0, 40, 5))
    return " ".join(f"{group % 100_000:05}" for group in groups)


# --- The four kinds of text ---

WHITE = "\t\n\f\r "


def versioned(data, wanted, lengths):
    """2.3 and 7.4, as far as the length, of which each version has some; what of the encoding is checked later comes
    back with the bytes."""
    decoded = bech32(data.decode("ascii"), BECH32M) if data.isascii() and len(data) <= 1023 else None
    check(decoded is not None, "malformed", "the encoding")
    prefix, content, only = decoded
    check(content and prefix == wanted, "malformed", "the prefix")
    check(content[0] in lengths, "unsupported", "the version")
    check(len(content) in lengths[content[0]], "malformed", "the length")
    return content, only


def identity(data):
    """2.5: one word, or two"""
    word, *more = re.split(f"[{WHITE}]+".encode(), data)
    said = string(word)
    if more:
        check(len(more) == 1, "malformed", "a third word")
        digest = hashlib.sha256(hybrid_key(more[0].decode("latin-1"))).hexdigest()
        check("hybrid" in said, "malformed", "a hybrid key behind version 1")
        check(said["hybrid"] == digest, "signature", "another hybrid key")
        said["key"] = "yes"
    return said


def string(data):
    """2.3"""
    content, only = versioned(data, "kovra", {1: [129], 2: [169]})
    ed25519, x25519 = content[1:33], content[33:65]
    check_key(ed25519, "malformed")
    check_agreement(x25519)
    check(only, "malformed", "the padding")
    signed, signature = content[:-64], content[-64:]
    check_signature(ed25519, signature, b"kovra-identity-v%d" % content[0] + signed)
    said = {"ed25519": ed25519.hex(), "x25519": x25519.hex(), "fingerprint": fingerprint(ed25519)}
    if content[0] == 2:
        number = str(int.from_bytes(content[65:73], "big"))
        said |= {"number": number, "hybrid": content[73:105].hex(), "key": "no"}
    return said


def hybrid_key(text):
    """The key of a hybrid recipient (4)."""
    key = bytes_of(text, "age1pq", "malformed")
    check_hybrid(key)
    return key


def bytes_of(text, prefix, name):
    """Of a Bech32 text in lower case; `name` is the class of any other."""
    decoded = bech32(text, BECH32)
    good = decoded is not None and decoded[0] == prefix and decoded[2]
    check(good, name, "the encoding")
    return decoded[1]


def device(data):
    """7.4"""
    content, only = versioned(data, "kovradev", {1: [129, 193]})
    keys = content[1:33], content[33:65]
    for key in keys:
        check_key(key, "malformed")
    check(keys[0] != keys[1], "malformed", "both keys are the same")
    check(only, "malformed", "the padding")
    signatures = content[65:129], content[129:]
    for role, key, signature in zip((1, 2), keys, signatures):
        if signature:
            message = b"kovra-device-v1" + bytes([role]) + content[:65]
            check_signature(key, signature, message)
    first, second = keys
    return {"first": first.hex(), "second": second.hex(), "whole": "yes" if signatures[1] else "no"}


def recipient(data):
    """4"""
    text = data.decode().strip(WHITE)
    words = [word for word in re.split(f"[{WHITE}]", text) if word] or [""]
    first = words[0]
    if first.lower().startswith("kovra1"):
        return listed(*kovra(text))
    if first == "ssh-ed25519":
        return listed(2, hashlib.sha256(blob(words)).digest())
    if first.startswith("age1pq1"):
        return listed(3, hashlib.sha256(hybrid_key(text)).digest())
    if first.startswith("age1"):
        check("1" not in first[4:], "unsupported", "another recipient of age's")
        key = bytes_of(text, "age", "malformed")
        check(len(key) == 32, "malformed", "the length")
        check_agreement(key)
        return listed(1, hashlib.sha256(key).digest())
    other = len(first) <= 64 and re.fullmatch("(ssh|ecdsa|sk)-[a-z0-9@.-]*", first)
    raise Refusal("unsupported" if other else "malformed", "no recipient")


def kovra(text):
    """An identity's kind, and what is listed of it."""
    said = identity(text.encode())
    if "hybrid" not in said:
        return 0, hashlib.sha256(bytes.fromhex(said["x25519"])).digest()
    check(said["key"] == "yes", "malformed", "version 2 without its hybrid key")
    return 3, bytes.fromhex(said["hybrid"])


def blob(words):
    """Of an SSH key."""
    check(len(words) > 1, "malformed", "no key")
    try:
        found = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("malformed", "base64") from error
    check(base64.b64encode(found).decode() == words[1], "malformed", "base64 is not canonical")
    head = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
    check(len(found) == 51 and found.startswith(head), "malformed", "the blob")
    check_key(found[19:], "malformed")
    return found


def token(data):
    """5.3"""
    check(len(data) <= 4096, "token", "a longer file")
    try:
        lines = [line.strip(WHITE) for line in data.decode("utf-8").split("\n")]
    except UnicodeDecodeError as error:
        raise Refusal("token", "not UTF-8") from error
    keys = [line for line in lines if line and not line.startswith("#")]
    check(len(keys) == 1 and keys[0] == keys[0].upper(), "token", "not one key in capitals")
    hybrid = keys[0].startswith("AGE-SECRET-KEY-PQ-1")
    prefix = "age-secret-key-pq-" if hybrid else "age-secret-key-"
    secret = bytes_of(keys[0].lower(), prefix, "token")
    check(len(secret) == 32, "token", "the length")
    if hybrid:
        return {"public": ("age1pq", Hybrid(secret).public(), True)}
    public = X25519PrivateKey.from_private_bytes(secret).public_key()
    return {"public": ("age", public.public_bytes_raw(), True)}


# --- Vectors ---

KINDS = {"identity": identity, "recipient": recipient, "token": token, "device": device}
SAYS = "class ed25519 x25519 number hybrid key fingerprint listed public first second whole".split()


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
    try_folder(sys.argv[1], judge)
