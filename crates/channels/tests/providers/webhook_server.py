"""A site's own service, made with the Standard Webhooks' own library: it verifies what it gets and carries each id once.

Prints its port, then a line of JSON for each request. `webhook_server.py sign SECRET ID TIMESTAMP` signs standard input.
"""
import json, sys, threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

if sys.argv[1] == "sign":
    _, _, secret, msg, stamp = sys.argv
    print(Webhook(secret).sign(msg, datetime.fromtimestamp(int(stamp), timezone.utc), sys.stdin.read()))
    sys.exit()

secret, answers = sys.argv[1], [json.loads(a) for a in sys.argv[2:]]
carried = set()


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            Webhook(secret).verify(body, dict(self.headers.items()))
            good = True
        except WebhookVerificationError:
            good = False
        id = self.headers["webhook-id"]
        said = {"verified": good, "id": id, "again": id in carried, "body": json.loads(body)}
        print(json.dumps(said), flush=True)
        carried.add(id)
        answer = answers.pop(0) if answers else {"status": 200, "body": {"id": "site-" + id[:8]}}
        if answer["status"] == 0:
            return self.connection.close()
        self.send_response(answer["status"])
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        text = json.dumps(answer.get("body", {})).encode()
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
print(server.server_port, flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
