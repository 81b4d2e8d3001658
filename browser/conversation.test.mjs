// A nurse writes to David while he writes to her: his text shows at once, and her draft, its cursor and the focus stay.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";
import { davidWrites, shownAfter, toConversation } from "./talk.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

test("a text that comes in shows by itself, and the draft stays as it is", async () => {
  const nurse = await openPage(browser), phone = await openPage(browser);
  await logIn(nurse, demo, "nurse");
  await logIn(phone, demo, "lead");
  await toConversation(nurse, demo);
  await checkPage(nurse, "conversation");

  const field = nurse.locator("#text");
  await field.fill("You can shower tomorrow.");
  await field.evaluate((el) => { el.focus(); el.setSelectionRange(8, 8); });
  // How long it takes is measured by `make bench-pages`.
  for (const text of ["is it ok to drive?", "and to swim?", "and when may I work again?"]) {
    await shownAfter(nurse, phone, demo, text);
  }
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
  await toConversation(nurse, demo);
  await nurse.locator("#text").fill("Half a sen");
  await davidWrites(phone, demo, "STOP");
  await nurse.locator("#to-sms[disabled]").waitFor({ state: "attached", timeout: 5000 });
  assert.match(await nurse.locator("#why-sms").innerText(), /STOP/);
  assert.equal(await nurse.locator("#text").inputValue(), "Half a sen");
  // No other way is chosen for her.
  assert.equal(await nurse.locator("#ways input:checked").count(), 0);
  assert.ok(await nurse.locator("#ways [data-lost]").isVisible());
  await checkPage(nurse, "conversation, after a STOP");
});

test("what came in is new until a nurse marks it as read, by keyboard", async () => {
  const nurse = await openPage(browser), phone = await openPage(browser);
  await logIn(nurse, demo, "nurse");
  await logIn(phone, demo, "lead");
  await toConversation(nurse, demo);
  // Whatever the tests before left.
  if (await nurse.locator("#mark-read").count()) await nurse.locator("#mark-read").click();
  await nurse.locator("#mark-read").waitFor({ state: "detached" });
  await davidWrites(phone, demo, "one more thing");
  await nurse.locator("#new-since").waitFor();
  assert.match(await nurse.locator("#unread").innerText(), /1 new message/);
  await checkPage(nurse, "conversation, with something new");
  await nurse.locator("#mark-read").focus();
  await nurse.keyboard.press("Enter");
  await nurse.locator("#mark-read").waitFor({ state: "detached" });
  assert.equal(await nurse.locator("#new-since").count(), 0);
  assert.deepEqual(nurse.errors, []);
});

test("a related person is written to by the grant that was recorded, by keyboard", async () => {
  const nurse = await openPage(browser);
  await logIn(nurse, demo, "nurse");
  await toConversation(nurse, demo);
  const conversation = nurse.url();
  await nurse.goto(conversation.replace("/conversation", ""));
  await nurse.locator("#give-grant > summary").focus();
  await nurse.keyboard.press("Enter");
  await nurse.locator("#related-name").fill("Ana Reyes");
  await nurse.locator("#related-relation").fill("mother");
  await nurse.locator("#related-phone").fill("+1 212 555 0166");
  await nurse.locator("#scope-all").focus();
  await nurse.keyboard.press("Space");
  await nurse.locator("#give-grant button").focus();
  await nurse.keyboard.press("Enter");
  await nurse.locator("#related-first").waitFor();
  await checkPage(nurse, "person, with a related person");
  await nurse.goto(conversation);
  await nurse.locator("input[value='sms:+12125550166']").focus();
  await nurse.keyboard.press("Space");
  await checkPage(nurse, "conversation, to a related person");
  await nurse.locator("#text").fill("He may shower.");
  await nurse.locator("#send").focus();
  await nurse.keyboard.press("Enter");
  await nurse.locator("#thread .by-staff").getByText("to Ana Reyes (mother)").waitFor();
  assert.deepEqual(nurse.errors, []);
});
