// David's conversation on a nurse's screen, and his make-believe phone: used by the test and by the measurement.
const PHONE = "+12125550119";

/** David's conversation. */
export async function toConversation(page, demo) {
  await page.goto(`${demo.address}/people?q=reyes`);
  await page.getByRole("link", { name: /^David Reyes/ }).first().click();
  await page.getByRole("link", { name: "Conversation", exact: true }).click();
  await page.locator("#compose").waitFor();
}

/** David writes from his make-believe phone; when its button was pressed, in ms. */
export async function davidWrites(phone, demo, text) {
  await phone.goto(`${demo.address}/handset?of=${encodeURIComponent(PHONE)}`);
  await phone.locator("form textarea, form input[name=text]").first().fill(text);
  const began = Date.now();
  await phone.locator("form").filter({ has: phone.locator("[name=text]") }).getByRole("button").first().click();
  return began;
}

/** How many ms after the phone's button was pressed a text of David shows in the thread that the nurse has open. */
export async function shownAfter(nurse, phone, demo, text) {
  await nurse.evaluate((text) => {
    window.shown = null;
    const seen = new MutationObserver(() => {
      if (window.shown || !document.getElementById("thread").textContent.includes(text)) return;
      window.shown = Date.now();
      seen.disconnect();
    });
    seen.observe(document.getElementById("thread"), { childList: true, subtree: true });
  }, text);
  const began = await davidWrites(phone, demo, text);
  await nurse.locator("#thread").getByText(text).waitFor({ timeout: 10_000 });
  return (await nurse.evaluate(() => window.shown)) - began;
}
