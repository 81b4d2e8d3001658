// What sources sent and the door refused: found, checked, mended, replayed, dismissed; parked items linked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const list = (page) => page.locator(".intake > li");

test("a refused body is mended: still wrong, checked, sent in, and both texts stay", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "lead");
  await page.goto(`${demo.address}/parked`);
  assert.ok(await list(page).count() >= 8, "the demo's sources sent some");
  await checkPage(page, "refused");
  await page.getByRole("link", { name: "Patient.birthDate" }).first().click();
  await page.getByRole("heading", { name: "Refused at the door" }).waitFor();
  const marked = page.locator(".source .marked").first();
  assert.match(await marked.innerText(), /birthDate/);
  await checkPage(page, "refused item");

  await page.getByRole("button", { name: "Check" }).click();
  await page.locator("#dry.bad").waitFor();
  assert.match(await page.locator("#dry").innerText(), /Still 1 thing to mend/);
  await checkPage(page, "mend, still wrong");

  const text = page.locator("#text");
  await text.fill((await text.inputValue()).replace(/"birthDate": "[^"]*"/, '"birthDate": "1971-05-02"'));
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator("#dry.good").waitFor();
  assert.match(await page.locator("#dry").innerText(), /1 thing would come in[\s\S]*new here/);
  await checkPage(page, "mend, checked");
  await page.getByRole("button", { name: "Send in" }).click();
  await page.getByText(/It became one fact/).waitFor();
  assert.equal(await page.locator("#text").count(), 0, "there is nothing more to mend");
  await page.getByText("What was sent", { exact: true }).click();
  await page.getByText("What went in instead").click();
  assert.match(await page.locator("#mended").innerText(), /1971-05-02/);
  assert.doesNotMatch(await page.locator("#original").innerText(), /"1971-05-02"/);
  await checkPage(page, "mended item");
  await page.goto(`${demo.address}/parked?state=mended`);
  assert.equal(await list(page).count(), 1);
  await page.context().close();
});

test("several of one cause are filtered and dismissed; a reason is asked for", async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });
  await logIn(page, demo, "integrator");
  await page.getByRole("link", { name: /all 2 of this cause.*telecom/ }).first().click();
  assert.equal(await list(page).count(), 2);
  for (const box of await list(page).locator("input[type=checkbox]").all()) await box.check();
  await page.getByRole("button", { name: "Dismiss the chosen" }).click();
  await page.getByRole("alert").waitFor();
  for (const box of await list(page).locator("input[type=checkbox]").all()) await box.check();
  await page.locator("#bulk-note").fill("The clinic sends them anew");
  await page.getByRole("button", { name: "Dismiss the chosen" }).click();
  await page.getByText("2 items were dismissed.").waitFor();
  await page.goto(`${demo.address}/parked?state=dismissed`);
  await page.locator(".intake h2 a").first().click();
  await page.getByText("The clinic sends them anew").waitFor();
  await page.context().close();

  const bad = await openPage(browser);
  await logIn(bad, demo, "integrator");
  await bad.getByRole("button", { name: "Send the chosen in again" }).click();
  await bad.getByRole("alert").waitFor();
  await checkPage(bad, "nothing chosen");
  await bad.context().close();
});

test("a parked event is searched for, linked to David, and leaves the list", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}/parked?kind=parked`);
  const waiting = await list(page).count();
  assert.ok(waiting >= 2);
  await checkPage(page, "parked");
  await page.locator(".intake h2 a").first().click();
  await page.getByRole("heading", { name: "Say whose it is" }).waitFor();
  await checkPage(page, "parked item");
  await page.locator("#q").fill("reyes david");
  await page.getByRole("button", { name: "Find" }).click();
  await page.locator(".people strong", { hasText: "David Reyes" }).waitFor();
  await checkPage(page, "parked item, found");
  await page.locator("#identifier").fill("urn:no|body");
  await page.getByRole("button", { name: "Link", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await checkPage(page, "parked item, nobody");
  await page.goBack();
  await page.getByRole("button", { name: /It is theirs David Reyes/ }).click();
  await page.getByText("on the person’s line now").waitFor();
  assert.equal(await list(page).count(), waiting - 1);
  await page.goto(`${demo.address}/parked?kind=failed`);
  await checkPage(page, "failed, empty");
  await page.context().close();
});

test("an administrator sees source, place and message only; Spanish is whole", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "administrator");
  await page.goto(`${demo.address}/parked`);
  await page.getByRole("link", { name: "Patient.birthDate" }).first().click();
  await page.getByText("Your role or your sites do not include it").waitFor();
  assert.equal(await page.locator(".source, #text").count(), 0);
  await checkPage(page, "refused item, not shown");
  await page.getByRole("button", { name: "Español" }).click();
  await page.getByRole("heading", { name: "Rechazado al entrar" }).waitFor();
  await checkPage(page, "refused item, Spanish");
  await page.goto(`${demo.address}/parked`);
  assert.doesNotMatch(await page.locator("main").innerText(), /⟦|Refused|Show/);
  await checkPage(page, "refused, Spanish");
  await page.context().close();
});

test("what is refused now shows on an open list by itself", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "integrator");
  const admin = await openPage(browser);
  await logIn(admin, demo, "administrator");
  await admin.goto(`${demo.address}/keys`);
  await admin.locator("#key-name").fill("The test");
  await admin.locator("#key-source").fill("another");
  await admin.locator("main button.primary").last().click();
  const secret = await admin.locator("#new-key").innerText();
  const before = await list(page).count();
  const answer = await fetch(`${demo.address}/fhir/R4`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/fhir+json" },
    body: '{"resourceType": "Patient",',
  });
  assert.equal(answer.status, 400);
  await page.waitForFunction((n) => document.querySelectorAll(".intake > li").length > n, before, { timeout: 5000 });
  assert.deepEqual(page.errors, []);
  await admin.context().close();
  await page.context().close();
});
