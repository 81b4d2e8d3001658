"""Twilio's own library (PyPI twilio) as a judge: one JSON question a line in, one JSON answer a line out."""

import inspect
import json
import re
import sys
import xml.etree.ElementTree as ET

from twilio.request_validator import RequestValidator
from twilio.twiml import messaging_response, voice_response


def sign(asked):
    validator = RequestValidator(asked["token"])
    return {"signature": validator.compute_signature(asked["url"], asked["params"])}


def sign_body(asked):
    validator = RequestValidator(asked["token"])
    digest = validator.compute_hash(asked["body"])
    url = asked["url"] + ("&" if "?" in asked["url"] else "?") + "bodySHA256=" + digest
    return {"url": url, "signature": validator.compute_signature(url, {})}


def validate(asked):
    validator = RequestValidator(asked["token"])
    content = asked["body"] if "body" in asked else asked["params"]
    return {"valid": bool(validator.validate(asked["url"], content, asked["signature"]))}


def snake(name):
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def rebuild(element, into):
    """The same said with Twilio's own classes; a verb or an attribute that they do not know is an error."""
    for child in element:
        maker = getattr(into, snake(child.tag[0].lower() + child.tag[1:]), None)
        if maker is None:
            raise ValueError(f"<{element.tag}> takes no <{child.tag}>")
        known = inspect.signature(maker).parameters
        given = {snake(name): value for name, value in child.attrib.items()}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise ValueError(f"<{child.tag}> knows no {unknown}")
        words = [child.text] if child.text else []
        made = maker(*words, **given) if words else maker(**given)
        rebuild(child, made)


def shape(element):
    inside = [shape(child) for child in element]
    return [element.tag, sorted(element.attrib.items()), element.text or "", inside]


def twiml(asked):
    root = ET.fromstring(asked["xml"].encode("utf-8"))
    kind = messaging_response.MessagingResponse if asked["kind"] == "messaging" else voice_response.VoiceResponse
    made = kind()
    rebuild(root, made)
    same = shape(ET.fromstring(str(made).encode("utf-8"))) == shape(root)
    return {"same": same, "shape": shape(root)}


DO = {"sign": sign, "sign_body": sign_body, "validate": validate, "twiml": twiml}
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = DO[asked["do"]](asked)
    except Exception as error:  # The test shows it.
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
