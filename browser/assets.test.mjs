// The style that is committed is the one that its sources build, and the examples are those that nhsuk-frontend ships.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const assets = new URL("../assets/", import.meta.url);

test("assets/patient.css is what assets/patient/ builds, without a licensed font or logo", () => {
  assert.ok(existsSync(new URL("node_modules/sass", assets)), "run `npm ci` in assets/ (`make setup-test` does)");
  const { status, stdout, stderr } = spawnSync("npm", ["run", "-s", "check"], { cwd: assets, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  const css = readFileSync(new URL("patient.css", assets), "utf8");
  assert.doesNotMatch(css, /frutiger|@font-face|assets\.nhs\.uk|@import|url\(["']?http/i);
});
