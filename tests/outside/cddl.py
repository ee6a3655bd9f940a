"""Checks vectors against the CDDL, with cddl-verifier, which nobody here wrote.

cddl.py CDDL FOLDER    FOLDER is testdata/v1 or testdata/receipt-v1; prints `N passed, M failed`

Every good vector is valid: a receipt, a package, its header, and what reader.py decrypts of it. Every bad
one of a class that CDDL is about is not, unless it is listed here under what CDDL cannot say; and what is
listed is valid. What is bad about an age header (clause 5) is not in the CDDL.
"""

import pathlib
import sys

import cddl_verifier

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import reader  # noqa: E402

STRUCTURAL = ("malformed", "limit", "unsupported")
BEYOND = {
    "an age header": """2.2-age-version-2 8-sealed-scanned-before-high-matched 8-shape-before-signature
        8-shape-before-token 8-shape-before-token-of-x25519 9-hybrid-header-of-64-over""",
    "kinds that stand beside no other": """3.5-four-kinds 3.5-hybrid-before-kovra 3.5-hybrid-behind-age
        3.5-hybrid-behind-kovra 3.5-hybrid-behind-ssh""",
    "order, or twice": """3.5-hybrid-twice 3.5-hybrid-unsorted 3.5-kinds-unsorted 3.5-twice 3.5-unsorted 4.3-order-of-encoding 4.3-twice
        4.3-unsorted 4.7-twice-before-name 4.7-twice-before-production 4.7-twice-between-slots""",
    "times": """3.4-expires-366-days-and-a-second 3.4-expires-at-once 3.4-expires-before
        3.4-expires-in-1970 3.4-seq-ahead 3.4-seq-most 8.4-times-before-crit""",
    "a sum": "3.6-4096-and-1 3.6-none",
    "what a reader knows": """3.7-crit-and-ext 3.7-crit-escape 3.7-crit-unknown 8-crit-before-signature
        8-crit-before-trust 4.2-ext-named-in-crit""",
    "two maps": "3.7-in-both 3.7-in-both-among-others",
    "padding": """4.4-padding-first-byte 4.4-padding-last-byte 4.4-padding-middle-byte
        8.4-slot-1-and-padding""",
}
EXCUSED = {name: why for why, names in BEYOND.items() for name in names.split()}


def receipt(vector, _):
    yield "receipt", vector["package"]


def package(vector, keys):
    """Each rule with the item that should follow it, as far as there are any."""
    data = vector["package"]
    yield "package", data
    cbor = reader.Cbor(data)
    cbor.head(reader.TAG), cbor.array(), cbor.text(), cbor.uint()
    yield "header", cbor.bytes()
    parsed = reader.parse(data)
    me, token = [table[vector["reader"]] for table in keys], reader.token_of(vector, keys)
    yield "payload", reader.payload(parsed, 0, me, None)
    if parsed["high"] and token:
        yield "payload", reader.payload(parsed, 1, me, token)


def faults(validator, items):
    """What the validator finds, up to where nothing more can be taken out."""
    found = []
    try:
        for rule, item in items:
            result = validator.validate(item, rule, require_deterministic=True)
            found += [f"{rule}: {fault}" for fault in result.diagnostics]
    except reader.Refusal:
        pass
    return found


def judge(name, vector, found):
    """What is wrong, or nothing."""
    if vector["class"] == "ok":
        return found and f"good, and not valid: {found[0]}"
    if name in EXCUSED:
        return found and f"not valid, so needs no excuse ({EXCUSED[name]}): {found[0]}"
    return not found and f"{vector['class']}, and valid; BEYOND lists what CDDL cannot say: {vector['note']}"


def main(cddl, folder):
    validator = cddl_verifier.Validator(pathlib.Path(cddl))
    folder = pathlib.Path(folder)
    receipts = folder.name.startswith("receipt")
    items, keys = (receipt, None) if receipts else (package, reader.read_keys(folder))
    vectors = {file.stem: reader.read_vector(file) for file in sorted(folder.glob("*.txt"))}
    passed = failed = 0
    for name, vector in vectors.items():
        age = vector["clause"].startswith("5.") and not receipts
        if vector["class"] != "ok" and (age or vector["class"] not in STRUCTURAL):
            continue
        wrong = judge(name, vector, faults(validator, items(vector, keys)))
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(f"{name}: {wrong}")
    stale = [] if receipts else sorted(EXCUSED.keys() - vectors.keys())
    print(*(f"{name}: excused, and not there" for name in stale), sep="\n", end="\n" if stale else "")
    failed += len(stale)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
