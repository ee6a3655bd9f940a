"""Reads receipts by spec/receipt.md, and knows nothing else of kovra.

receipt.py FOLDER     reads every vector in FOLDER (testdata/receipt-v1) and prints `N passed, M failed`

CBOR and Ed25519 are those of reader.py. Whose the key is and which package is meant, nobody sees in a
receipt. The numbers in comments are clauses.
"""

import sys

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import reader  # noqa: E402
from reader import Refusal, check  # noqa: E402


def receipt(data):
    """1, and the first five checks of 2.1"""
    check(len(data) <= 256, "limit", "the file")
    cbor = reader.Cbor(data)
    check(cbor.head(reader.TAG) == 55799, "malformed", "the tag")
    items = cbor.array()
    check(cbor.text() == "kovra-receipt", "malformed", "the name")
    check(cbor.uint() == 1, "unsupported", "the version")
    check(items == 7, "malformed", "the number of items")
    key, package, digest, time = cbor.bytes(32), cbor.bytes(16), cbor.bytes(32), cbor.uint()
    signature = cbor.bytes(64)
    cbor.finish()
    check(time <= 253_402_300_799, "malformed", "after the year 9999")
    reader.verify({"fields": {"sender": key}, "signature": signature, "signed": data[:-64]})
    return {"key": key.hex(), "id": package.hex(), "hash": digest.hex(), "time": str(time)}


def read(data):
    try:
        return {"class": "ok"} | receipt(data)
    except Refusal as refusal:
        return {"class": refusal.name}


def judge(vector):
    """Whether everything that was read stands in the vector, and the other way round."""
    wanted = {key: vector[key] for key in "class key id hash time".split() if key in vector}
    got = read(vector["package"])
    canonical = got["class"] != "ok" or reader.second_opinion(vector["package"][3:])
    return got == wanted and canonical, wanted, got


if __name__ == "__main__":
    reader.try_folder(sys.argv[1], judge)
