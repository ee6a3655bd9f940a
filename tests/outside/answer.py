"""What reader.py makes of one package after the other, for the fuzz target `outside`.

answer.py FOLDER NOW KEY    FOLDER is testdata/v1, for its keys. Bob reads at NOW and has pinned KEY. Each package is
                            a line with the word of the token, as in a vector, and the length, and then the bytes.
                            Each answer is a line: class, stage, and SHA-256 of the entries' lines.
"""

import functools
import hashlib
import pathlib
import sys

# The folder is a source tree, and stays as it is.
sys.dont_write_bytecode = True
import edwards  # noqa: E402
import reader  # noqa: E402


# Most packages have the same sender, whose key is multiplied by the order of the group.
edwards.multiply = functools.lru_cache(edwards.multiply)


def main(folder, now, key):
    keys = reader.read_keys(pathlib.Path(folder))
    for line in sys.stdin.buffer:
        token, length = line.decode().split()
        package = sys.stdin.buffer.read(int(length))
        vector = {"package": package, "trust": [key], "now": now, "reader": "bob", "token": token}
        name, stage, entries, _ = reader.read(vector, keys)
        digest = hashlib.sha256("\n".join(entries).encode()).hexdigest()
        print(name, stage, digest, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
