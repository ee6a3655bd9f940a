"""Reads a package with cbor2, which knows nothing of kovra.

read.py split PACKAGE FOLDER    writes header, sealed, high, signed, signature and sender.der into
                                FOLDER, and prints the header as JSON
read.py payload FILE            prints a decrypted payload as JSON

Byte strings are printed as hex. Whatever is not deterministic CBOR is an error: cbor2's own
canonical encoding has to give the same bytes.
"""

import io
import json
import pathlib
import sys

import cbor2

# RFC 8410: what stands before a raw Ed25519 key in a SubjectPublicKeyInfo.
SPKI = bytes.fromhex("302a300506032b6570032100")


def decode(data):
    stream = io.BytesIO(data)
    value = cbor2.CBORDecoder(stream).decode()
    if stream.read(1):
        sys.exit("trailing bytes")
    if isinstance(value, cbor2.CBORTag):
        value = value.value
    return value


def decode_canonical(data):
    value = decode(data)
    if cbor2.dumps(value, canonical=True) != data:
        sys.exit("not the canonical encoding")
    return value


def show(value):
    print(json.dumps(value, default=lambda b: b.hex(), sort_keys=True))


def split(package, folder):
    data = pathlib.Path(package).read_bytes()
    if data[:3] != bytes.fromhex("d9d9f7"):
        sys.exit("not self-described CBOR")
    decode_canonical(data[3:])
    name, version, header, sealed, high, signature = decode(data)
    fields = decode_canonical(header)
    parts = {
        "header": header,
        "sealed": sealed,
        "high": high,
        "signed": data[:-64],
        "signature": signature,
        "sender.der": SPKI + fields[1],
    }
    for part, content in parts.items():
        pathlib.Path(folder, part).write_bytes(content)
    show({"name": name, "version": version, "header": fields})


def payload(file):
    show(decode_canonical(pathlib.Path(file).read_bytes()))


if __name__ == "__main__":
    {"split": split, "payload": payload}[sys.argv[1]](*sys.argv[2:])
