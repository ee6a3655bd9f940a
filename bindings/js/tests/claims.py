"""claims.py TESTDATA    prints what the header of every well-formed package in TESTDATA/v1 says, as reader.py reads it."""

import datetime
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tests/outside"))
import reader  # noqa: E402


def time(seconds):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    return moment.isoformat() + "Z"


def claims(package):
    fields = package["fields"]
    normal, high = fields["counts"]
    return {
        "package": fields["id"].hex(),
        "sender": fields["sender"].hex(),
        "seq": fields["seq"],
        "created": time(fields["created"]),
        "expires": time(fields["expires"]),
        "entries": {"normal": normal, "high": high},
        "recipients": [(kind, print_.hex()) for kind, print_ in fields["recipients"]],
        "ext": list(fields["ext"]),
    }


found = {}
for file in sorted((pathlib.Path(sys.argv[1]) / "v1").glob("*.txt")):
    try:
        found[file.stem] = claims(reader.parse(reader.read_vector(file)["package"]))
    except reader.Refusal:
        pass
print(json.dumps(found))
