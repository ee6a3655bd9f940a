"""Checks good vectors against the CDDL, with cddl-verifier, which nobody here wrote.

cddl.py CDDL FOLDER    checks every good vector in FOLDER (testdata/v1): the file against the rule
                       `package`, and what reader.py decrypts of it against the rule `payload`; prints
                       `N passed, M failed`

CDDL says less than the specification, so many bad vectors are valid too. The ones below are not: they
show that the validator looks.
"""

import pathlib
import sys

import cddl_verifier

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import reader  # noqa: E402

INVALID_PACKAGES = """1.1-header-as-map 1.1-high-null 1.3-another-name 1.3-five-items 1.3-no-tag
1.3-seven-items 1.3-signature-63 2.1-version-2 3.1-key-0-missing 3.1-key-9 3.1-key-text 3.2-id-15 3.2-id-17
3.2-id-as-text 3.3-sender-33 3.5-none 3.5-65-recipients 3.5-kind-3 3.5-recipient-triple
3.4-expires-year-10000 3.5-recipient-print-31 3.6-4097-and-0 3.6-one-count 3.7-empty-ext 3.7-ext-no-name 3.7-ext-65-bytes
3.7-ext-value-text 1.2-created-null 1.2-created-half 1.2-created-negative"""
INVALID_PAYLOADS = """4.1-version-2 4.1-five-items 4.1-seven-items 4.1-another-name 4.1-hash-31 4.1-pad-as-text
4.5-slot-2 4.2-no-coordinate 4.2-no-mode 4.2-no-value 4.2-no-sensitivity 4.2-key-5 4.2-mode-2
4.2-literal-as-text 4.2-pointer-in-bytes 4.2-sensitivity-4 4.2-description-empty 4.2-pointer-over
4.2-literal-over 4.2-description-over 4.6-coordinate-empty 4.6-coordinate-one-segment
4.6-coordinate-four-segments 4.6-coordinate-capital 4.6-coordinate-leading-hyphen 4.6-coordinate-65-bytes
4.6-coordinate-cyrillic"""


def payloads(vector, keys):
    """What the keys decrypt, whether or not it is a payload."""
    package = reader.parse(vector["package"])
    secret, token = keys[vector["reader"]], keys["token"]
    yield reader.decrypt(reader.scan(package["sealed"]), secret, "not-for-me")
    if package["high"] and vector["token"] == "yes":
        inner = reader.decrypt(reader.scan(package["high"]), secret, "not-for-me")
        yield reader.decrypt(reader.scan(inner), token, "token")


def main(cddl, folder):
    validator = cddl_verifier.Validator(pathlib.Path(cddl))
    folder = pathlib.Path(folder)
    keys = reader.read_keys(folder)
    vectors = {file.stem: reader.read_vector(file) for file in sorted(folder.glob("*.txt"))}

    def is_valid(item, rule, strict=False):
        return validator.validate(item, rule, require_deterministic=strict).valid

    passed = failed = 0
    for name, vector in vectors.items():
        if vector["class"] != "ok":
            continue
        valid = is_valid(vector["package"], "package", strict=True)
        valid = valid and all(is_valid(item, "payload", strict=True) for item in payloads(vector, keys))
        passed, failed = passed + valid, failed + (not valid)
        if not valid:
            print(f"{name}: not valid")
    for name in INVALID_PACKAGES.split():
        if is_valid(vectors[name]["package"], "package"):
            print(f"{name}: a valid package")
            failed += 1
    for name in INVALID_PAYLOADS.split():
        if all(is_valid(item, "payload") for item in payloads(vectors[name], keys)):
            print(f"{name}: a valid payload")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
