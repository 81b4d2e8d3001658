// What the tests of the patients' pages share: the way to Today, by the mail's link and the birth date.
import { openPage } from "./demo.mjs";

export const BORN = { day: "9", month: "3", year: "1984" };
export const MAILBOX = "david.reyes@example.org";
export const MOBILE = "+12125550119";

/** The link to Today in the newest mail. */
export async function linkOf(demo, page) {
  await page.goto(`${demo.address}/handset?of=${encodeURIComponent(MAILBOX)}`);
  return page.locator("a[href*='/t/']").first().getAttribute("href");
}

export async function answer(page, born = BORN) {
  for (const [part, value] of Object.entries(born)) await page.locator(`#born-${part}`).fill(value);
  await page.getByRole("button", { name: /^(Continue|Continuar)$/ }).click();
}

/** A browser on Today, past the question; `link` is the page's address. */
export async function onToday(demo, browser, options = {}) {
  const page = await openPage(browser, options);
  const link = await linkOf(demo, page);
  await page.goto(link);
  await answer(page);
  await page.waitForURL(link);
  await page.locator("#checklist").waitFor();
  return { page, link };
}
