// The demo's home as a visitor lives it: read, step a day, answer David's call, open a why, enter as the nurse.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const MRN = "urn:oid:2.16.840.1.113883.19.5";

/** A key made on the page for it; its secret. */
async function makeKey(scope) {
  const admin = await openPage(browser);
  await logIn(admin, demo, "administrator");
  await admin.goto(`${demo.address}/keys`);
  await admin.locator("#key-name").fill("The test");
  await admin.locator("#key-source").fill("northside");
  const box = admin.locator(`[id="${scope}"]`);
  if (!(await box.isChecked())) await box.check();
  await admin.locator("main form.stack button.primary, main form button.primary").last().click();
  const secret = await admin.locator("#new-key").innerText();
  await admin.context().close();
  return secret;
}

test("the home explains itself on one screen, in both languages, and every event opens to its why", async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.address}/demo`);
  await page.getByRole("heading", { name: /same operation/ }).waitFor();
  const bottom = await page.locator("#david").evaluate((el) => el.getBoundingClientRect().bottom);
  assert.ok(bottom <= 900, `the columns end at ${bottom} px of 900`);
  await checkPage(page, "demo");

  const email = page.locator("#david-story li", { hasText: "An e-mail went out" }).first();
  await email.locator("summary").click();
  assert.match(await email.locator(".why").innerText(), /prefers it/, "the rule is told in words");
  assert.match(await email.locator(".why").innerText(), /Follow-up after day surgery/);
  const began = page.locator("#david-story li", { hasText: "The pathway began" }).first();
  await began.locator("summary").click();
  assert.match(await began.locator(".why").innerText(), /Because\s+Went home/);
  await checkPage(page, "demo, whys open");

  await page.getByRole("button", { name: "Español" }).click();
  await page.getByRole("heading", { name: /misma operación/ }).waitFor();
  const text = await page.locator("main").innerText();
  assert.doesNotMatch(text, /⟦|What the team|went out|Overdue|Reached/);
  await checkPage(page, "demo, Spanish");
  await page.context().close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`David's call is answered on the page, scripts ${javaScriptEnabled}`, async () => {
    const page = await openPage(browser, { javaScriptEnabled });
    await page.goto(`${demo.address}/demo`);
    if (javaScriptEnabled) {
      const secret = await makeKey("events:write");
      const ready = (kind, id) => fetch(`${demo.address}/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/cloudevents+json" },
        body: JSON.stringify({
          specversion: "1.0", id, source: "/test", type: kind, subject: `${MRN}|1001`,
          data: { id: "MedicationRequest/rx-1001", pharmacy: "Main Street Pharmacy" },
        }),
      });
      assert.equal((await ready("medication.ready", "r1")).status, 200);
      // The page hears of it by itself, and the phone rings.
      const answer = page.locator("#calls button", { hasText: "Answer" });
      for (let hour = 0; hour < 6 && !(await answer.count()); hour += 1) {
        await page.waitForTimeout(1500);
        if (!(await answer.count())) await page.getByRole("button", { name: "+1 hour" }).click();
      }
      await answer.waitFor({ timeout: 5000 });
      await checkPage(page, "demo, ringing");
      await answer.click();
      await page.locator("#key-49").waitFor();
      await checkPage(page, "demo, on the line");
      assert.match(await page.locator("#calls").innerText(), /David/i);
      await page.locator("#key-49").click();
      const hangUp = page.locator("#hang-up");
      if (await hangUp.count()) await hangUp.click();
      await page.locator("#david-story li", { hasText: "The call was answered" }).first().waitFor({ timeout: 10_000 });
      assert.deepEqual(page.errors, []);
    } else {
      const before = await page.locator("#clock").innerText();
      await page.getByRole("button", { name: "+1 day" }).click();
      await page.waitForURL(`${demo.address}/demo`);
      assert.notEqual(await page.locator("#clock").innerText(), before);
      await page.locator("#reply").fill("DONE");
      await page.getByRole("button", { name: "Send" }).click();
      await page.waitForURL(`${demo.address}/demo#phone`);
      assert.match(await page.locator("#thread").innerText(), /You wrote[\s\S]*DONE/);
    }
    await page.context().close();
  });
}

test("a day is stepped, the clock runs and pauses, and what the team sees is one click away", async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.address}/demo`);
  const day = async () => Number((await page.locator("#clock strong").innerText()).match(/\d+/)[0]);
  const first = await day();
  await page.getByRole("button", { name: "+1 day" }).click();
  await page.waitForFunction((n) => !document.querySelector("#clock strong").textContent.endsWith(` ${n}`), first);
  assert.equal(await day(), first + 1);
  await page.getByRole("button", { name: "Next event" }).click();
  // A phone that rings makes the clock run at the visitor's own pace: then there is a pause already.
  if (await page.locator("#clock-pause").count()) await page.locator("#clock-pause").click();
  await page.locator("#clock-run").click();
  await page.locator("#clock-pause").click();
  await page.locator("#clock").getByText("stands still").waitFor();

  const cards = page.locator("#team-cards > li");
  assert.ok(await cards.count() >= 5);
  const open = Number(await page.locator("#team-sum strong").first().innerText());
  assert.ok(open >= 40, `${open} prompts are open`);
  assert.ok(Number(await page.locator("#team-sum strong").nth(1).innerText()) > 0, "some are urgent");
  await cards.locator("button").first().click();
  await page.waitForURL(/\/people\/.+\/prompts\//);
  await page.context().close();
});

test("the phones are listed and one is read, in both languages", async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.address}/handset`);
  await page.getByRole("heading", { name: "Phones and mailboxes" }).waitFor();
  await checkPage(page, "phones");
  await page.goto(`${demo.address}/handset?of=${encodeURIComponent("david.reyes@example.org")}`);
  await checkPage(page, "phone");
  await page.getByRole("button", { name: "Español" }).click();
  await page.goto(`${demo.address}/handset?of=${encodeURIComponent("+12125550119")}`);
  await page.getByLabel("Contestar (un mensaje)").waitFor();
  await checkPage(page, "phone, Spanish");
  await page.context().close();
});

test("by the keyboard alone: the clock is stepped and an event opened", async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.address}/demo`);
  await page.locator("#clock-hour").focus();
  const before = await page.locator("#clock time").getAttribute("datetime");
  await page.keyboard.press("Enter");
  await page.waitForFunction((was) => document.querySelector("#clock time").getAttribute("datetime") !== was, before);
  const event = page.locator("#david-story details").first();
  await event.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.equal(await event.evaluate((el) => el.open), true);
  await page.context().close();
});
