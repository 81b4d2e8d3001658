// From the invitation to the last session: password, authenticator app, recovery code, passkey, logging out everywhere.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { checkPage, logIn, openPage, startBrowser, startDemo } from "./demo.mjs";

const PASSWORD = "quiet otters like warm tea";
// Passkeys belong to a name: the demo's address of numbers has none.
let demo, browser;
before(async () => {
  const started = await startDemo();
  demo = { ...started, address: started.address.replace("127.0.0.1", "localhost") };
  browser = await startBrowser();
});
after(async () => { await browser?.close(); await demo?.stop(); });

/** The code of RFC 6238 for a secret in base 32, some steps from now. */
function code(secret, steps = 0) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** The page as it is, sound in both languages; then in English again. */
async function sound(page, name) {
  await checkPage(page, name);
  const address = page.url();
  await speak(page, "es");
  await page.goto(address);
  assert.equal(await page.locator("html").getAttribute("lang"), "es");
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map((v) => v.id), [], `axe on ${name}, in Spanish`);
  await page.setViewportSize({ width: 360, height: 900 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name}, in Spanish, scrolls sideways by ${wide} px`);
  await page.setViewportSize({ width: 1400, height: 900 });
  await speak(page, "en");
  await page.goto(address);
}

const speak = (page, language) =>
  page.context().addCookies([{ name: "tl_lang", value: language, url: demo.address }]);

async function enterPassword(page, name, password = PASSWORD) {
  await page.goto(`${demo.address}/login`);
  await page.getByLabel("Login name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

const logOut = (page) => page.getByRole("button", { name: "Log out", exact: true }).click();

/** An administrator invites; the link, at the name that passkeys can use. */
async function invite(admin, name, role) {
  await admin.goto(`${demo.address}/accounts`);
  await admin.getByLabel("Login name").fill(name);
  await admin.getByLabel("Shown as").fill("Ann Okafor-Wetherington");
  await admin.getByRole("checkbox", { name: role, exact: true }).check();
  await admin.getByRole("button", { name: "Make the invitation" }).click();
  const link = await admin.locator("#new-link").innerText();
  assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/invite\/[0-9a-f]{64}$/);
  return link.replace("127.0.0.1", "localhost");
}

/** Adds an authenticator app; its secret and the recovery codes. */
async function addApp(page) {
  await page.goto(`${demo.address}/me`);
  await page.getByRole("button", { name: "Add an authenticator app" }).click();
  const secret = await page.locator("#app-secret").innerText();
  await page.getByRole("textbox", { name: "Code of the app" }).fill(code(secret));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  return { secret, codes: await page.locator(".codes code").allInnerTexts() };
}

test("an invited nurse chooses a password by keyboard alone, adds an app, and logs in with it", async () => {
  const admin = await openPage(browser);
  await logIn(admin, demo, "administrator");
  await admin.goto(`${demo.address}/accounts`);
  await sound(admin, "accounts");
  const link = await invite(admin, "ann", "nurse");
  await checkPage(admin, "accounts, with a link");

  const ann = await openPage(browser);
  await ann.goto(link);
  await sound(ann, "invitation");
  // Keyboard alone: from the top of the page to the button.
  await ann.getByLabel("New password").focus();
  await ann.keyboard.type("passwordpassword");
  await ann.keyboard.press("Tab");
  assert.equal(await ann.evaluate(() => document.activeElement.textContent), "Show password");
  await ann.keyboard.press("Space");
  assert.equal(await ann.locator("#new").getAttribute("type"), "text");
  await ann.keyboard.press("Tab");
  await ann.keyboard.press("Enter");
  await ann.getByRole("alert").getByText("easy to guess").waitFor();
  await checkPage(ann, "invitation, refused");
  await ann.getByLabel("New password").focus();
  await ann.keyboard.insertText(PASSWORD);
  await ann.keyboard.press("Enter");
  await ann.getByRole("heading", { name: "My account" }).waitFor();
  await sound(ann, "my account");

  await ann.getByRole("button", { name: "Add an authenticator app" }).click();
  await ann.getByRole("img", { name: "QR code of the app's secret" }).waitFor();
  await sound(ann, "authenticator app");
  await ann.getByRole("textbox", { name: "Code of the app" }).fill("000000");
  await ann.keyboard.press("Enter");
  await ann.getByRole("alert").waitFor();
  await checkPage(ann, "authenticator app, wrong code");
  const { secret, codes } = await addApp(ann);
  assert.equal(codes.length, 8);
  await checkPage(ann, "recovery codes");

  await logOut(ann);
  await enterPassword(ann, "ann", "not the password");
  await ann.getByRole("alert").getByText("not right").waitFor();
  await checkPage(ann, "login, refused");
  await enterPassword(ann, "ann");
  await ann.getByRole("heading", { name: "One more step" }).waitFor();
  await sound(ann, "second factor");
  await ann.getByLabel("Code").fill("000000");
  await ann.keyboard.press("Enter");
  await ann.getByRole("alert").waitFor();
  await checkPage(ann, "second factor, refused");
  await ann.getByLabel("Code").fill(code(secret, 1));
  await ann.keyboard.press("Enter");
  await ann.getByRole("heading", { name: "Worklist" }).waitFor();

  await logOut(ann);
  await enterPassword(ann, "ann");
  await ann.getByLabel("Code").fill(codes[0].toUpperCase());
  await ann.keyboard.press("Enter");
  await ann.getByRole("heading", { name: "Worklist" }).waitFor();
  await ann.goto(`${demo.address}/me`);
  await ann.getByText("7 recovery codes are left").waitFor();

  await ann.goto(link);
  await ann.getByRole("heading", { name: "This link no longer works" }).waitFor();
  await sound(ann, "a link that was used");
  assert.deepEqual([...ann.errors, ...admin.errors], []);
});

test("a passkey is made, asked for, and removed", async () => {
  const admin = await openPage(browser), bob = await openPage(browser);
  await logIn(admin, demo, "administrator");
  await bob.goto(await invite(admin, "bob", "lead"));
  await bob.getByLabel("New password").fill(PASSWORD);
  await bob.keyboard.press("Enter");
  await bob.getByRole("heading", { name: "My account" }).waitFor();

  const devtools = await bob.context().newCDPSession(bob);
  await devtools.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options: { ...options, automaticPresenceSimulation: true } });
  await bob.getByLabel("Name of a new passkey").fill("Work laptop");
  await bob.keyboard.press("Enter");
  await bob.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await bob.locator("#second-h ~ .rows").getByText("Work laptop").first().waitFor();
  await bob.goto(`${demo.address}/me`);
  await sound(bob, "my account, with a passkey");
  // The same key is not made twice.
  await bob.getByLabel("Name of a new passkey").fill("Again");
  await bob.getByRole("button", { name: "Add a passkey" }).click();
  await bob.getByText("The passkey did not work").waitFor();

  await logOut(bob);
  await enterPassword(bob, "bob");
  await bob.getByRole("button", { name: "Use a passkey" }).waitFor();
  await sound(bob, "second factor, with a passkey");
  await bob.getByRole("button", { name: "Use a passkey" }).focus();
  await bob.keyboard.press("Enter");
  await bob.getByRole("heading", { name: "Worklist" }).waitFor();

  await bob.goto(`${demo.address}/me`);
  await bob.getByRole("button", { name: "Remove Work laptop" }).click();
  await bob.getByText("It is removed.").waitFor();
  await logOut(bob);
  await enterPassword(bob, "bob");
  await bob.getByRole("heading", { name: "Worklist" }).waitFor();
  // At an address of numbers a browser has no passkeys: the page says where it has.
  const numbers = await openPage(browser);
  const there = { ...demo, address: demo.address.replace("localhost", "127.0.0.1") };
  await logIn(numbers, there, "nurse");
  await numbers.goto(`${there.address}/me`);
  await numbers.getByRole("link", { name: demo.address }).waitFor();
  assert.deepEqual([...bob.errors, ...numbers.errors], []);
});

test("sessions are seen and ended everywhere; an administrator's pages are sound", async () => {
  const one = await openPage(browser), two = await openPage(browser);
  await logIn(one, demo, "lead");
  await logIn(two, demo, "lead");
  await one.goto(`${demo.address}/me`);
  await one.getByText("Chrome, Linux").first().waitFor();
  await sound(one, "my account, with sessions");
  await one.getByRole("button", { name: "Log out everywhere else" }).click();
  await two.goto(`${demo.address}/people`);
  await two.waitForURL(/\/login/);
  await one.goto(`${demo.address}/me`);
  await one.getByRole("button", { name: "Log out everywhere, here too" }).click();
  await one.waitForURL(/\/login/);

  const admin = await openPage(browser);
  await logIn(admin, demo, "administrator");
  await sound(admin, "keys");
  await admin.getByLabel("What it is for").fill("The hospital's own interface engine, of the second building");
  await admin.getByLabel("Name of the source").fill("hospital");
  await admin.getByRole("button", { name: "Make the key" }).click();
  await admin.locator("#new-key").waitFor();
  await checkPage(admin, "keys, with a new one");
  await admin.goto(`${demo.address}/accounts/nurse`);
  await sound(admin, "an account");
  await admin.goto(`${demo.address}/me/confirm?to=/accounts`);
  await sound(admin, "confirm");
  await admin.goto(`${demo.address}/access`);
  await sound(admin, "access log");
  await admin.getByLabel("What").selectOption({ label: "logged in" });
  await admin.getByRole("button", { name: "Filter" }).click();
  await admin.waitForURL(/what=logged/);
  assert.ok((await admin.locator("tbody tr").count()) >= 3);
  await admin.goto(`${demo.address}/access?who=nobody.at.all`);
  await sound(admin, "access log, empty");
  assert.deepEqual(admin.errors, []);
});

test("who may do what lands where the work is", async () => {
  for (const [role, path] of [["designer", "/pathways"], ["auditor", "/access"], ["integrator", "/parked"]]) {
    const page = await openPage(browser);
    await logIn(page, demo, role);
    assert.equal(new URL(page.url()).pathname, path);
    await page.goto(`${demo.address}/people`);
    assert.match(await page.locator("main").innerText(), /needs the role/);
  }
});
