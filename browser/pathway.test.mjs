// The pathway as it runs: its picture, the equal table, its text, and the people behind a count.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const PATHWAY = "/pathways/post-surgical-follow-up";

test("the list leads to the picture, and every view passes axe at both widths and themes", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}/pathways`);
  await checkPage(page, "pathways");
  await page.getByRole("link", { name: "Follow-up after day surgery" }).click();
  await page.getByRole("heading", { name: "Follow-up after day surgery" }).waitFor();
  await checkPage(page, "picture");
  for (const view of ["Table", "Text"]) {
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view }).click();
    await page.waitForURL(new RegExp(`view=${view.toLowerCase()}`));
    await checkPage(page, view);
  }
  await page.goto(`${demo.address}/pathways/standing-red-flag`);
  await checkPage(page, "a standing pathway");
  await page.goto(`${demo.address}${PATHWAY}/versions`);
  await checkPage(page, "what changed");
  await page.goto(`${demo.address}${PATHWAY}/steps/nurse_call%2Fcheck/people`);
  await checkPage(page, "people at a step");
});

test("in a real browser no box or words overlap, and no words are cut off, in either language", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  for (const language of ["en", "es"]) {
    await page.context().addCookies([{ name: "tl_lang", value: language, url: demo.address }]);
    await page.goto(`${demo.address}${PATHWAY}`);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    const wrong = await page.evaluate(() => {
      const out = [];
      for (const svg of document.querySelectorAll(".drawing svg")) {
        const rects = [...svg.querySelectorAll(".box > a:first-of-type > rect, .finish > rect, a.to > rect, .words > rect")];
        const boxes = rects.map((el) => el.getBoundingClientRect());
        boxes.forEach((a, n) => boxes.slice(n + 1).forEach((b) => {
          const over = a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
          if (over) out.push(`overlap in ${svg.getAttribute("aria-labelledby")}`);
        }));
        const frame = svg.getBoundingClientRect();
        for (const text of svg.querySelectorAll("text")) {
          const own = text.closest("g")?.querySelector("rect") ?? text.closest("a")?.querySelector("rect");
          const [t, r] = [text.getBoundingClientRect(), own.getBoundingClientRect()];
          if (t.left < r.left - 1 || t.right > r.right + 1 || t.right > frame.right) out.push(`“${text.textContent}” is wider than its box`);
        }
        for (const box of svg.querySelectorAll(".box")) {
          const [number, ...others] = [box.querySelector(".place text"), ...box.querySelectorAll(".name, .counts")].map((e) => e.getBoundingClientRect());
          if (others.some((o) => o.right > number.left && o.left < number.right && o.top < number.bottom - 2 && number.top < o.bottom - 2)) out.push(`the line's number is written over in ${box.id}`);
        }
      }
      return out;
    });
    assert.deepEqual(wrong, [], language);
  }
});

test("the picture is walked by the keyboard, each box says how many are here", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}${PATHWAY}`);
  const steps = await page.locator("#picture .box").evaluateAll((all) => all.map((e) => e.dataset.step));
  assert.ok(steps.length > 20, `${steps.length} steps`);
  const rows = await page.locator("#steps tr[data-step]").evaluateAll((all) => all.map((e) => e.dataset.step));
  assert.deepEqual(steps, rows, "picture and table have the same steps in the same order");

  await page.locator("#n-start a").focus();
  const walked = [];
  for (let n = 0; n < steps.length * 4 && walked.length < steps.length; n += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const el = document.activeElement;
      const seen = getComputedStyle(el.querySelector("rect") ?? el);
      return { box: el.matches(".box > a:first-of-type") && el.parentElement.dataset.step, name: el.getAttribute("aria-label"), outline: seen.outlineStyle, width: parseFloat(seen.outlineWidth) };
    });
    if (!at.box) continue;
    assert.match(at.name, /, (\d+ people|1 person) here now$/, at.name);
    assert.ok(at.outline === "solid" && at.width >= 2, "focus is seen");
    walked.push(at.box);
  }
  assert.deepEqual(walked, steps, "in the order of the steps");
});

test("a click on a count opens exactly those people", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}${PATHWAY}`);
  const box = page.getByRole("link", { name: /^Check, \d+ people here now$/ }).first();
  const here = Number((await box.getAttribute("aria-label")).match(/(\d+) people/)[1]);
  assert.ok(here > 1, `${here} wait for a call`);
  const inTable = await page.locator("#row-nurse_call--check .num a").first().innerText();
  assert.equal(Number(inTable), here, "the table says the same");
  await box.click();
  await page.getByRole("heading", { name: "Check" }).waitFor();
  const people = new Set();
  for (let n = 0; n < 10; n += 1) {
    for (const id of await page.locator("tr[data-person]").evaluateAll((all) => all.map((e) => e.dataset.person))) people.add(id);
    const next = page.getByRole("link", { name: "Next page" });
    if (!(await next.count())) break;
    const url = page.url();
    await next.click();
    await page.waitForURL((now) => now.href !== url);
  }
  assert.equal(people.size, here, "as many as the count said");
});

test("a step leads to its line and back, and who may see no people is led to none", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}${PATHWAY}`);
  await page.getByRole("link", { name: /^Check: line \d+ of the text$/ }).first().click();
  await page.waitForURL(/view=text#L\d+$/);
  const line = page.locator(".code .l:target");
  assert.match(await line.innerText(), /prompt: check/);
  await line.getByRole("link").click();
  await page.waitForURL(/view=picture#n-nurse_call--check$/);

  await page.setViewportSize({ width: 320, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, "at 320 px the page does not scroll sideways");

  const other = await openPage(browser);
  await logIn(other, demo, "administrator");
  await other.goto(`${demo.address}${PATHWAY}`);
  assert.match(await other.locator("#head").innerText(), /\d+ people on it now/);
  assert.equal(await other.locator("main a[href*='/people']").count(), 0);
  const refused = await other.request.get(`${demo.address}${PATHWAY}/steps/nurse_call%2Fcheck/people`);
  assert.equal(refused.status(), 403);
});
