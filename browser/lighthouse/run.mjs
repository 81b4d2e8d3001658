// Lighthouse on the patients' pages, as a phone on a slow line: performance, accessibility, best practices. Prints the
// scores beside their aims; `make bench-pages` runs it, no test does.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse from "lighthouse";
import { FLAGS, CHROMIUM, startDemo } from "../demo.mjs";
import { PAGES } from "../pages.mjs";
import { createRequire } from "node:module";
import { createServer } from "node:net";

const { chromium } = createRequire(new URL("../package.json", import.meta.url))("playwright-core");
const AIMS = { performance: 98, accessibility: 100 };

/** A port that nobody has now. */
const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => done(port)); });
});

const demo = await startDemo();
const profile = await mkdtemp(join(tmpdir(), "throughline-lighthouse-"));
const port = await freePort();
const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: [...FLAGS, `--remote-debugging-port=${port}`] });
try {
  for (const it of PAGES.filter((p) => p.patient && !p.refused)) {
    const page = await context.newPage();
    await it.go(page, demo);
    const url = page.url();
    await page.close();
    // The session's cookie stays: what is measured is the page behind the second factor.
    const found = await lighthouse(url, { port, logLevel: "error", disableStorageReset: true, onlyCategories: Object.keys(AIMS) });
    const scores = Object.entries(AIMS).map(([name, aim]) => {
      const score = Math.round((found.lhr.categories[name].score ?? 0) * 100);
      return `${name} ${score} (aim ${aim}: ${score >= aim ? "met" : "MISSED"})`;
    });
    const lcp = found.lhr.audits["largest-contentful-paint"].numericValue;
    console.log(`${it.name.padEnd(12)} ${scores.join(", ")}, LCP ${Math.round(lcp)} ms`);
  }
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
  await demo.stop();
}
