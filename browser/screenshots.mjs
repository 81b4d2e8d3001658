// Pictures of every page at both widths, light, and of some in the dark and in Spanish, into docs/screenshots/.
// `make screenshots` runs it; the pictures are for people to look at, no test compares them.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { WIDTHS, startBrowser, startDemo } from "./demo.mjs";
import { Desks, PAGES } from "./pages.mjs";

const folder = fileURLToPath(new URL("../docs/screenshots/", import.meta.url));
// Beyond the light English ones.
const ALSO = [
  { names: ["demo", "worklist", "prompt", "person", "pathway", "today"], colorScheme: "dark", tongue: "en" },
  { names: ["worklist", "prompt", "person", "pathway", "demo"], colorScheme: "light", tongue: "es" },
];

const only = process.argv.slice(2);
const demo = await startDemo();
const browser = await startBrowser();
try {
  if (only.length === 0) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const desks = new Desks(browser, demo);
  const wanted = PAGES.filter((p) => only.length === 0 || only.includes(p.name));
  const sets = [{ names: wanted.map((p) => p.name), colorScheme: "light", tongue: "en" }, ...ALSO];
  for (const { names, colorScheme, tongue } of sets) {
    for (const it of wanted.filter((p) => names.includes(p.name))) {
      const page = await desks.of(it, tongue);
      await page.emulateMedia({ colorScheme });
      await it.go(page, demo);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: width < 500 ? 800 : 900 });
        const marks = [width, colorScheme === "dark" ? "dark" : "", tongue === "es" ? "es" : ""].filter(Boolean);
        await page.screenshot({ path: `${folder}${it.name}-${marks.join("-")}.jpg`, type: "jpeg", quality: 80, animations: "disabled" });
      }
      console.log(`${it.name}: ${colorScheme}, ${tongue}`);
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
