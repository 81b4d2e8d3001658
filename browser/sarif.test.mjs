// What `check --format sarif` writes, against the schema of SARIF 2.1.0 as its tools ship it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const Ajv = require("ajv");
const binary = process.env.THROUGHLINE_BIN ?? new URL("../target/debug/throughline", import.meta.url).pathname;
const pathways = new URL("../pathways/", import.meta.url);

function validator() {
  const schema = JSON.parse(readFileSync(require.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
  // The schema is of draft 4; its formats (uri, date-time) are checked too.
  const ajv = new Ajv({ schemaId: "auto", meta: false, allErrors: true, format: "full", unknownFormats: "ignore" });
  ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
  return ajv.compile(schema);
}

// What the command says of a folder with the shipped story, changed.
function sarif(change) {
  const folder = mkdtempSync(join(tmpdir(), "throughline-sarif-"));
  try {
    const text = readFileSync(new URL("post-surgical-follow-up.yaml", pathways), "utf8");
    writeFileSync(join(folder, "a wound, ä.yaml"), change(text));
    const run = spawnSync(binary, ["check", "--format", "sarif", folder], { encoding: "utf8" });
    assert.equal(run.error, undefined);
    return JSON.parse(run.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a log with findings, and one without, fits the schema", () => {
  const fits = validator();
  const ways = [
    (text) => text,
    (text) => text.replace("rx.as_needed", "rx.as_neded").replace("owner:", "owner: x\nowner:"),
    () => "pathway: [",
    () => "",
  ];
  let results = 0;
  for (const way of ways) {
    const log = sarif(way);
    assert.equal(fits(log), true, JSON.stringify(fits.errors, null, 1));
    results += log.runs[0].results.length;
  }
  assert.ok(results >= 3, `${results} findings`);
});

test("the schema refuses what is no log", () => {
  const fits = validator();
  const log = sarif(() => "");
  for (const spoil of [
    (l) => delete l.version,
    (l) => (l.runs[0].tool.driver.colour = "red"),
    (l) => (l.runs[0].results[0].level = "bad"),
    (l) => (l.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0),
  ]) {
    const spoilt = structuredClone(log);
    spoil(spoilt);
    assert.equal(fits(spoilt), false);
  }
});
