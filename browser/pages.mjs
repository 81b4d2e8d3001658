// Every page of the hub by name: how one gets there, as whom. For tests that walk all of them and for the screenshots.
import assert from "node:assert/strict";
import { logIn, openPage } from "./demo.mjs";
import { answer, linkOf, MAILBOX } from "./today.mjs";

const DAVID = /^David Reyes/;

/** Opens the first thing that `locator` finds. */
async function follow(page, locator) {
  const href = await locator.first().getAttribute("href");
  assert.ok(href, "there is such a link");
  await page.goto(new URL(href, page.url()).href);
}

async function toDavid(page, demo) {
  await page.goto(`${demo.address}/people?q=reyes`);
  await follow(page, page.getByRole("link", { name: DAVID }));
}

/** Past the second factor, in the language that her record says. */
export async function toToday(page, demo) {
  await page.goto(await linkOf(demo, page));
  if (await page.locator("#born-day").count()) await answer(page);
  await page.locator("#checklist").waitFor();
}

/** A page below Today. */
const below = (place) => async (page, demo) => {
  await toToday(page, demo);
  await page.goto(`${new URL(page.url()).origin}${new URL(page.url()).pathname}/${place}`);
};

const at = (path) => (page, demo) => page.goto(`${demo.address}${path}`);
const from = (start, selector) => async (page, demo) => {
  await start(page, demo);
  await follow(page, page.locator(selector));
};

/** Name, role (none: nobody is logged in), and the way. */
export const PAGES = [
  { name: "demo", go: at("/demo") },
  { name: "phones", go: at("/handset") },
  { name: "phone", go: at(`/handset?of=${encodeURIComponent(MAILBOX)}`) },
  { name: "login", go: at("/login") },
  { name: "worklist", role: "nurse", go: at("/") },
  { name: "prompt", role: "nurse", go: from(at("/"), "main li a[href*='/prompts/']") },
  { name: "handover", role: "nurse", go: at("/handover") },
  { name: "people", role: "nurse", go: at("/people?q=reys") },
  { name: "person", role: "nurse", go: toDavid },
  { name: "conversation", role: "nurse", go: from(toDavid, "main a[href$='/conversation']") },
  { name: "message", role: "nurse", go: from(toDavid, "main a[href*='/messages/']") },
  { name: "pathways", role: "designer", go: at("/pathways") },
  { name: "pathway", role: "designer", go: at("/pathways/post-surgical-follow-up") },
  { name: "publish", role: "designer", go: at("/pathways/publish") },
  { name: "laboratory", role: "designer", go: at("/pathways/post-surgical-follow-up/lab?play=1&texts=fail&days=5") },
  { name: "code", role: "designer", go: at("/pathways/codes/TL060") },
  { name: "sending", role: "administrator", go: at("/sending") },
  { name: "refused", role: "integrator", go: at("/parked") },
  { name: "accounts", role: "administrator", go: at("/accounts") },
  { name: "keys", role: "administrator", go: at("/keys") },
  { name: "access", role: "auditor", go: at("/access") },
  { name: "me", role: "nurse", go: at("/me") },
  { name: "question", patient: true, go: async (page, demo) => page.goto(await linkOf(demo, page)) },
  { name: "today", patient: true, go: toToday },
  { name: "contact", patient: true, go: below("contact") },
  { name: "next", patient: true, go: below("next") },
  { name: "expired", patient: true, refused: true, go: at("/t/nonsense") },
];

/** A page of each role, logged in, made when first asked for. */
export class Desks {
  constructor(browser, demo) {
    this.browser = browser;
    this.demo = demo;
    this.open = new Map();
  }
  async of({ role, patient }, tongue = "en") {
    const key = role ?? (patient ? "patient" : "nobody");
    if (!this.open.has(key)) {
      const page = await openPage(this.browser);
      if (role) await logIn(page, this.demo, role);
      this.open.set(key, page);
    }
    const page = this.open.get(key);
    await page.context().addCookies([{ name: "tl_lang", value: tongue, url: this.demo.address }]);
    return page;
  }
}
