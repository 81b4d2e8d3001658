// David is found by a slip and by his number, read, and set right; what was set right stands against the hospital.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

/** Searches, and opens David. */
async function find(page, words) {
  await page.goto(`${demo.address}/people`);
  await page.getByLabel("Find a person").fill(words);
  await page.keyboard.press("Enter");
  await page.locator(".found a", { hasText: "Reyes" }).first().click();
  await page.locator("#timeline").waitFor();
}

/** A key that may write FHIR, made by the administrator. */
async function makeKey() {
  const admin = await openPage(browser);
  await logIn(admin, demo, "administrator");
  await admin.locator("#key-name").fill("correction test");
  await admin.locator("#key-source").fill("northside");
  await Promise.all([admin.waitForLoadState(), admin.locator("form:has(#key-name) button").last().click()]);
  await admin.getByText(/tl_/).first().waitFor();
  const text = await admin.locator("body").innerText();
  await admin.context().close();
  return text.match(/tl_[A-Za-z0-9_]+/)[0];
}

test("a slip and a number find him; the page, the why and the filters are sound", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await page.goto(`${demo.address}/people`);
  await checkPage(page, "search, empty");
  await page.goto(`${demo.address}/people?q=zzzzzz`);
  await page.getByText("Nobody is found.").waitFor();
  await checkPage(page, "search, nobody");
  for (const words of ["Ryees Dvaid", "(212) 555-0119", "0119", "3/9/1984 reyes"]) await find(page, words);
  await checkPage(page, "person");
  for (const name of ["Care", "Said and sent", "Team", "Journey", "Wishes and tasks", "All"]) {
    await page.getByRole("navigation", { name: "Timeline filter" }).getByRole("link", { name, exact: true }).click();
    await page.locator("#timeline li").first().waitFor();
  }
  await checkPage(page, "person, all");
  await page.getByLabel("Only from or by").selectOption({ label: "e-mail" });
  await page.getByRole("button", { name: "Show" }).click();
  await page.locator("#timeline .ours").first().waitFor();

  await page.locator("#timeline .ours .why").first().click();
  await page.getByRole("heading", { name: "Why", exact: true }).waitFor();
  assert.match(await page.locator("#why").innerText(), /Went out by e-mail/);
  await checkPage(page, "message");
  await page.goBack();
  await page.getByRole("link", { name: /^Why was this asked/ }).first().click();
  await page.getByRole("heading", { name: "What led here" }).waitFor();
  assert.match(await page.locator("main").innerText(), /Follow-up after day surgery/);
  await checkPage(page, "prompt, why");
  await page.goBack();
  await page.getByRole("link", { name: "All that the sources sent" }).click();
  await page.locator("table").waitFor();
  await checkPage(page, "resources");
  await page.locator("table a").first().click();
  await page.locator("pre").waitFor();
  await checkPage(page, "one resource");
});

test("what is set right by keyboard stands against a later update, and can be taken back", async () => {
  const key = await makeKey();
  const page = await openPage(browser);
  await logIn(page, demo, "nurse");
  await find(page, "Reyes");
  const person = page.url().split(/[?#]/)[0];
  const raw = await (async () => {
    await page.getByRole("link", { name: "All that the sources sent" }).click();
    await page.locator("table a", { hasText: "Patient/" }).first().click();
    return JSON.parse(await page.locator("pre").innerText());
  })();

  await page.goto(`${person}/correct`);
  await checkPage(page, "correct");
  await page.getByLabel("preferred name").focus();
  await page.keyboard.type("Dave");
  await page.getByRole("button", { name: "Save", exact: true }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("preferred name").inputValue(), "Dave", "nothing typed is lost");
  await checkPage(page, "correct, with an error");
  await page.locator("#why").focus();
  await page.keyboard.type("He said so by phone");
  await page.keyboard.press("Enter");
  await page.locator("#corrections").waitFor();

  await page.goto(`${person}/correct`);
  await page.getByLabel("Phone number or e-mail address").fill("212 555 0177");
  await page.locator("#why-point").fill("His new number");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.locator("#facts").getByText("+12125550177").first().waitFor();
  await page.goto(`${person}/correct`);
  await page.getByRole("button", { name: "Wrong: not theirs +12125550119" }).click();
  await page.locator(".points .off", { hasText: "+12125550119" }).waitFor();

  const answer = await fetch(`${demo.address}/fhir/R4/Patient/${raw.id}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/fhir+json" },
    body: JSON.stringify({ ...raw, maritalStatus: { text: "Married" } }),
  });
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
  await page.waitForTimeout(1000);
  await page.goto(person);
  assert.match(await page.locator("#who-is").innerText(), /Called Dave/);
  await page.locator(".points .off", { hasText: "+12125550119" }).waitFor();
  assert.match(await page.locator("#corrections").innerText(), /corrected by .*the source says:/s);
  await checkPage(page, "person, corrected");
  await find(page, "5550177");
  assert.equal(page.url().split(/[?#]/)[0], person, "found by what is right");

  await page.getByRole("button", { name: /^Take back.*preferred name/ }).click();
  await page.getByRole("button", { name: /^Take back.*preferred name/ }).waitFor({ state: "detached" });
  assert.doesNotMatch(await page.locator("#who-is").innerText(), /Dave\b/);
});

test("the page speaks Spanish", async () => {
  const page = await openPage(browser, { locale: "es-MX" });
  await page.goto(`${demo.address}/login`);
  const { name, password } = demo.logins.nurse;
  await page.locator("[name=name]").fill(name);
  await page.locator("[name=password]").fill(password);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${demo.address}/`);
  await page.goto(`${demo.address}/people?q=reyes`);
  await page.locator(".found a").first().click();
  await page.getByRole("heading", { name: "Cronología" }).waitFor();
  await page.locator("#timeline .ours .why").first().click();
  assert.match(await page.locator("#why").innerText(), /Se envió por correo electrónico/);
  await page.goBack();
  await page.getByRole("link", { name: "Corregir la ficha" }).click();
  await page.getByRole("heading", { name: "Corregir la ficha" }).waitFor();
  await checkPage(page, "correct in Spanish");
});
