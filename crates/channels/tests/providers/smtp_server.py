"""A real SMTP server for the tests: aiosmtpd with STARTTLS or TLS and AUTH.

Prints its port, then runs until its standard input closes. Each mail is parsed by Python's email package and
written to DIR/N.json. Some recipients make it misbehave: see FAULTS and handle_DATA.
"""

import asyncio
import base64
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

FAULTS = {
    "busy": "451 4.3.0 try again",
    "slow": "450 4.7.1 too many mails",
    "closing": "421 4.3.2 going down",
    "unknown": "550 5.1.1 <unknown@example.org>: no such person",
}


class Handler:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        fault = FAULTS.get(address.split("@")[0])
        if fault:
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "full":
            return "552 5.2.2 mailbox full"
        if name == "later":
            return "452 4.2.2 mailbox full for now"
        if name == "mute":
            await asyncio.sleep(60)
        self.write(session, envelope)
        if name == "dropped":
            server.transport.abort()
            await asyncio.sleep(60)
        return "250 2.0.0 OK"

    def write(self, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        bodies = [p for p in mail.walk() if not p.is_multipart()]
        parts = [(p.get_content_type(), p.get_content()) for p in bodies if not p.is_attachment()]
        files = [
            [p.get_filename(), p.get_content_type(), base64.b64encode(p.get_payload(decode=True)).decode()]
            for p in bodies
            if p.is_attachment()
        ]
        seen = {
            "peer": list(session.peer),
            "tls": session.ssl is not None,
            "login": session.auth_data.decode() if session.auth_data else None,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[k, str(v)] for k, v in mail.items()],
            "defects": [str(d) for p in mail.walk() for d in p.defects],
            "kind": mail.get_content_type(),
            "parts": parts,
            "files": files,
            "longest_line": max(len(line) for line in envelope.content.split(b"\r\n")),
            "ascii": envelope.content.isascii(),
            "raw": base64.b64encode(envelope.content).decode(),
        }
        self.count += 1
        target = self.folder / f"{self.count}.json"
        target.with_suffix(".part").write_text(json.dumps(seen))
        target.with_suffix(".part").rename(target)


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"hub" and data.password == b"hunter2"
    return AuthResult(success=good, handled=False, auth_data=data.login)


async def main(folder, mode):
    context = None
    if mode != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    starttls = mode == "starttls"

    def protocol():
        return SMTP(
            Handler.one,
            enable_SMTPUTF8=True,
            hostname="localhost",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate,
            auth_required=mode != "none",
            auth_require_tls=starttls,
        )

    Handler.one = Handler(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(sys.argv[1], sys.argv[2]))
