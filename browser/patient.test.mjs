// A patient opens Today from the mail's link, passes the birth date, and ticks an item; without scripts too. Every page in
// every state is held against axe, a thumb, a keyboard, a small screen and a slow line.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, openPage, startBrowser, startDemo } from "./demo.mjs";
import { answer, BORN, linkOf, MAILBOX, MOBILE, onToday } from "./today.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const FIRST_LOAD_MAX = 40 * 1024;
const NEXT_LOAD_MAX = 10 * 1024;
const SCRIPT_MAX = 4 * 1024;
const TARGET_MIN = 44;
const WRONG = { ...BORN, day: "10" };

/** Everything that can be pressed is large enough for a thumb; a box counts with its label. */
async function checkTargets(page, name) {
  await page.setViewportSize({ width: 360, height: 800 });
  const small = await page.evaluate((min) => {
    const shown = (el) => el.getClientRects().length > 0 && !el.closest(".nhsuk-skip-link");
    const all = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")].filter(shown);
    const box = (el) => {
      const label = el.type === "checkbox" ? document.querySelector(`label[for="${el.id}"]`) : null;
      const rects = [el, label].filter(Boolean).map((e) => e.getBoundingClientRect());
      const edge = (f, key) => Math[f](...rects.map((r) => r[key]));
      return [edge("max", "right") - edge("min", "left"), edge("max", "bottom") - edge("min", "top")];
    };
    return all.map((el) => [el.outerHTML.slice(0, 90), ...box(el)]).filter(([, w, h]) => w < min - 0.5 || h < min - 0.5);
  }, TARGET_MIN);
  assert.deepEqual(small, [], `targets on ${name}`);
}

/** No sideways scroll at 320 px, nor at 400 % of 1280 × 1024 (which is 320 × 256). */
async function checkReflow(page, name) {
  for (const [width, height] of [[320, 640], [320, 256]]) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px at ${width} × ${height}`);
  }
}

async function checkAll(page, name) {
  await checkPage(page, name);
  await checkTargets(page, name);
  await checkReflow(page, name);
  const untagged = await page.evaluate(() => document.documentElement.lang);
  assert.match(untagged, /^(en|es)$/, name);
  await page.setViewportSize({ width: 360, height: 800 });
}

for (const javaScriptEnabled of [true, false]) {
  test(`Today is opened from the mail and an item is ticked, scripts ${javaScriptEnabled}`, async () => {
    const page = await openPage(browser, { javaScriptEnabled });
    const link = await linkOf(demo, page);
    await page.goto(link);
    assert.doesNotMatch(await page.innerText("body"), /David|surgery|medicine/i, "nothing is shown before");
    await answer(page, WRONG);
    await page.getByRole("alert").waitFor();
    await answer(page);
    await page.getByRole("heading", { name: "Your checklist" }).waitFor();
    const ticks = page.getByRole("button", { name: /^Mark as done/ });
    const left = await ticks.count();
    assert.ok(left > 0, "there are items to tick");
    await ticks.first().click(); // One click.
    await page.getByRole("status").first().waitFor();
    assert.equal(await ticks.count(), left - 1);
    assert.ok(await page.getByRole("button", { name: /^Done. Undo/ }).count() > 0);
    await page.getByRole("link", { name: "Contact" }).click(); // Two clicks to opt out.
    await page.getByRole("button", { name: "Stop all automated calls" }).click();
    await page.getByText("You stopped automated calls from us.").waitFor();
    assert.ok(await page.locator("#voice-care").isDisabled(), "a stopped way takes no choice");
    await page.getByRole("button", { name: "Call me again" }).click();
    await page.getByRole("link", { name: "What's next" }).click();
    await page.getByText("A nurse calls you to ask how you are.").waitFor();
    await page.getByRole("link", { name: "Today" }).click();
    await page.getByRole("button", { name: "Close this page on this phone" }).click();
    await page.getByRole("heading", { name: "This page is closed" }).waitFor();
    await page.goto(link);
    await page.getByRole("heading", { name: "What is your date of birth?" }).waitFor();
    await page.context().close();
  });
}

test("every page and state: axe, targets, reflow, both themes", async () => {
  const page = await openPage(browser);
  const link = await linkOf(demo, page);
  await page.goto(link);
  await checkAll(page, "the question");
  await page.getByText("This is not me").click();
  await checkAll(page, "the question, not me");
  await answer(page, WRONG);
  await page.getByRole("alert").waitFor();
  await checkAll(page, "the question, wrong");
  await page.goto(link);
  await answer(page);
  await page.locator("#checklist").waitFor();
  await page.locator("#keep-box").waitFor();
  await checkAll(page, "Today");
  for (const place of ["contact", "next", "offline"]) {
    await page.goto(`${link}/${place}`);
    await checkAll(page, place);
  }
  await page.goto(`${link}/contact`);
  await page.getByRole("button", { name: "Stop all e-mails" }).click();
  await page.getByRole("button", { name: "Start the break" }).click();
  await page.getByText("On a break").waitFor();
  await checkAll(page, "contact, stopped and paused");
  await page.getByRole("button", { name: "End the break now" }).click();
  await page.getByRole("button", { name: "E-mail me again" }).click();
  await page.getByRole("button", { name: "Español" }).click();
  await page.getByRole("heading", { name: "Cómo le contactamos" }).waitFor();
  await checkAll(page, "contact in Spanish");
  await page.goto(link);
  await checkAll(page, "Today in Spanish");
  await page.goto(`${link}/contact`);
  await page.getByRole("button", { name: "English" }).click();
  await page.goto(`${demo.address}/t/nonsense`);
  await checkAll(page, "a link that is none");
  await page.goto(link);
  await page.getByRole("button", { name: "Close this page on this phone" }).click();
  await checkAll(page, "closed");
  await page.context().close();
});

test("the keyboard alone: the question, a tick, and focus that is seen", async () => {
  const page = await openPage(browser, { viewport: { width: 360, height: 800 } });
  await page.goto(await linkOf(demo, page));
  const seen = () => page.evaluate(() => {
    const el = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow, backgroundColor } = getComputedStyle(el);
    return { id: el.id, name: el.name ?? "", text: el.textContent.trim(), visible: outlineStyle !== "none" && outlineWidth !== "0px" || boxShadow !== "none" || backgroundColor === "rgb(255, 235, 59)" };
  });
  const to = async (is) => {
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press("Tab");
      const now = await seen();
      assert.ok(now.visible, `focus is seen on ${JSON.stringify(now)}`);
      if (is(now)) return;
    }
    assert.fail("the keyboard does not get there");
  };
  await page.keyboard.press("Tab");
  assert.equal((await seen()).text, "Skip to the content");
  await to((el) => el.id === "born-day");
  await page.keyboard.type(BORN.day);
  await to((el) => el.id === "born-month");
  await page.keyboard.type(BORN.month);
  await to((el) => el.id === "born-year");
  await page.keyboard.type(BORN.year);
  await page.keyboard.press("Enter");
  await page.locator("#checklist").waitFor();
  const undone = page.getByRole("button", { name: /^Mark as done/ });
  const left = await undone.count();
  await to((el) => el.text.startsWith("Mark as done"));
  await page.keyboard.press("Space");
  await page.waitForURL(/did=ticked/);
  assert.equal(await undone.count(), left - 1);
  await page.context().close();
});

test("the first load is small, the next ones smaller", async () => {
  const page = await openPage(browser);
  const link = await linkOf(demo, page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  let bytes = 0;
  const scripts = new Map();
  cdp.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  page.on("response", async (response) => {
    if (/\.js$/.test(response.url())) scripts.set(response.url(), (await response.body().catch(() => "")).length);
  });
  const load = async (act) => {
    bytes = 0;
    await act();
    await page.waitForLoadState("networkidle");
    return bytes;
  };
  let first = await load(() => page.goto(link));
  first += await load(() => answer(page));
  await page.locator("#checklist").waitFor();
  assert.ok(first > 2000 && first <= FIRST_LOAD_MAX, `first load, the question and Today: ${first} bytes`);
  for (const place of ["/contact", "/next", ""]) {
    const next = await load(() => page.goto(link + place));
    assert.ok(next > 500 && next <= NEXT_LOAD_MAX, `${place}: ${next} bytes`);
  }
  await page.locator("#keep").check();
  await page.getByText("A copy is kept").waitFor();
  const worker = (await (await fetch(`${demo.address}/t/sw.js`)).text()).length;
  const script = [...scripts.values()].reduce((a, b) => a + b, 0) + worker;
  assert.ok(script > 0 && script <= SCRIPT_MAX, `${script} bytes of script`);
  await page.context().close();
});

test("the offline copy is off by default, of the checklist alone, and goes when the page is closed", async () => {
  const { page, link } = await onToday(demo, browser, { viewport: { width: 360, height: 800 } });
  const copies = () => page.evaluate(async () => (await (await caches.open("today")).keys()).map((r) => new URL(r.url).pathname));
  assert.equal(await page.locator("#keep").isChecked(), false);
  assert.deepEqual(await copies(), [], "nothing is kept unasked");
  await page.locator("#keep").check();
  await page.getByText("A copy is kept").waitFor();
  const path = new URL(link).pathname;
  const kept = await copies();
  assert.ok(kept.length === 2 && kept.includes(path) && kept.some((p) => p.endsWith(".css")), String(kept));
  await page.goto(`${link}/contact`);
  await page.goto(link);
  // The worker has taken over and has written its copy: a slow machine takes its time.
  await page.waitForFunction(async () => navigator.serviceWorker.controller !== null && (await (await caches.open("today")).keys()).length === 2);
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  // Chromium's worker may be between two lives when the network goes: a reader taps again, and so does this.
  for (let n = 1; ; n += 1) {
    try { await page.reload(); break; } catch (error) { if (n === 5) throw error; await new Promise((go) => setTimeout(go, 1000)); }
  }
  await page.getByText(/You are offline. This is your list as of 9:05 am/).waitFor();
  assert.ok(await page.locator(".tasks li").count() > 0);
  assert.equal(await page.locator("form, button").count(), 0, "nothing to tick");
  await checkPage(page, "offline");
  await assert.rejects(page.goto(`${link}/contact`), /ERR_/, "no other page is kept");
  await page.context().setOffline(false);
  await page.goto(`${link}/contact`);
  await page.getByRole("button", { name: "Español" }).click();
  await page.goto(link);
  await page.waitForFunction(async () => (await (await caches.match(location.pathname, { ignoreVary: true }))?.text())?.includes("Su lista de tareas"));
  await page.goto(`${link}/contact`);
  await page.getByRole("button", { name: "English" }).click();
  await page.goto(link);
  await page.getByRole("button", { name: "Close this page on this phone" }).click();
  await page.getByRole("heading", { name: "This page is closed" }).waitFor();
  await page.context().setOffline(true);
  await assert.rejects(page.goto(link), /ERR_/, "the copy is gone");
  await page.context().close();
});

test("the copy goes too when the question is shown again or another link is opened", async () => {
  const { page } = await onToday(demo, browser);
  await page.locator("#keep").check();
  await page.getByText("A copy is kept").waitFor();
  await page.goto(`${demo.address}/t/nonsense`);
  await page.waitForFunction(async () => !(await caches.has("today")));
  await page.context().close();
});

test("on paper: the list, when to call, and nothing to press", async () => {
  const { page } = await onToday(demo, browser);
  await page.emulateMedia({ media: "print" });
  for (const gone of [".places", ".phone", ".notice", "button:not(.tick)", ".nhsuk-skip-link"]) {
    assert.equal(await page.locator(gone).locator("visible=true").count(), 0, gone);
  }
  assert.ok(await page.locator(".tasks li").first().isVisible());
  assert.ok(await page.getByText("your wound bleeds").isVisible());
  await page.context().close();
});

test("a code by text, when the date is locked", async () => {
  const page = await openPage(browser);
  const link = await linkOf(demo, page);
  await page.goto(link);
  for (let i = 0; i < 5; i += 1) await answer(page, WRONG);
  await page.getByRole("heading", { name: "Too many tries" }).waitFor();
  await checkAll(page, "locked");
  await page.getByRole("button", { name: "Text me a code instead" }).click();
  await page.getByRole("heading", { name: "What is the code?" }).waitFor();
  await checkAll(page, "the code");
  await page.getByLabel("What is the code?").fill("1");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").waitFor();
  await checkAll(page, "the code, wrong");
  const phone = await openPage(browser);
  let digits;
  for (let i = 0; i < 50 && !digits; i += 1) {
    await phone.goto(`${demo.address}/handset?of=${encodeURIComponent(MOBILE)}`);
    digits = (await phone.innerText("body")).match(/your code is \/ su clave es (\d{6})\./)?.[1];
  }
  await page.getByLabel("What is the code?").fill(digits);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("#checklist").waitFor();
  await page.context().close();
  await phone.context().close();
});

test("the phone, the demo's page and the way out of mails", async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.address}/handset?of=${encodeURIComponent(MAILBOX)}`);
  await page.locator("a[href*='/unsubscribe']").first().click();
  await page.getByRole("button", { name: "Stop e-mails" }).waitFor();
  await checkAll(page, "unsubscribe");
  await page.getByRole("button", { name: "Stop e-mails" }).click();
  await page.getByRole("status").waitFor();
  await page.context().close();
});
