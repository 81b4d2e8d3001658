// A patient opens Today from the mail's link, passes the birth date, and ticks an item; without scripts too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const BORN = { day: "9", month: "3", year: "1984" };
const FIRST_LOAD_MAX = 40 * 1024;

async function mailbox(page) {
  await page.goto(`${demo.address}/handset`);
  await checkPage(page, "phones");
  await page.goto(`${demo.address}/handset?of=${encodeURIComponent("david.reyes@example.org")}`);
}

async function openToday(page) {
  await mailbox(page);
  const href = await page.locator("#thread a[href*='/t/']").first().getAttribute("href");
  await page.goto(href);
}

async function answer(page, born) {
  for (const [part, value] of Object.entries(born)) await page.locator(`#${part}`).fill(value);
  await page.getByRole("button", { name: "Continue" }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test(`Today is opened from the mail and an item is ticked, scripts ${javaScriptEnabled}`, async () => {
    const page = await openPage(browser, { javaScriptEnabled });
    if (javaScriptEnabled) {
      await openToday(page);
      await checkPage(page, "the question");
      assert.doesNotMatch(await page.innerText("body"), /David|surgery|medicine/i, "nothing is shown before");
      await answer(page, { ...BORN, day: "10" });
      await page.getByRole("alert").waitFor();
      await checkPage(page, "the question, wrong");
    } else {
      await page.goto(`${demo.address}/handset?of=${encodeURIComponent("david.reyes@example.org")}`);
      await page.locator("#thread a[href*='/t/']").first().click();
    }
    await answer(page, BORN);
    await page.getByRole("heading", { name: "Your checklist" }).waitFor();
    if (javaScriptEnabled) await checkPage(page, "Today");

    const ticks = page.getByRole("button", { name: /^Mark as done/ });
    const left = await ticks.count();
    assert.ok(left > 0, "there are items to tick");
    const box = await ticks.first().boundingBox();
    assert.ok(box.width >= 44 && box.height >= 44, "large enough for a thumb");
    await ticks.first().click();
    await page.getByRole("status").waitFor();
    assert.equal(await ticks.count(), left - 1);
    assert.equal(await page.getByRole("button", { name: /^Done. Undo/ }).count() > 0, true);
    await page.context().close();
  });
}

test("the first load of Today is small", async () => {
  const page = await openPage(browser);
  await openToday(page);
  let bytes = 0;
  page.on("response", async (response) => { bytes += (await response.body().catch(() => "")).length; });
  await answer(page, BORN);
  await page.getByRole("heading", { name: "Your checklist" }).waitFor();
  await page.waitForLoadState("networkidle");
  assert.ok(bytes > 0 && bytes <= FIRST_LOAD_MAX, `${bytes} bytes`);
});

test("the phone, the demo's page and the way out of mails", async () => {
  const page = await openPage(browser);
  await mailbox(page);
  await checkPage(page, "mailbox");
  await page.getByRole("link", { name: "Unsubscribe" }).first().click();
  await page.getByRole("button", { name: "Stop e-mails" }).waitFor();
  await checkPage(page, "unsubscribe");
  await page.getByRole("button", { name: "Stop e-mails" }).click();
  await page.getByRole("status").waitFor();
  await page.goto(`${demo.address}/demo`);
  await page.getByRole("heading", { name: /same operation/ }).waitFor();
  await checkPage(page, "demo");
  await page.goto(`${demo.address}/t/nonsense`);
  await checkPage(page, "a link that is none");
});
