// A push service that we did not write, on a free port of this machine; it ends when its standard input does.
import { createServer } from "node:http";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const Server = require("web-push-testing/src/server.js");
const { PushApiModel } = require("web-push-testing/src/PushApiModel.js");
console.error = () => {};
const model = new PushApiModel();
const server = new Server(model, 1);
server.setRequestHandlers();
// What a push service says that is not well.
let says = null;
const app = createServer((request, response) => {
  if (request.url.startsWith("/says/")) {
    const [, , status, after] = request.url.split("/");
    says = status === "0" ? null : { status: Number(status), after };
    return response.end();
  }
  if (says && request.url.startsWith("/notify/")) {
    request.resume();
    if (says.status === 1) return request.socket.destroy();
    return response.writeHead(says.status, says.after ? { "retry-after": says.after } : {}).end();
  }
  if (request.url.startsWith("/notify/")) {
    const { ttl, urgency, topic } = request.headers;
    heads.push({ ttl, urgency, topic });
  }
  if (request.url === "/heads") return response.end(JSON.stringify(heads.splice(0)));
  return server._app(request, response);
});
const heads = [];
app.listen(0, "127.0.0.1", () => {
  const { port } = app.address();
  model.notifyUrl = `http://127.0.0.1:${port}/notify/`;
  console.log(port);
});
process.stdin.on("end", () => process.exit(0)).resume();
