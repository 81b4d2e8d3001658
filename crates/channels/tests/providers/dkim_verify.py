"""Verifies the DKIM signature of a mail with dkimpy, a reader that is not ours.

Reads a JSON object from standard input: `raw` (the mail in base 64) and `records` (TXT records by name, in place of
the DNS). Prints `true` or `false`.
"""

import base64
import json
import sys

import dkim

asked = json.load(sys.stdin)
records = {name.rstrip(".").lower(): value for name, value in asked["records"].items()}


def txt(name, timeout=5):
    value = records.get(name.decode().rstrip(".").lower())
    return value.encode() if value else None


try:
    good = dkim.DKIM(base64.b64decode(asked["raw"])).verify(dnsfunc=txt)
except dkim.DKIMException as error:
    print(error, file=sys.stderr)
    good = False
print(json.dumps(bool(good)))
