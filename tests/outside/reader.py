"""Reads packages by spec/package-v1.md, and knows nothing else of kovra.

reader.py FOLDER    reads every vector in FOLDER (testdata/v1) and prints `N passed, M failed`

Written from the text of the specification. It has a CBOR decoder, the strict parts of Ed25519 and an
age decryptor of its own; `cryptography` gives it SHA-2, X25519, ChaCha20-Poly1305 and a second
opinion on signatures, and cbor2 a second opinion on CBOR. The numbers in comments are clauses.
"""

import base64
import binascii
import hashlib
import pathlib
import re
import sys

import cbor2
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Refusal(Exception):
    """The class of clause 0's table, and what is wrong."""

    def __init__(self, name, what):
        super().__init__(f"{name}: {what}")
        self.name = name


def check(condition, name, what):
    if not condition:
        raise Refusal(name, what)


# --- CBOR (1.2) ---

UINT, BYTES, TEXT, ARRAY, MAP, TAG = 0, 2, 3, 4, 5, 6


class Cbor:
    """Items one after the other; nothing is decoded that was not asked for."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def head(self, major):
        check(self.left() > 0, "malformed", "the input ends")
        first = self.data[self.at]
        check(first >> 5 == major, "malformed", f"major type {first >> 5}, not {major}")
        info = first & 31
        if info < 24:
            self.at += 1
            return info
        check(info <= 27, "malformed", "indefinite or reserved length")
        size = 1 << (info - 24)
        check(self.left() > size, "malformed", "the input ends in a head")
        argument = int.from_bytes(self.data[self.at + 1 : self.at + 1 + size], "big")
        least = 24 if size == 1 else 1 << (4 * size)
        check(argument >= least, "malformed", "not the shortest head")
        self.at += 1 + size
        return argument

    def uint(self):
        return self.head(UINT)

    def string(self, major):
        length = self.head(major)
        check(length <= self.left(), "malformed", "a string longer than the input")
        self.at += length
        return self.data[self.at - length : self.at]

    def bytes(self, length=None):
        value = self.string(BYTES)
        check(length in (None, len(value)), "malformed", "a byte string of another length")
        return value

    def text(self):
        try:
            return self.string(TEXT).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refusal("malformed", "not UTF-8") from error

    def array(self):
        count = self.head(ARRAY)
        check(count <= self.left(), "malformed", "an array longer than the input")
        return count

    def keys(self, read):
        """The keys of a map, in order; the caller reads each value before the next key."""
        count = self.head(MAP)
        check(2 * count <= self.left(), "malformed", "a map longer than the input")
        before = b""
        for _ in range(count):
            start = self.at
            key = read()
            encoded = self.data[start : self.at]
            check(encoded > before, "malformed", "keys unsorted or repeated")
            before = encoded
            yield key

    def finish(self):
        check(self.left() == 0, "malformed", "bytes after the end")


# --- The file (1, 2), the header (3) ---


def parse(data):
    check(len(data) <= 16_777_216, "limit", "the file")
    reader = Cbor(data)
    check(reader.head(TAG) == 55799, "malformed", "the tag")
    items = reader.array()
    check(reader.text() == "kovra-package", "malformed", "the name")
    check(reader.uint() == 1, "unsupported", "the version")
    check(items == 6, "malformed", "the number of items")
    package = {"signed": data[:-64], "header": reader.bytes()}
    package["sealed"] = reader.bytes()
    package["high"] = reader.bytes()
    package["signature"] = reader.bytes(64)
    reader.finish()
    package["fields"] = fields = parse_header(package["header"])
    check((fields["counts"][1] == 0) == (package["high"] == b""), "binding", "slot 1 there or not")
    for slot in ("sealed", "high"):
        if slot == "sealed" or package[slot]:
            match(scan(package[slot]), fields["recipients"])
    check(not fields["crit"], "unsupported", "a critical extension")
    return package


def parse_header(data):
    check(len(data) <= 16_384, "limit", "the header")
    reader = Cbor(data)
    fields = {"crit": {}, "ext": {}}
    expected = 0
    for key in reader.keys(reader.uint):
        check(key == expected or (key == 8 and expected == 7), "malformed", f"key {key}")
        expected = key + 1
        if key == 0:
            fields["id"] = reader.bytes(16)
        elif key == 1:
            fields["sender"] = reader.bytes(32)
        elif key in (2, 3, 4):
            fields[("seq", "created", "expires")[key - 2]] = reader.uint()
        elif key == 5:
            fields["recipients"] = parse_recipients(reader)
        elif key == 6:
            check(reader.array() == 2, "malformed", "the counts")
            fields["counts"] = counts = (reader.uint(), reader.uint())
            check(sum(counts) > 0, "malformed", "no entries")
            check(sum(counts) <= 4096, "limit", "too many entries")
        elif key in (7, 8):
            fields[("crit", "ext")[key - 7]] = parse_extensions(reader)
        else:
            raise Refusal("malformed", f"key {key}")
    check(expected >= 7, "malformed", "a missing key")
    reader.finish()
    created, expires = fields["created"], fields["expires"]
    check(created < expires, "malformed", "expires")
    check(expires - created <= 31_622_400, "malformed", "life")
    check(expires <= 253_402_300_799, "malformed", "after the year 9999")
    check(fields["seq"] <= (created + 300) * 1000, "malformed", "seq")
    check(not fields["crit"].keys() & fields["ext"].keys(), "malformed", "a name in both")
    return fields


def parse_recipients(reader):
    count = reader.array()
    check(count > 0, "malformed", "no recipients")
    check(count <= 64, "limit", "too many recipients")
    recipients = []
    for _ in range(count):
        check(reader.array() == 2, "malformed", "a recipient")
        kind = reader.uint()
        check(kind <= 2, "unsupported", f"recipient kind {kind}")
        fingerprint = reader.bytes(32)
        recipient = (kind, fingerprint)
        check(not recipients or recipients[-1] < recipient, "malformed", "recipients unsorted")
        recipients.append(recipient)
    return recipients


def parse_extensions(reader):
    names = {}
    for name in reader.keys(reader.text):
        check(1 <= len(name.encode()) <= 64, "malformed", "an extension's name")
        names[name] = reader.bytes()
    check(names, "malformed", "no extensions")
    return names


# --- The age layers (5) ---


def base64_of(text, length):
    """Canonical unpadded base64 (RFC 4648 §4, with §3.5) of so many bytes; None for any number."""
    if not re.fullmatch(r"[A-Za-z0-9+/]*", text) or len(text) % 4 == 1:
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None
    if base64.b64encode(data).decode().rstrip("=") != text:
        return None
    return data if length in (None, len(data)) else None


def scan(age):
    """5.2 and 5.3: the stanzas, as (kind, arguments, body), and where the header and the body are."""
    intro = b"age-encryption.org/v1\n"
    check(age.startswith(intro), "malformed", "not an age file")
    end = age.find(b"\n--- ", len(intro), 16_384)
    if end < 0:
        name = "limit" if len(age) > 16_384 else "malformed"
        raise Refusal(name, "no end of the age header")
    mac_at = end + 5
    mac = age[mac_at : mac_at + 44]
    check(len(mac) == 44 and mac[43:] == b"\n", "malformed", "the MAC line")
    mac = base64_of(mac[:43].decode("latin-1"), 32)
    check(mac is not None, "malformed", "the MAC")
    check(len(age) - mac_at - 44 >= 33, "malformed", "the age body")
    stanzas = parse_stanzas(age[len(intro) : end].decode("latin-1").split("\n"))
    return {"stanzas": stanzas, "head": age[: end + 4], "mac": mac, "body": age[mac_at + 44 :]}


def parse_stanzas(lines):
    stanzas = []
    while lines:
        first = lines.pop(0)
        check(first.startswith("-> "), "malformed", "not a stanza")
        words = first[3:].split(" ")
        if words[0].endswith("-grease"):
            visible = all(re.fullmatch("[!-~]+", word) for word in words)
            check(visible, "malformed", "a grease stanza's words")
            size = len(first) - 3
            while True:
                check(lines, "malformed", "a grease stanza that does not end")
                line = lines.pop(0)
                check(len(line) <= 64, "malformed", "a grease stanza's line")
                check(base64_of(line, None) is not None, "malformed", "a grease stanza's body")
                size += len(line) + 1
                if len(line) < 64:
                    break
            check(size <= 1024, "malformed", "a large grease stanza")
            stanzas.append(("grease", None, None, None))
            continue
        kind, shape = words[0], {"X25519": 2, "ssh-ed25519": 3}.get(words[0])
        check(shape == len(words), "malformed", "a stanza's kind or shape")
        tag = base64_of(words[1], 4) if shape == 3 else b""
        share = base64_of(words[-1], 32)
        body = base64_of(lines.pop(0), 32) if lines else None
        check(None not in (tag, share, body), "malformed", "a stanza's base64")
        check_agreement(share)
        stanzas.append((kind, tag, share, body))
    grease = [s for s in stanzas if s[0] == "grease"]
    check(len(grease) <= 1, "malformed", "more than one grease stanza")
    return stanzas


def check_agreement(share):
    """identity.md 1.2: canonical, and no exchange with it gives zeros (RFC 7748 §6.1)."""
    check(int.from_bytes(share, "little") < P, "malformed", "an X25519 key that is not canonical")
    try:
        key = X25519PublicKey.from_public_bytes(share)
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(key)
    except ValueError as error:
        raise Refusal("malformed", "an X25519 key of small order") from error


def match(age, recipients):
    """5.4"""
    x25519 = [s for s in age["stanzas"] if s[0] == "X25519"]
    tags = sorted(s[1] for s in age["stanzas"] if s[0] == "ssh-ed25519")
    listed = sorted(print_[:4] for kind, print_ in recipients if kind == 2)
    check(tags == listed, "binding", "the ssh tags")
    check(len(x25519) == len(recipients) - len(listed), "binding", "the X25519 stanzas")


def hkdf(key, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(key)


def exchange(secret, public):
    return secret.exchange(X25519PublicKey.from_public_bytes(public))


def unwrap_x25519(secret, age):
    """By the age specification: the keys that may have wrapped the file key, each with its body."""
    public = secret.public_key().public_bytes_raw()
    for kind, _, share, body in age["stanzas"]:
        if kind == "X25519":
            shared = exchange(secret, share)
            yield hkdf(shared, share + public, b"age-encryption.org/v1/X25519"), body


def unwrap_ssh(seed, age):
    """5.7, for the owner of an Ed25519 seed."""
    info = b"age-encryption.org/v1/ssh-ed25519"
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + key
    y = int.from_bytes(key, "little") & ((1 << 255) - 1)
    u = ((1 + y) * pow(1 - y, P - 2, P) % P).to_bytes(32, "little")
    scalar = X25519PrivateKey.from_private_bytes(hashlib.sha512(seed).digest()[:32])
    tweak = X25519PrivateKey.from_private_bytes(hkdf(b"", blob, info))
    for kind, tag, share, body in age["stanzas"]:
        if kind == "ssh-ed25519" and tag == hashlib.sha256(blob).digest()[:4]:
            shared = exchange(tweak, exchange(scalar, share))
            yield hkdf(shared, share + u, info), body


def decrypt(age, wraps, no_stanza):
    """5.6; `wraps` are keys and bodies of stanzas, `no_stanza` the class where none opens."""
    file_key = None
    for key, body in wraps:
        try:
            file_key = ChaCha20Poly1305(key).decrypt(bytes(12), body, None)
            break
        except InvalidTag:
            continue
    check(file_key is not None, no_stanza, "no stanza opens")
    hmac = HMAC(hkdf(file_key, b"", b"header"), SHA256())
    hmac.update(age["head"])
    check(hmac.finalize() == age["mac"], "binding", "the age header's MAC")
    return decrypt_body(file_key, age["body"])


def decrypt_x25519(age, secret, no_stanza):
    return decrypt(age, unwrap_x25519(secret, age), no_stanza)


def decrypt_body(file_key, body):
    cipher = ChaCha20Poly1305(hkdf(file_key, body[:16], b"payload"))
    chunks = [body[at : at + 65_552] for at in range(16, len(body), 65_552)]
    plaintext = []
    for counter, chunk in enumerate(chunks):
        last = counter + 1 == len(chunks)
        check(len(chunk) > 16 or counter == 0, "binding", "an empty last chunk")
        try:
            nonce = counter.to_bytes(11, "big") + bytes([last])
            plaintext.append(cipher.decrypt(nonce, chunk, None))
        except (InvalidTag, ValueError) as error:
            raise Refusal("binding", "an age chunk") from error
    return b"".join(plaintext)


# --- The signature (6), by RFC 8032 §5.1 ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def decompress(data):
    """§5.1.3: None unless it is the one encoding of a point."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def compress(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_small(point):
    return equal(multiply(8, point), NEUTRAL)


def verify(package):
    key = package["fields"]["sender"]
    point = decompress(key)
    check(point is not None, "signature", "the key is no point")
    check(not is_small(point), "signature", "the key is of small order")
    check(equal(multiply(L, point), NEUTRAL), "signature", "the key has torsion")
    check_signature(key, package["signature"], package["signed"])


def check_signature(key, signature, message):
    """6.3; the key is a good one."""
    point = decompress(key)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    check(s < L, "signature", "S is not reduced")
    nonce = decompress(r)
    check(nonce is not None and not is_small(nonce), "signature", "R")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    found = compress(add(multiply(s, BASE), multiply(k, minus)))
    check(found == r, "signature", "it does not hold")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        sys.exit("the two implementations of Ed25519 differ")


# --- Trust and time (7) ---


def trust(package, keys, now):
    fields = package["fields"]
    check(fields["sender"] in keys, "untrusted", "the sender is not pinned")
    check(fields["created"] <= now + 300, "time", "from the future")
    check(fields["expires"] > now, "time", "expired")


# --- Payloads (4) ---


def parse_payload(data, slot, package):
    reader = Cbor(data)
    items = reader.array()
    check(reader.text() == "kovra-entries", "malformed", "the payload's name")
    check(reader.uint() == 1, "malformed", "the payload's version")
    check(items == 6, "malformed", "the payload's items")
    found_slot = reader.uint()
    header_hash = reader.bytes(32)
    count = reader.array()
    check(count <= 4096, "limit", "too many entries")
    entries = []
    for _ in range(count):
        entry = parse_entry(reader)
        before = entries[-1]["coordinate"].encode() if entries else None
        rising = before is None or before < entry["coordinate"].encode()
        check(rising, "malformed", "entries unsorted or repeated")
        entries.append(entry)
    check(not any(reader.bytes()), "malformed", "padding")
    reader.finish()
    check(found_slot == slot, "binding", "the slot")
    check(header_hash == hashlib.sha256(package["header"]).digest(), "binding", "the header hash")
    check(len(entries) == package["fields"]["counts"][slot], "binding", "the count")
    for entry in entries:
        needs_token = entry["mode"] == 0 and entry["sensitivity"] >= 2
        check(needs_token == (slot == 1), "binding", "the slot of an entry")
    for entry in entries:
        grammar(entry)
    return entries


def parse_entry(reader):
    entry = {"description": None}
    expected = 0
    for key in reader.keys(reader.uint):
        good = key == expected or (key == 5 and expected == 4)
        check(good and key <= 5, "malformed", f"key {key} of an entry")
        expected = key + 1
        if key == 0:
            entry["coordinate"] = reader.text()
        elif key == 1:
            entry["mode"] = reader.uint()
            check(entry["mode"] <= 1, "malformed", "a mode")
        elif key == 2 and entry["mode"] == 0:
            entry["value"] = reader.bytes()
            check(len(entry["value"]) <= 262_144, "limit", "a literal")
        elif key == 2:
            entry["value"] = reader.text()
            check(len(entry["value"].encode()) <= 1024, "limit", "a pointer")
        elif key == 3:
            entry["sensitivity"] = reader.uint()
            check(entry["sensitivity"] <= 3, "malformed", "a sensitivity")
        elif key == 5:
            parse_extensions(reader)
        else:
            entry["description"] = reader.text()
            check(entry["description"], "malformed", "an empty description")
            check(len(entry["description"].encode()) <= 512, "limit", "a description")
    check(expected >= 4, "malformed", "a missing key of an entry")
    return entry


SEGMENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
REGION = re.compile(r"[a-z]{2,12}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
NAME = r"[0-9A-Za-z/_+=.@-]"
DECEPTIVE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def grammar(entry):
    """4.6"""
    segments = entry["coordinate"].split("/")
    good = len(segments) == 3 and all(SEGMENT.fullmatch(s) and ".." not in s for s in segments)
    check(good, "policy", "a coordinate")
    if entry["mode"] == 1:
        check(is_pointer(entry["value"]), "policy", "a pointer")
    check(not DECEPTIVE.search(entry["description"] or ""), "policy", "a description")


def is_pointer(text):
    if not re.fullmatch(r"[!-~]*", text) or any(c in "\"'`\\%<>^{|}" for c in text):
        return False
    body, hash_, field = text.partition("#")
    if hash_ and not 1 <= len(field) <= 128:
        return False
    if body.startswith("azure-kv://"):
        parts = body.removeprefix("azure-kv://").split("/")
        shapes = [r"(?!.*--)[A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]", r"[0-9A-Za-z-]{1,127}"]
        shapes.append(r"[0-9A-Za-z]{1,32}")
        return len(parts) in (2, 3) and all(map(re.fullmatch, shapes, parts))
    return body.startswith("aws-sm://") and is_aws(body.removeprefix("aws-sm://"))


def is_aws(text):
    name, mark, query = text.partition("?")
    region = None
    if name.startswith("arn:"):
        arn = name.split(":")
        if len(arn) != 7 or (arn[2], arn[5]) != ("secretsmanager", "secret"):
            return False
        region = arn[3]
        shapes = [("aws(-[a-z-]{1,16})?", arn[1]), (REGION, region), ("[0-9]{12}", arn[4])]
        shapes.append((NAME + "{1,512}", arn[6]))
        if not all(re.fullmatch(shape, part) for shape, part in shapes):
            return False
    elif not re.fullmatch(NAME + "{1,512}", name):
        return False
    if not mark:
        return True
    values = {}
    for pair in query.split("&"):
        key, equals, value = pair.partition("=")
        if not equals or key in values:
            return False
        values[key] = value
    shapes = {"region": REGION, "version-id": "[0-9A-Za-z-]{32,64}"}
    shapes["version-stage"] = NAME + "{1,256}"
    if not all(key in shapes and re.fullmatch(shapes[key], values[key]) for key in values):
        return False
    if {"version-id", "version-stage"} <= values.keys():
        return False
    return region is None or values.get("region", region) == region


PREFIXES = "BASH_FUNC_ CARGO_ COR_ DOTNET_ DYLD_ GIT_ KOVRA_ LD_ NPM_CONFIG_ PERL5 PYTHON RUBY"
SUFFIXES = "_OPTIONS _PROXY _RUSTC_WRAPPER"
NAMES = """BASHOPTS BASH_ENV BROWSER CC CDPATH CLASSPATH CURL_CA_BUNDLE CURL_HOME CXX EDITOR
ENV FPATH GCONV_PATH GLIBC_TUNABLES GOFLAGS HOME HOSTALIASES IFS JAVA_OPTS LESSCLOSE LESSOPEN
LOCALDOMAIN LOCPATH MAKEFLAGS NLSPATH NODE_EXTRA_CA_CERTS NODE_PATH OPENSSL_CONF OPENSSL_MODULES PAGER
PATH PHPRC PROMPT_COMMAND PS4 REQUESTS_CA_BUNDLE RUSTFLAGS SHELL SHELLOPTS SSH_ASKPASS
SSL_CERT_DIR SSL_CERT_FILE VISUAL ZDOTDIR"""


def rules(entries):
    """4.7"""
    seen = {}
    for entry in entries:
        coordinate = entry["coordinate"]
        folded = re.sub("[-.]", "_", coordinate)
        if coordinate.split("/")[0] == "prod":
            good = entry["mode"] == 1 and entry["sensitivity"] >= 2
            check(good, "policy", "an entry of production")
        name = folded.split("/")[2].upper()
        listed = name in NAMES.split()
        listed |= name.startswith(tuple(PREFIXES.split())) or name.endswith(tuple(SUFFIXES.split()))
        check(not listed, "policy", "a variable that changes how programs load")
        check(seen.get(folded) != coordinate, "malformed", "a coordinate twice")
        check(folded not in seen, "policy", "two coordinates that would be one variable")
        seen[folded] = coordinate


def open_(package, secret, token, skip):
    """`token` is a secret key or None; `skip` leaves slot 1 closed."""
    mine = (0, hashlib.sha256(secret.public_key().public_bytes_raw()).digest())
    check(mine in package["fields"]["recipients"], "not-for-me", "not listed")
    payloads = [decrypt_x25519(scan(package["sealed"]), secret, "not-for-me")]
    entries = parse_payload(payloads[0], 0, package)
    if package["high"] and not skip:
        check(token is not None, "token", "there is none")
        inner = scan(decrypt_x25519(scan(package["high"]), secret, "not-for-me"))
        kinds = [kind for kind, *_ in inner["stanzas"] if kind != "grease"]
        check(kinds == ["X25519"], "malformed", "the token layer")
        payloads.append(decrypt_x25519(inner, token, "token"))
        entries += parse_payload(payloads[1], 1, package)
    rules(entries)
    return entries, payloads


# --- Vectors ---


def key_table(folder):
    """The README's table of keys: name, Ed25519 seed or nothing, X25519 secret."""
    row = r"^\| ([a-z-]+) \| (?:`([0-9a-f]{64})`|-) \| `([0-9a-f]{64})` \|$"
    return re.findall(row, (folder / "README.md").read_text(encoding="utf-8"), re.M)


def read_keys(folder):
    """The X25519 secrets in it."""
    rows = key_table(folder)
    return {name: X25519PrivateKey.from_private_bytes(bytes.fromhex(x)) for name, _, x in rows}


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


def show(entry):
    value = entry["value"]
    if entry["mode"] == 0:
        value = f"hex:{value.hex()}"
        if len(entry["value"]) > 1024:
            value = f"sha256:{hashlib.sha256(entry['value']).hexdigest()} {len(entry['value'])}"
    mode = ("literal", "reference")[entry["mode"]]
    sensitivity = ("low", "medium", "high", "inject-only")[entry["sensitivity"]]
    line = f"{entry['coordinate']} {mode} {sensitivity} {value}"
    return line if entry["description"] is None else f"{line} | {entry['description']}"


def read(vector, keys):
    """The class, the stage, and what comes out; and every CBOR item that was accepted on the way."""
    stage, items = "parse", []
    try:
        package = parse(vector["package"])
        items = [vector["package"][3:], package["header"]]
        stage = "verify"
        verify(package)
        stage = "trust"
        trust(package, [bytes.fromhex(key) for key in vector["trust"]], int(vector["now"]))
        stage = "open"
        token = {"yes": "token", "other": "other-token"}.get(vector["token"])
        entries, payloads = open_(
            package, keys[vector["reader"]], keys.get(token), vector["token"] == "skip"
        )
    except Refusal as refusal:
        return refusal.name, stage, [], items
    return "ok", stage, [show(entry) for entry in entries], items + payloads


def second_opinion(item):
    """Whether cbor2 takes it for the canonical encoding of what it decodes."""
    # cbor2 sorts keys by length and then by bytes; no map here has keys where that differs.
    return len(item) > 1 << 20 or cbor2.dumps(cbor2.loads(item), canonical=True) == item


def opened_by_ssh(vector, payload, seeds):
    """Whether each of the SSH keys that it is sealed to opens slot 0 to the same; and how many do."""
    package = parse(vector["package"])
    sealed, count = scan(package["sealed"]), 0
    for seed in seeds:
        wraps = list(unwrap_ssh(seed, sealed))
        if wraps:
            count += 1
            check(decrypt(sealed, wraps, "not-for-me") == payload, "binding", "what SSH opens")
    return count


def try_all(folder, judge):
    """`judge` says whether a vector is right, what it wants, and what it gets."""
    passed = failed = 0
    for file in sorted(folder.glob("*.txt")):
        right, wanted, got = judge(read_vector(file))
        if right:
            passed += 1
        else:
            failed += 1
            print(f"{file.stem}: wants {str(wanted)[:300]}, gets {str(got)[:300]}")
    print(f"{passed} passed, {failed} failed")
    if failed or not passed:
        sys.exit(1)


def main(folder):
    keys = read_keys(folder)
    seeds = [bytes.fromhex(seed) for _, seed, _ in key_table(folder) if seed]
    ssh = 0

    def judge(vector):
        nonlocal ssh
        *got, items = read(vector, keys)
        wanted = [vector["class"], vector["stage"], vector["entry"]]
        if got[0] == "ok":
            ssh += opened_by_ssh(vector, items[2], seeds)
        return got == wanted and all(map(second_opinion, items)), wanted, got

    try_all(folder, judge)
    if not ssh:
        sys.exit("no vector was opened by an SSH key")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
