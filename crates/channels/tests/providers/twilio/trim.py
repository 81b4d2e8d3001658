"""Keeps of Twilio's description of its API (twilio_api_v2010.json, github.com/twilio/twilio-oai, MIT: see LICENSE) the two paths
that we ask, and what they refer to. `python3 trim.py WHOLE.json > twilio_api_v2010.trimmed.json`"""

import json
import sys

PATHS = ["/2010-04-01/Accounts/{AccountSid}/Messages.json", "/2010-04-01/Accounts/{AccountSid}/Calls.json"]

whole = json.load(open(sys.argv[1], encoding="utf-8"))
kept = {"schemas": {}, "securitySchemes": whole["components"]["securitySchemes"]}


def walk(node):
    if isinstance(node, dict):
        ref = node.get("$ref", "")
        if ref.startswith("#/components/schemas/"):
            name = ref.rsplit("/", 1)[1]
            if name not in kept["schemas"]:
                kept["schemas"][name] = whole["components"]["schemas"][name]
                walk(kept["schemas"][name])
        for value in node.values():
            walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)


paths = {path: whole["paths"][path] for path in PATHS}
walk(paths)
# What OpenAPI 3 says a list in a form is by default (a name for each of its values); the mock wants it said.
for path in paths.values():
    for body in path.get("post", {}).get("requestBody", {}).get("content", {}).values():
        lists = [name for name, of in body["schema"]["properties"].items() if of.get("type") == "array"]
        body["encoding"] = {name: {"style": "form", "explode": True} for name in lists}
out = {key: whole[key] for key in ("openapi", "info", "servers", "security") if key in whole}
json.dump(out | {"paths": paths, "components": kept}, sys.stdout, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
print()
