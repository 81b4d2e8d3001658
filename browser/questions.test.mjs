// A patient opens the page from the mail and answers the questions of a pathway, one a page; without scripts too, by keys
// alone, with mistakes, and in Spanish. Every state is held against axe, a thumb and a small screen.
import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkPage, openPage, startBrowser, startDemo } from "./demo.mjs";
import { answer, linkOf } from "./today.mjs";

const TARGET_MIN = 44;
const SHIPPED = ["post-surgical-follow-up", "standing-code", "standing-red-flag", "standing-replies", "standing-stop"];
const ASKS = `pathway: after-care
language: 1
title: How is it?
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - after: 14 days
questions:
  how_is_it:
    questionnaire: https://throughline.example/fhir/Questionnaire/how-you-recover
tracks:
  main:
    - wait: day 1 at 08:30
    - ask: how_is_it
      purpose: care
      by: [email, portal]
      deadline: 2 days
      answered: end
      missed: end
words:
  how_is_it:
    en:
      portal: "We have some questions for you."
      email: { subject: "A note from {{ clinic.name }}", text: "We have some questions for you: {{ person.today_link }}" }
    es:
      portal: "Tenemos unas preguntas para usted."
      email: { subject: "Un mensaje de {{ clinic.name }}", text: "Tenemos unas preguntas para usted: {{ person.today_link }}" }
`;

let demo, browser, folder;
before(async () => {
  const from = new URL("../pathways/", import.meta.url).pathname;
  folder = mkdtempSync(join(tmpdir(), "throughline-questions-"));
  for (const name of SHIPPED) copyFileSync(join(from, `${name}.yaml`), join(folder, `${name}.yaml`));
  for (const beside of ["codes", "questionnaires"]) cpSync(join(from, beside), join(folder, beside), { recursive: true });
  writeFileSync(join(folder, "after-care.yaml"), ASKS);
  process.env.THROUGHLINE_PATHWAYS_FOLDER = folder;
  demo = await startDemo();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

/** axe at both widths, targets for a thumb, and no sideways scroll at 320 px. axe is a script itself: without scripts it
 * would wait for ever, and the same page is held against it with them. */
async function checkAll(page, name, scripts = true) {
  if (scripts) await checkPage(page, name);
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
  await page.setViewportSize({ width: 360, height: 800 });
  const small = await page.evaluate((min) => {
    const shown = (el) => el.getClientRects().length > 0 && !el.closest(".nhsuk-skip-link");
    const all = [...document.querySelectorAll("main a, main button, main input:not([type=hidden]), main textarea")].filter(shown);
    const box = (el) => {
      const label = ["radio", "checkbox"].includes(el.type) ? document.querySelector(`label[for="${el.id}"]`) : null;
      const rects = [el, label].filter(Boolean).map((e) => e.getBoundingClientRect());
      const edge = (f, key) => Math[f](...rects.map((r) => r[key]));
      return [edge("max", "right") - edge("min", "left"), edge("max", "bottom") - edge("min", "top")];
    };
    return all.map((el) => [el.outerHTML.slice(0, 90), ...box(el)]).filter(([, w, h]) => w < min - 0.5 || h < min - 0.5);
  }, TARGET_MIN);
  assert.deepEqual(small, [], `targets on ${name}`);
}

async function toQuestions(options = {}) {
  const page = await openPage(browser, options);
  const link = await linkOf(demo, page);
  await page.goto(link);
  assert.doesNotMatch(await page.innerText("body"), /question|pain|wound/i, "nothing of health before the second factor");
  await answer(page);
  await page.waitForURL(link);
  return { page, link };
}

const next = (page) => page.getByRole("button", { name: "Continue" }).click();

for (const scripts of [false, true]) test(`a mistake is told where focus is, and what was typed stays; scripts ${scripts}`, async () => {
  const { page } = await toQuestions({ javaScriptEnabled: scripts });
  await page.getByRole("heading", { name: "5 questions for you" }).waitFor();
  await page.getByRole("button", { name: "Answer now" }).click();
  await page.getByRole("heading", { name: /How strong is your pain/ }).waitFor();
  await checkAll(page, "a number", scripts);
  await page.locator("#answer").fill("twelve");
  await next(page);
  await page.getByRole("alert").waitFor();
  assert.equal(await page.locator("#answer").inputValue(), "twelve");
  assert.match(await page.title(), /^Error: /);
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("told")), "focus is at the mistake");
  await checkAll(page, "a number that is wrong", scripts);
  await page.getByRole("alert").getByRole("link").click();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "answer", "its link leads to the field");
  await page.context().close();
});

test("by the keyboard alone, back and on, to the thanks", async () => {
  const { page, link } = await toQuestions();
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  await page.getByRole("button", { name: "Answer now" }).focus();
  await press("Enter");
  await page.locator("#answer").focus();
  await page.keyboard.type("3");
  await press("Enter");
  await page.getByRole("heading", { name: /Does your wound bleed/ }).waitFor();
  await checkAll(page, "yes or no");
  await next(page);
  await page.getByRole("alert").waitFor();
  await checkAll(page, "yes or no, nothing chosen");
  await page.locator("#answer").focus();
  await press("ArrowDown", "Enter"); // No.
  await page.getByRole("heading", { name: /How does your wound look/ }).waitFor();
  await checkAll(page, "a choice");
  await page.getByRole("link", { name: "Go back" }).click();
  assert.ok(await page.getByRole("radio", { name: "No" }).isChecked(), "what was answered is there");
  await next(page);
  await page.getByLabel("Clean and dry").check();
  await next(page);
  await page.getByRole("heading", { name: /What is your temperature/ }).waitFor();
  // Whoever leaves goes on where they were.
  await page.goto(link);
  await page.getByRole("heading", { name: "2 questions for you" }).waitFor();
  await checkAll(page, "Today with questions");
  await page.getByRole("button", { name: "Answer now" }).click();
  await next(page); // Left out.
  await page.getByRole("heading", { name: /anything else/ }).waitFor();
  await checkAll(page, "a text");
  await page.locator("#answer").fill("I sleep well");
  await next(page);
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  await checkAll(page, "the thanks");
  assert.match(await page.innerText("main"), /911/);
  await page.goto(link);
  assert.equal(await page.getByRole("button", { name: "Answer now" }).count(), 0);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});
