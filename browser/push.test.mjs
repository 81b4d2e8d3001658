// The patients' worker gets a message from a push service: it shows what was said, tells the hub so, and a click opens the
// page. The message is brought by the browser's own tools, in place of a push service.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser, startDemo } from "./demo.mjs";
import { onToday } from "./today.mjs";

let demo, browser;
before(async () => { demo = await startDemo(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await demo?.stop(); });

/** The registration of the worker as the browser's tools name it. */
async function registrationOf(cdp) {
  const found = new Promise((ready) => {
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const one = registrations.find((r) => r.scopeURL.endsWith("/t/") && !r.isDeleted);
      if (one) ready(one.registrationId);
    });
  });
  await cdp.send("ServiceWorker.enable");
  return found;
}

test("the worker shows a message, says that it did, and shows nothing else", async () => {
  const { page, link } = await onToday(demo, browser);
  await page.context().grantPermissions(["notifications"], { origin: demo.address });
  assert.equal(await page.locator("#notify").count(), 0, "the demo sends no notifications, and offers none");
  await page.evaluate(() => navigator.serviceWorker.register("/t/sw.js", { scope: "/t/" }));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  // What the worker tells the hub.
  const told = [];
  page.context().on("request", (request) => {
    if (request.url().includes("/hooks/")) told.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  const cdp = await page.context().newCDPSession(page);
  const registrationId = await registrationOf(cdp);
  const message = {
    title: "A message for you", text: "Please open your page.", url: link, tag: "m1", language: "en",
    seen: `${demo.address}/hooks/web_push/attempt`,
  };
  const bring = (data) => cdp.send("ServiceWorker.deliverPushMessage", { origin: demo.address, registrationId, data });
  await bring(JSON.stringify(message));
  const shown = () => page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration("/t/");
    return (await registration.getNotifications()).map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, data }));
  });
  let all = [];
  for (let n = 0; n < 100 && all.length === 0; n += 1) {
    all = await shown();
    await new Promise((go) => setTimeout(go, 50));
  }
  const { title, text: body, tag, language: lang, url, seen } = message;
  assert.deepEqual(all, [{ title, body, tag, lang, data: { url, seen } }]);
  // The same message again takes the place of the first.
  await bring(JSON.stringify(message));
  await new Promise((go) => setTimeout(go, 500));
  assert.equal((await shown()).length, 1);
  for (let n = 0; n < 100 && told.length === 0; n += 1) await new Promise((go) => setTimeout(go, 50));
  assert.equal(told[0], "POST /hooks/web_push/attempt/shown");
  // A message that is none shows nothing.
  await bring("nonsense");
  await bring("");
  await new Promise((go) => setTimeout(go, 500));
  assert.equal((await shown()).length, 1);
  await page.context().close();
});

test("the button asks the browser, and what it gives is sent with the form", async () => {
  const { page, link } = await onToday(demo, browser);
  await page.context().grantPermissions(["notifications"], { origin: demo.address });
  const script = (await (await import("node:fs/promises")).readFile(new URL("../assets/js/notify.js", import.meta.url))).toString();
  // The section as the hub draws it where it sends notifications, and a browser whose push service is within reach.
  await page.evaluate(() => {
    const key = btoa(String.fromCharCode(4, ...new Array(64).fill(7))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
    document.querySelector("main").insertAdjacentHTML("beforeend", `<section id="notify" data-key="${key}"><p id="notify-said" data-refused="no"></p>
      <form id="notify-on" method="post" action="/t/nowhere/push" hidden><input type="hidden" name="endpoint"><input type="hidden" name="p256dh">
      <input type="hidden" name="auth"><button name="act" value="on">Turn on</button></form></section>`);
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async (options) => {
      self.asked = [...new Uint8Array(options.applicationServerKey)];
      return { toJSON: () => ({ endpoint: "https://push.example/1", keys: { p256dh: "P".repeat(87), auth: "A".repeat(22) } }) };
    };
  });
  await page.evaluate(script);
  const button = page.getByRole("button", { name: "Turn on" });
  await button.waitFor();
  const [request] = await Promise.all([page.waitForRequest((r) => r.method() === "POST" && r.url().endsWith("/push")), button.click()]);
  const sent = new URLSearchParams(request.postData());
  assert.deepEqual(Object.fromEntries(sent), { endpoint: "https://push.example/1", p256dh: "P".repeat(87), auth: "A".repeat(22), act: "on" });
  assert.ok(link);
  await page.context().close();
});
