"""age files as clause 5 of spec/package-v1.md has them: shapes, three kinds of stanza, decryption.

`cryptography` gives it X25519, ML-KEM, ChaCha20-Poly1305 and HKDF. HPKE is written here from 5.8. The numbers in
comments are clauses.
"""

import base64
import binascii
import hashlib
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from edwards import P
from refusal import Refusal, check

# --- Shapes (5.2, 5.3) ---

X25519, SSH, HYBRID, GREASE = "X25519", "ssh-ed25519", "mlkem768x25519", "grease"

# How many bytes each argument of a stanza is; the last 32 are a share.
ARGUMENTS = {X25519: [32], SSH: [4, 32], HYBRID: [1120]}


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


def scan(age, hybrids):
    """5.2 and 5.3, with room for so many hybrid stanzas: the stanzas, as (kind, arguments, body), and where the header
    and the body are."""
    intro, most = b"age-encryption.org/v1\n", 16_384 + 1_557 * hybrids
    check(age.startswith(intro), "malformed", "not an age file")
    end = age.find(b"\n--- ", len(intro), most)
    if end < 0:
        name = "limit" if len(age) > most else "malformed"
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
    lines = iter(lines)
    for first in lines:
        check(first.startswith("-> "), "malformed", "not a stanza")
        kind, *words = first[3:].split(" ")
        if kind.endswith("-grease"):
            skip_grease(first, lines)
            stanzas.append((GREASE, None, None))
            continue
        lengths = ARGUMENTS.get(kind, [])
        check(lengths and len(words) == len(lengths), "malformed", "a stanza's kind or shape")
        arguments = [base64_of(word, length) for word, length in zip(words, lengths)]
        body = base64_of(next(lines, ""), 32)
        check(None not in [body, *arguments], "malformed", "a stanza's base64")
        check_agreement(arguments[-1][-32:])
        stanzas.append((kind, arguments, body))
    check(len(of_kind(stanzas, GREASE)) <= 1, "malformed", "more than one grease stanza")
    return stanzas


def skip_grease(first, lines):
    words = first[3:].split(" ")
    check(all(re.fullmatch("[!-~]+", word) for word in words), "malformed", "a grease stanza's words")
    size, line = len(first) - 3, "full" * 16
    while len(line) == 64:
        line = next(lines, None)
        check(line is not None, "malformed", "a grease stanza that does not end")
        check(len(line) <= 64, "malformed", "a grease stanza's line")
        check(base64_of(line, None) is not None, "malformed", "a grease stanza's body")
        size += len(line) + 1
    check(size <= 1024, "malformed", "a large grease stanza")


def of_kind(stanzas, kind):
    return [stanza for stanza in stanzas if stanza[0] == kind]


def check_agreement(share):
    """identity.md 1.2: canonical, and no exchange with it gives zeros (RFC 7748 §6.1)."""
    check(int.from_bytes(share, "little") < P, "malformed", "an X25519 key that is not canonical")
    try:
        exchange(X25519PrivateKey.from_private_bytes(bytes(32)), share)
    except ValueError as error:
        raise Refusal("malformed", "an X25519 key of small order") from error


def match(age, recipients):
    """5.4"""
    listed = {kind: [print_ for of, print_ in recipients if of == kind] for kind in range(4)}
    tags = sorted(arguments[0] for _, arguments, _ in of_kind(age["stanzas"], SSH))
    check(tags == sorted(print_[:4] for print_ in listed[2]), "binding", "the ssh tags")
    x25519, hybrid = (len(of_kind(age["stanzas"], kind)) for kind in (X25519, HYBRID))
    check(x25519 == len(listed[0] + listed[1]), "binding", "the X25519 stanzas")
    check(hybrid == len(listed[3]), "binding", "the hybrid stanzas")


# --- Who opens a stanza: keys and nonces that may have wrapped the file key, each with its body ---


def hkdf(key, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(key)


def exchange(secret, public):
    return secret.exchange(X25519PublicKey.from_public_bytes(public))


def unwrap_x25519(secret, age):
    """By the age specification."""
    public = secret.public_key().public_bytes_raw()
    for _, [share], body in of_kind(age["stanzas"], X25519):
        shared = exchange(secret, share)
        yield hkdf(shared, share + public, b"age-encryption.org/v1/X25519"), bytes(12), body


def unwrap_ssh(seed, age):
    """5.7, for the owner of an Ed25519 seed."""
    info = b"age-encryption.org/v1/ssh-ed25519"
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + key
    y = int.from_bytes(key, "little") & ((1 << 255) - 1)
    u = ((1 + y) * pow(1 - y, P - 2, P) % P).to_bytes(32, "little")
    scalar = X25519PrivateKey.from_private_bytes(hashlib.sha512(seed).digest()[:32])
    tweak = X25519PrivateKey.from_private_bytes(hkdf(b"", blob, info))
    for _, [tag, share], body in of_kind(age["stanzas"], SSH):
        if tag == hashlib.sha256(blob).digest()[:4]:
            shared = exchange(tweak, exchange(scalar, share))
            yield hkdf(shared, share + u, info), bytes(12), body


class Hybrid:
    """The key pair of a seed (identity.md 1.4)."""

    def __init__(self, seed):
        expanded = hashlib.shake_256(seed).digest(96)
        self.mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self.x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])

    def public(self):
        return self.mlkem.public_key().public_bytes_raw() + self.x25519.public_key().public_bytes_raw()

    def secret(self, enc):
        """5.8, the KEM"""
        share, public = enc[1088:], self.public()[1184:]
        shared = self.mlkem.decapsulate(enc[:1088]) + exchange(self.x25519, share)
        return hashlib.sha3_256(shared + share + public + bytes.fromhex("5c2e2f2f5e5c")).digest()


def unwrap_hybrid(secret, stanzas):
    for _, [enc], body in stanzas:
        yield *schedule(secret.secret(enc)), body


def schedule(secret):
    """5.8, HPKE: the key and the nonce."""

    def labelled(label, what):
        return b"HPKE-v1" + b"HPKE" + bytes.fromhex("647a00010003") + label + what

    def extract(salt, label, what):
        hmac = HMAC(salt or bytes(32), SHA256())
        hmac.update(labelled(label, what))
        return hmac.finalize()

    def expand(length, label):
        info = length.to_bytes(2, "big") + labelled(label, context)
        return HKDFExpand(SHA256(), length, info).derive(s)

    info = extract(b"", b"info_hash", b"age-encryption.org/mlkem768x25519")
    context = b"\0" + extract(b"", b"psk_id_hash", b"") + info
    s = extract(secret, b"secret", b"")
    return expand(32, b"key"), expand(12, b"base_nonce")


# --- Decryption (5.6) ---


def decrypt(age, wraps, no_stanza):
    """`wraps` are keys, nonces and bodies of stanzas, `no_stanza` the class where none opens."""
    file_key = None
    for key, nonce, body in wraps:
        try:
            file_key = ChaCha20Poly1305(key).decrypt(nonce, body, None)
            break
        except InvalidTag:
            continue
    check(file_key is not None, no_stanza, "no stanza opens")
    hmac = HMAC(hkdf(file_key, b"", b"header"), SHA256())
    hmac.update(age["head"])
    check(hmac.finalize() == age["mac"], "binding", "the age header's MAC")
    return decrypt_body(file_key, age["body"])


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
