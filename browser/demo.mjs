// Starts the demo's binary, and browsers on it; checks pages with axe.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

const READY_MS = 60_000;
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
export const WIDTHS = [360, 1400];

/** The demo with its clock held at 9:05 of day 1: `{ address, logins, stop }`. */
export async function startDemo() {
  const binary = process.env.THROUGHLINE_BIN ?? new URL("../target/debug/throughline", import.meta.url).pathname;
  const child = spawn(binary, ["demo", "--port", "0", "--hold"], { stdio: ["ignore", "pipe", "inherit"] });
  const found = { logins: {} };
  let late;
  await new Promise((ready, failed) => {
    late = setTimeout(() => failed(new Error(`the demo was not ready within ${READY_MS} ms`)), READY_MS);
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the demo ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [word, ...rest] = line.split(" ");
      if (word === "address") found.address = rest[0];
      if (word === "login") found.logins[rest[2]] = { name: rest[0], password: rest[1] };
      if (line.startsWith("ready")) ready();
    });
  }).finally(() => clearTimeout(late));
  assert.match(found.address, /^http:\/\/127\.0\.0\.1:\d+$/);
  const stop = () => new Promise((done) => { child.removeAllListeners("exit"); child.once("exit", done); child.kill("SIGTERM"); });
  return { ...found, stop };
}

export const startBrowser = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A page whose every error in script or policy fails the test that asks `errors`. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.errors.push(message.text());
  });
  return page;
}

export async function logIn(page, demo, role) {
  const { name, password } = demo.logins[role];
  await page.goto(`${demo.address}/login`);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  const first = { administrator: "/keys", integrator: "/parked", designer: "/pathways", auditor: "/access" }[role] ?? "/";
  await page.waitForURL(`${demo.address}${first}`);
}

/** No violation of WCAG 2.2 AA or best practice, and no sideways scroll, at each width, light and dark. */
export async function checkPage(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const told = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
      assert.deepEqual(told, [], `axe on ${name} at ${width} px, ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px at ${width} px`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1400, height: 900 });
  assert.deepEqual(page.errors, [], `errors on ${name}`);
}
