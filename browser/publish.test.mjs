// A version is published from the console: read from a file, looked at, confirmed by the keyboard, and put back.
import assert from "node:assert/strict";
import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

let demo, browser, folder;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  folder = await mkdtemp(join(tmpdir(), "throughline-publish-"));
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  if (folder) await rm(folder, { recursive: true });
});

/** The shipped pathway with another wait, approved, its review far away. */
async function changed() {
  const shipped = await readFile(new URL("../pathways/standing-stop.yaml", import.meta.url), "utf8");
  const approved = "owner: privacy-office\napproved: { by: Dr. Ana Ruiz, role: privacy officer, on: 2026-01-02 }\nreview_by: 2099-01-01\n";
  const text = shipped.replace("owner: privacy-office\n", approved).replace("wait: 1 minute", "wait: 2 minutes");
  assert.notEqual(text, shipped);
  const file = join(folder, "standing-stop.yaml");
  await writeFile(file, text);
  return { file, text };
}

/** Presses Tab until something has the focus; it is seen. */
async function tabTo(page, locator) {
  for (let n = 0; n < 80; n += 1) {
    if (await locator.evaluate((el) => el === document.activeElement)) {
      const width = await locator.evaluate((el) => parseFloat(getComputedStyle(el).outlineWidth));
      assert.ok(width >= 2, "focus is seen");
      return;
    }
    await page.keyboard.press("Tab");
  }
  assert.fail("the keyboard does not get there");
}

test("a file is looked at, published by the keyboard, and the older version put back", async () => {
  const page = await openPage(browser);
  await logIn(page, demo, "designer");
  await page.locator("#publish-link").click();
  await page.getByRole("heading", { name: "Publish a version" }).waitFor();
  await checkPage(page, "the form");
  const { file, text } = await changed();
  await page.getByLabel("File of the pathway").setInputFiles(file);
  await page.waitForFunction(() => document.getElementById("pathway-text").value.length > 0);
  assert.equal(await page.getByLabel("Text of the pathway (YAML)").inputValue(), text);
  await page.getByRole("button", { name: "Look at it" }).click();
  await page.locator("#confirm-form").waitFor();
  assert.match(await page.locator("#difference .told").innerText(), /2 minutes/);
  assert.match(await page.locator("#findings .told").innerText(), /standing-stop\.yaml:\d+/, "the file as it is called");
  await checkPage(page, "what is found and would change");
  const publish = page.getByRole("button", { name: "Publish", exact: true });
  await tabTo(page, publish);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${demo.address}/pathways/standing-stop`);
  assert.match(await page.locator("#in-force-since").innerText(), /order 1/);
  assert.match(await page.locator("#approval").innerText(), /Dr\. Ana Ruiz, privacy officer/);
  await checkPage(page, "the pathway's page");

  await page.getByRole("link", { name: /^Put in force again/ }).first().click();
  await page.locator("#confirm-form").waitFor();
  await checkPage(page, "put in force again");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  assert.match(await page.getByRole("alert").first().innerText(), /cannot be put in force/, "nobody approved it: that is to be said");
  await page.getByLabel("I know that it names no clinical approver").check();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.waitForURL(`${demo.address}/pathways/standing-stop`);
  assert.match(await page.locator("#in-force-since").innerText(), /order 2/);
});

test("without scripts the text is pasted, and in Spanish all of it is Spanish", async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });
  await logIn(page, demo, "designer");
  await page.context().addCookies([{ name: "tl_lang", value: "es", url: demo.address }]);
  await page.goto(`${demo.address}/pathways/publish`);
  assert.equal(await page.getByLabel("Archivo de la ruta").isVisible(), false, "a field that nothing reads is not shown");
  const { text } = await changed();
  await page.getByLabel("Texto de la ruta (YAML)").fill(text.replace("2 minutes", "soon"));
  await page.getByRole("button", { name: "Revisarlo" }).click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").innerText(), /No se puede leer/);
  assert.match(await page.locator("#findings .told").innerText(), /TL017/);
});
