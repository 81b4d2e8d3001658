// A message centre (the SMPP server of the npm package `smpp`) that a test drives: one JSON a line comes in by standard
// input, one a line goes out by standard output. `{"port":0}` on the command line says how it is to behave.
const smpp = require("smpp");
const fs = require("fs");
const readline = require("readline");

const how = JSON.parse(process.argv[2]);
const sessions = new Set();
let serial = how.first_id ?? 1;
let submits = 0;
let waiting = [];
let underWay = 0;

const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const id = (n) => (how.hex ? n.toString(16).toUpperCase() : String(n));

function answer(session, pdu) {
  underWay -= 1;
  const n = serial++;
  const status = (how.statuses ?? {})[n] ?? 0;
  if (how.receipt_first) {
    // It arrived before the centre got round to saying that it has it.
    receipt(session, { id: id(n), ...how.receipt_first });
    setTimeout(() => session.send(pdu.response({ message_id: id(n) })), 600);
    return;
  }
  session.send(pdu.response(status ? { command_status: status } : { message_id: id(n) }));
  if (!status && how.receipts && (pdu.registered_delivery & 3) === 1) receipt(session, { id: how.decimal ? String(n) : id(n) });
}

function receipt(session, { id, stat = "DELIVRD", err = "000", tlv = false, esm = 4 }) {
  const words = `id:${id} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:${stat} err:${err} text:stat:X`;
  const states = { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, REJECTD: 8 };
  const fields = tlv ? { receipted_message_id: String(id), message_state: states[stat], short_message: "" } : { short_message: words };
  deliver(session, { esm_class: esm, source_addr: "12125550119", source_addr_ton: 1, destination_addr: "55501", ...fields });
}

function deliver(session, pdu) {
  const command = new smpp.PDU("deliver_sm", pdu);
  session.send(command, (response) => say({ acknowledged: response.command_status, sequence: response.sequence_number }));
}

function onSession(session) {
  sessions.add(session);
  session.on("error", () => {});
  session.on("close", () => { sessions.delete(session); say({ closed: true }); });
  session.on("bind_transceiver", (pdu) => {
    const good = pdu.system_id === "hub" && pdu.password === "hunter2";
    say({ bind: { system_id: pdu.system_id, system_type: pdu.system_type, version: pdu.interface_version, good } });
    session.send(pdu.response(good ? { system_id: "centre" } : { command_status: smpp.ESME_RBINDFAIL }));
    if (!good) session.close();
  });
  session.on("enquire_link", (pdu) => {
    say({ enquired: true });
    if (!how.mute) session.send(pdu.response());
  });
  session.on("unbind", (pdu) => { say({ unbound: true }); session.send(pdu.response()); session.close(); });
  session.on("submit_sm", (pdu) => {
    underWay += 1;
    const message = pdu.short_message.message;
    const told = {
      source: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr],
      dest: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr],
      coding: pdu.data_coding, registered: pdu.registered_delivery, esm: pdu.esm_class,
      udh: pdu.short_message.udh ? Buffer.concat([].concat(pdu.short_message.udh)).toString("hex") : null,
      text: Buffer.isBuffer(message) ? message.toString("hex") : message, valid_min: Math.round((pdu.validity_period - Date.now()) / 60000), under_way: underWay,
    };
    say({ submit: told });
    submits += 1;
    if ((how.throttle_on ?? []).includes(submits)) {
      underWay -= 1;
      session.send(pdu.response({ command_status: how.busy_status ?? smpp.ESME_RTHROTTLED }));
    } else if (how.hold) {
      waiting.push(() => answer(session, pdu));
    } else if (how.break_after_submit) {
      session.destroy();
    } else {
      answer(session, pdu);
    }
  });
}

const secure = how.tls ? { key: fs.readFileSync(`${how.tls}/key.pem`), cert: fs.readFileSync(`${how.tls}/cert.pem`) } : {};
const server = smpp.createServer(secure, onSession);
server.listen(how.port ?? 0, "127.0.0.1", () => say({ port: server.address().port }));

const orders = readline.createInterface({ input: process.stdin });
orders.on("line", (line) => {
  const order = JSON.parse(line);
  const session = [...sessions][0];
  if (order.answer) { const some = waiting.splice(0, order.answer); some.forEach((go) => go()); }
  if (order.receipt) receipt(session, order.receipt);
  if (order.text) {
    const { text, from = "12125550119", ton = 1, udh, coding, hex, sar, esm } = order.text;
    const message = hex ? Buffer.from(hex, "hex") : text;
    const short_message = udh ? { udh: Buffer.from(udh, "hex"), message } : message;
    const more = { ...(coding === undefined ? {} : { data_coding: coding }), ...(sar ?? {}), ...(esm === undefined ? {} : { esm_class: esm }) };
    deliver(session, { source_addr: from, source_addr_ton: ton, source_addr_npi: 1, destination_addr: "55501", short_message, ...more });
  }
  if (order.raw) session.socket.write(Buffer.from(order.raw, "hex"));
  if (order.enquire) session.enquire_link({}, () => say({ alive: true }));
  if (order.unbind) session.unbind({}, () => say({ unbound_answer: true }));
  if (order.break) session.destroy();
});
// Whoever started it has gone.
orders.on("close", () => process.exit(0));
