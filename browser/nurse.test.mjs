// A nurse finds David's prompt, records the call, and sees the journey move.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const WITH_DAVID = /^David Reyes/;
const PAGES_MAX = 20;

/** The card of a person, on whichever page of the worklist it is. */
async function findCard(page, name) {
  for (let n = 1; n <= PAGES_MAX; n += 1) {
    await page.getByRole("heading", { name: "Worklist" }).waitFor();
    const card = page.locator("li.card").filter({ has: page.getByRole("heading", { name }) }).first();
    if (await card.count()) return card;
    const next = page.getByRole("link", { name: "Next page" });
    assert.ok(await next.count(), `${name} is on none of ${n} pages`);
    await Promise.all([page.waitForURL(new RegExp(`page=${n + 1}`)), next.click()]);
  }
  throw new Error(`${name} is not within ${PAGES_MAX} pages`);
}

test("the prompt is found, claimed, completed and corrected, and the journey moves", async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.address}/login`);
  await checkPage(page, "login");
  await logIn(page, demo, "nurse");
  const card = await findCard(page, WITH_DAVID);
  assert.match(await card.innerText(), /the day after surgery/);
  await checkPage(page, "worklist");

  await card.getByRole("button", { name: /I take this/ }).click();
  await page.getByRole("heading", { name: "What happened?" }).waitFor();
  assert.match(await page.locator("#work").innerText(), /No answer – attempt 2 of 3, asked again/);
  await checkPage(page, "prompt");
  const prompt = page.url();

  await page.getByRole("link", { name: "← David Reyes" }).click();
  const steps = page.locator(".steps");
  await steps.waitFor();
  const before = await steps.innerText();
  assert.match(before, /check/i);
  await checkPage(page, "person");

  await page.goto(prompt);
  await page.getByLabel(/^Reached/).check();
  for (const box of await page.locator("#work fieldset.inline").all()) {
    const about = await box.locator("legend").innerText();
    await box.getByLabel(/reach|answer/i.test(about) ? "Yes" : "No", { exact: true }).check();
  }
  for (const box of await page.locator("#work input[type=number]").all()) await box.fill("2");
  for (const box of await page.locator("#work fieldset select").all()) await box.selectOption({ index: 1 });
  await page.getByLabel("Note for the team").fill("Feels well, dressing dry");
  await page.getByRole("button", { name: "Save outcome" }).click();
  await page.getByRole("heading", { name: "What happened", exact: true }).waitFor();
  assert.match(await page.locator("#outcome").innerText(), /Reached/);
  await checkPage(page, "prompt, done");

  await page.getByRole("link", { name: "← David Reyes" }).click();
  await page.locator("#timeline").getByText("Outcome: done").first().waitFor();
  assert.notEqual(await page.locator(".steps").innerText(), before, "the journey has moved");

  await page.goto(prompt);
  await page.getByText("Correct this outcome").click();
  await page.getByLabel(/^No answer/).check();
  await page.getByLabel("Note for the team").fill("That was his brother");
  await checkPage(page, "correction");
  await page.getByRole("button", { name: "Save the correction" }).click();
  await page.getByRole("link", { name: "← David Reyes" }).click();
  await page.locator("#timeline").getByText("Outcome corrected: no answer").first().waitFor();
});

test("why a message was sent is told, and other pages are sound", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}/people?q=reyes`);
  await checkPage(page, "search");
  await page.getByRole("link", { name: WITH_DAVID }).click();
  await page.locator("#timeline .ours .why").first().click();
  await page.getByRole("heading", { name: "Why", exact: true }).waitFor();
  await checkPage(page, "message");
  await page.goto(`${demo.address}/pathways`);
  await checkPage(page, "pathways");
  await page.goto(`${demo.address}/people/nonsense`);
  await checkPage(page, "not found");

  const admin = await openPage(browser);
  await logIn(admin, demo, "administrator");
  for (const path of ["parked", "keys", "accounts", "access"]) {
    await admin.goto(`${demo.address}/${path}`);
    await checkPage(admin, path);
  }
});

test("the worklist lives: another's claim shows by itself, and a draft stays", async () => {
  const one = await openPage(browser), two = await openPage(browser);
  await logIn(one, demo, "nurse");
  await logIn(two, demo, "lead");
  const name = await one.locator("li.card button", { hasText: "I take this" }).first().getAttribute("id");
  await one.locator(`#${name}`).waitFor();
  await two.locator(`#${name}`).click();
  await one.locator(`#${name}`).waitFor({ state: "detached", timeout: 5000 });
  assert.match(await one.locator("#cards").innerText(), /Taken by lead/);
  assert.deepEqual(one.errors, []);
});
