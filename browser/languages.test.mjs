// Every page says everything in both languages: what reads the same in both is data, and is marked as such.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser, startDemo } from "./demo.mjs";
import { Desks, PAGES, toToday } from "./pages.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

// Words that are the same in English and in Spanish, each for what it stands.
const SAME = new Set(["Throughline", "FHIR", "TOTP", "QR", "CSV", "JSON", "YAML", "API", "Error", "No", "total", "Total"]);

/** What a page says, in the language that it says it is in: texts and spoken attributes, without data. */
function saidOn() {
  const own = document.documentElement.lang;
  const out = new Set();
  const foreign = (el) => {
    const marked = el.closest("[lang], [translate=no], pre, code, kbd, svg title");
    return marked !== null && !(marked === document.documentElement || (marked.lang === own && marked.translate !== false));
  };
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const el = node.parentElement;
    // The title of a page whose heading is data: "David Reyes – Northside Health".
    const ofData = el.tagName === "TITLE" && [...document.querySelectorAll("h1, h1 *")].some((h) => foreign(h) && node.data.startsWith(h.textContent));
    if (!el.closest("script, style") && !ofData && !foreign(el)) out.add(node.data.replace(/\s+/g, " ").trim());
  }
  for (const el of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]")) {
    if (foreign(el)) continue;
    for (const name of ["aria-label", "placeholder", "title", "alt"]) if (el.hasAttribute(name)) out.add(el.getAttribute(name).trim());
  }
  return [...out].filter((text) => /\p{L}{3}/u.test(text));
}

/** Fails when a text is the same in both languages, or is the name of a string that is missing. */
function compare(name, english, spanish) {
  for (const text of [...english, ...spanish]) assert.ok(!text.includes("⟦"), `${name}: a string is missing: ${text}`);
  const there = new Set(spanish);
  const same = english.filter((text) => there.has(text) && !SAME.has(text));
  assert.deepEqual(same, [], `${name}: the same in both languages, and not marked as data`);
}

test("every page of the care team and of the demo is in both languages", async (t) => {
  const desks = new Desks(browser, demo);
  for (const it of PAGES.filter((p) => !p.patient)) {
    await t.test(it.name, async () => {
      const said = {};
      for (const tongue of ["en", "es"]) {
        const page = await desks.of(it, tongue);
        await it.go(page, demo);
        assert.equal(await page.locator("html").getAttribute("lang"), tongue);
        said[tongue] = await page.evaluate(saidOn);
        assert.ok(said[tongue].length > 3, "the page says something");
      }
      compare(it.name, said.en, said.es);
    });
  }
});

test("every page of the patients is in both languages", async () => {
  const desks = new Desks(browser, demo);
  const pages = PAGES.filter((p) => p.patient && !p.refused);
  const said = {};
  for (const tongue of ["en", "es"]) {
    for (const it of pages) {
      const page = await desks.of(it);
      await it.go(page, demo);
      assert.equal(await page.locator("html").getAttribute("lang"), tongue, it.name);
      said[it.name] = { ...said[it.name], [tongue]: await page.evaluate(saidOn) };
    }
    const page = await desks.of(pages[0]);
    await toToday(page, demo);
    await page.goto(`${page.url().split("?")[0]}/contact`);
    // The language of all that is sent to him, and of his pages.
    await page.getByRole("button", { name: tongue === "en" ? "Español" : "English" }).click();
    await page.waitForURL(/did=/);
  }
  for (const it of pages) compare(it.name, said[it.name].en, said[it.name].es);
});
