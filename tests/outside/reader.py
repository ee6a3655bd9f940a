"""Reads packages by spec/package-v1.md, and knows nothing else of kovra.

reader.py FOLDER    reads every vector in FOLDER (testdata/v1) and prints `N passed, M failed`

Written from the text of the specification. It has a CBOR decoder, the strict parts of Ed25519 (edwards.py) and an age
decryptor (agefile.py) of its own; `cryptography` gives it SHA-2, X25519, ML-KEM, ChaCha20-Poly1305 and a second
opinion on signatures, and cbor2 a second opinion on CBOR. The numbers in comments are clauses.
"""

import hashlib
import pathlib
import re
import sys

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import agefile  # noqa: E402
import edwards  # noqa: E402
from agefile import HYBRID, X25519, of_kind, scan  # noqa: E402
from refusal import Refusal, check  # noqa: E402
from vectors import key_tables, read_keys, read_vector, second_opinion, try_folder  # noqa: E402

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
            agefile.match(scan(package[slot], hybrids(package)), fields["recipients"])
    check(not fields["crit"], "unsupported", "a critical extension")
    return package


def hybrids(package):
    """How many recipients are of kind 3: all in a post-quantum package, none in a classical one (3.5)."""
    return [kind for kind, _ in package["fields"]["recipients"]].count(3)


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
        check(kind <= 3, "unsupported", f"recipient kind {kind}")
        fingerprint = reader.bytes(32)
        recipient = (kind, fingerprint)
        check(not recipients or recipients[-1] < recipient, "malformed", "recipients unsorted")
        mixed = recipients and kind == 3 and recipients[-1][0] < 3
        check(not mixed, "malformed", "hybrid recipients and others")
        recipients.append(recipient)
    return recipients


def parse_extensions(reader):
    names = {}
    for name in reader.keys(reader.text):
        check(1 <= len(name.encode()) <= 64, "malformed", "an extension's name")
        names[name] = reader.bytes()
    check(names, "malformed", "no extensions")
    return names


# --- The signature (6) ---


def verify(package):
    key = package["fields"]["sender"]
    edwards.check_key(key, "signature")
    edwards.check_signature(key, package["signature"], package["signed"])


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


def digest(public):
    return hashlib.sha256(public).digest()


def unwrap(package, x25519, hybrid):
    """How these keys of one reader open an age file of it: by where they are listed (5.6, 8)."""
    recipients = package["fields"]["recipients"]
    if (0, digest(x25519.public_key().public_bytes_raw())) in recipients:
        return lambda age: agefile.unwrap_x25519(x25519, age)
    mine = (3, digest(hybrid.public()))
    check(mine in recipients, "not-for-me", "not listed")
    place = recipients.index(mine)
    return lambda age: agefile.unwrap_hybrid(hybrid, of_kind(age["stanzas"], HYBRID)[place : place + 1])


def unwrap_token(token, age):
    """One of the other kind opens nothing."""
    if isinstance(token, agefile.Hybrid):
        return agefile.unwrap_hybrid(token, of_kind(age["stanzas"], HYBRID))
    return agefile.unwrap_x25519(token, age)


def payload(package, slot, me, token):
    """The plaintext of slot 0 or 1, for a reader's two keys."""
    hybrid = hybrids(package)
    age = scan(package[("sealed", "high")[slot]], hybrid)
    plaintext = agefile.decrypt(age, unwrap(package, *me)(age), "not-for-me")
    if slot == 0:
        return plaintext
    inner = scan(plaintext, min(hybrid, 1))
    kinds = [kind for kind, *_ in inner["stanzas"] if kind != agefile.GREASE]
    check(kinds == [HYBRID if hybrid else X25519], "malformed", "the token layer")
    return agefile.decrypt(inner, unwrap_token(token, inner), "token")


def open_(package, me, token, skip):
    """`me` is a reader's two keys, `token` one or None; `skip` leaves slot 1 closed."""
    payloads = [payload(package, 0, me, None)]
    entries = parse_payload(payloads[0], 0, package)
    if package["high"] and not skip:
        check(token is not None, "token", "there is none")
        payloads.append(payload(package, 1, me, token))
        entries += parse_payload(payloads[1], 1, package)
    rules(entries)
    return entries, payloads


# --- Vectors ---


TOKENS = {
    "yes": (0, "token"),
    "other": (0, "other-token"),
    "hybrid": (1, "token"),
    "other-hybrid": (1, "other-token"),
}


def token_of(vector, keys):
    """The key that its word is for, of the two tables; or None."""
    kind, name = TOKENS.get(vector["token"], (0, None))
    return keys[kind].get(name)


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
        me = [table[vector["reader"]] for table in keys]
        skip = vector["token"] == "skip"
        entries, payloads = open_(package, me, token_of(vector, keys), skip)
    except Refusal as refusal:
        return refusal.name, stage, [], items
    return "ok", stage, [show(entry) for entry in entries], items + payloads


def opened_by_ssh(vector, plaintext, seeds):
    """Whether each of the SSH keys that it is sealed to opens slot 0 to the same; and how many do."""
    package = parse(vector["package"])
    sealed, count = scan(package["sealed"], hybrids(package)), 0
    for seed in seeds:
        wraps = list(agefile.unwrap_ssh(seed, sealed))
        if wraps:
            count += 1
            opened = agefile.decrypt(sealed, wraps, "not-for-me")
            check(opened == plaintext, "binding", "what SSH opens")
    return count


def main(folder):
    folder = pathlib.Path(folder)
    keys = read_keys(folder)
    seeds = [bytes.fromhex(seed) for _, seed, _ in key_tables(folder)[0] if seed]
    ssh = 0

    def judge(vector):
        nonlocal ssh
        *got, items = read(vector, keys)
        wanted = [vector["class"], vector["stage"], vector["entry"]]
        if got[0] == "ok":
            ssh += opened_by_ssh(vector, items[2], seeds)
        return got == wanted and all(map(second_opinion, items)), wanted, got

    try_folder(folder, judge)
    if not ssh:
        sys.exit("no vector was opened by an SSH key")


if __name__ == "__main__":
    main(sys.argv[1])
