// A nurse writes to David while he writes to her: his text shows at once, and her draft, its cursor and the focus stay.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const PHONE = "+12125550119";
const SHOWN_WITHIN_MS = 500;

/** David's conversation. */
async function toConversation(page) {
  await page.goto(`${demo.address}/people?q=reyes`);
  await page.getByRole("link", { name: /^David Reyes/ }).first().click();
  await page.getByRole("link", { name: "Conversation", exact: true }).click();
  await page.locator("#compose").waitFor();
}

/** David writes from his make-believe phone. */
async function davidWrites(phone, text) {
  await phone.goto(`${demo.address}/handset?of=${encodeURIComponent(PHONE)}`);
  await phone.locator("form textarea, form input[name=text]").first().fill(text);
  const began = Date.now();
  await phone.locator("form").filter({ has: phone.locator("[name=text]") }).getByRole("button").first().click();
  return began;
}

test("a text that comes in shows within half a second, and the draft stays as it is", async () => {
  const nurse = await openPage(browser), phone = await openPage(browser);
  await logIn(nurse, demo, "nurse");
  await logIn(phone, demo, "lead");
  await toConversation(nurse);
  await checkPage(nurse, "conversation");

  const field = nurse.locator("#text");
  await field.fill("You can shower tomorrow.");
  await field.evaluate((el) => { el.focus(); el.setSelectionRange(8, 8); });
  // The median of five: what else the machine does now and then is not what is measured.
  const took = [];
  for (const text of ["is it ok to drive?", "and to swim?", "and when may I work again?", "and to lift?", "and to type?"]) {
    await nurse.evaluate((text) => {
      window.shown = null;
      const seen = new MutationObserver(() => {
        if (window.shown || !document.getElementById("thread").textContent.includes(text)) return;
        window.shown = Date.now();
        seen.disconnect();
      });
      seen.observe(document.getElementById("thread"), { childList: true, subtree: true });
    }, text);
    const began = await davidWrites(phone, text);
    await nurse.locator("#thread").getByText(text).waitFor({ timeout: 10_000 });
    took.push(await nurse.evaluate(() => window.shown) - began);
  }
  const median = [...took].sort((a, b) => a - b)[Math.floor(took.length / 2)];
  console.log(`shown ${took.join(", ")} ms after the button of the phone was pressed, median ${median} ms`);
  assert.ok(median <= SHOWN_WITHIN_MS, `${took.join(", ")} ms`);
  assert.equal(await field.inputValue(), "You can shower tomorrow.");
  assert.deepEqual(await field.evaluate((el) => [el === document.activeElement, el.selectionStart]), [true, 8]);
  await nurse.keyboard.type("may ");
  assert.equal(await field.inputValue(), "You can may shower tomorrow.");
  await checkPage(nurse, "conversation, with a draft");

  // By keyboard alone: the draft is kept over a reload, and sent.
  await nurse.locator("#draft-status", { hasText: /.+/ }).waitFor();
  await nurse.reload();
  assert.equal(await field.inputValue(), "You can may shower tomorrow.");
  await nurse.locator("#send").focus();
  await nurse.keyboard.press("Enter");
  await nurse.locator("#thread .by-staff").getByText("You can may shower tomorrow.").waitFor();
  assert.equal(await field.inputValue(), "");
  assert.deepEqual(nurse.errors, []);
});

test("a STOP that comes in while one writes disables the channel, with the reason", async () => {
  const nurse = await openPage(browser), phone = await openPage(browser);
  await logIn(nurse, demo, "nurse");
  await logIn(phone, demo, "lead");
  await toConversation(nurse);
  await nurse.locator("#text").fill("Half a sen");
  await davidWrites(phone, "STOP");
  await nurse.locator("#to-sms[disabled]").waitFor({ state: "attached", timeout: 5000 });
  assert.match(await nurse.locator("#why-sms").innerText(), /STOP/);
  assert.equal(await nurse.locator("#text").inputValue(), "Half a sen");
  // No other way is chosen for her.
  assert.equal(await nurse.locator("#ways input:checked").count(), 0);
  assert.ok(await nurse.locator("#ways [data-lost]").isVisible());
  await checkPage(nurse, "conversation, after a STOP");
});
