// Reads a JSON string a line; says how many segments it has and in which alphabet, by the npm package.
const { SegmentedMessage } = require("sms-segments-calculator");
const readline = require("readline");

let out = [];
const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const counted = new SegmentedMessage(JSON.parse(line), "auto", false);
  out.push(`${counted.segments.length} ${counted.encodingName}`);
  if (out.length >= 1000) {
    process.stdout.write(out.join("\n") + "\n");
    out = [];
  }
});
lines.on("close", () => { if (out.length) process.stdout.write(out.join("\n") + "\n"); });
