// How fast the pages are that people open on a cheap phone: largest paint, layout shift and bytes, at 1.6 Mbit/s,
// 150 ms and a processor four times slower. Prints figures beside their aim; `make bench-pages` runs it. The physical
// limit beside it is the time that the bytes alone take on such a line.
import { logIn, openPage, startBrowser, startDemo } from "./demo.mjs";
import { Desks, PAGES } from "./pages.mjs";
import { shownAfter, toConversation } from "./talk.mjs";

const LINE = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };
const SLOWER = 4;
const TIMES = 5;
const SHOWN_MS = 500;
const AIMS = { patient: { lcp: 1500, bytes: 40 * 1024 }, staff: { lcp: Infinity, bytes: 60 * 1024 } };

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Opens `url` with nothing in the cache: bytes over the line, largest paint in ms, layout shift. */
async function open(page, url) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.clearBrowserCache");
  await cdp.send("Network.emulateNetworkConditions", LINE);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  let bytes = 0;
  cdp.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  await page.goto(url, { waitUntil: "load" });
  await page.waitForTimeout(500);
  const found = await page.evaluate(() => new Promise((done) => {
    const out = { lcp: 0, cls: 0, first: performance.getEntriesByType("navigation")[0].responseStart };
    new PerformanceObserver((list) => { for (const e of list.getEntries()) out.lcp = e.startTime; }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => { for (const e of list.getEntries()) out.cls += e.value; }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(out), 300);
  }));
  await cdp.detach();
  return { ...found, bytes };
}

/** How long a text of a patient takes from the button of the phone to the thread on a nurse's screen. */
async function conversation(browser, demo) {
  const nurse = await openPage(browser), phone = await openPage(browser);
  await logIn(nurse, demo, "nurse");
  await logIn(phone, demo, "lead");
  await toConversation(nurse, demo);
  const took = [];
  for (const text of ["is it ok to drive?", "and to swim?", "and to work?", "and to lift?", "and to type?", "and to sing?", "and to dance?"]) {
    took.push(await shownAfter(nurse, phone, demo, text));
  }
  // The limit is a page that is answered at once: one look at the thread without any text under way.
  const limit = await nurse.evaluate(async () => {
    const begun = performance.now();
    await (await fetch(location.href)).text();
    return performance.now() - begun;
  });
  const shown = median(took), worst = Math.max(...took);
  console.log(`a text in the conversation: median ${shown} ms, longest ${worst} ms (aim ${SHOWN_MS} ms: ${shown <= SHOWN_MS ? "met" : "MISSED"}); `
    + `limit, fetching the page alone: ${limit.toFixed(0)} ms, ratio ${(shown / limit).toFixed(1)}`);
}

const demo = await startDemo();
const browser = await startBrowser();
try {
  const desks = new Desks(browser, demo);
  console.log("page                  LCP ms (median)   limit ms    bytes   CLS   aims");
  for (const it of PAGES) {
    const page = await desks.of(it);
    await page.setViewportSize(it.patient ? { width: 360, height: 800 } : { width: 1400, height: 900 });
    await it.go(page, demo);
    const url = page.url();
    const runs = [];
    for (let n = 0; n < TIMES; n += 1) runs.push(await open(page, url));
    const lcp = median(runs.map((r) => r.lcp)), bytes = Math.max(...runs.map((r) => r.bytes)), cls = Math.max(...runs.map((r) => r.cls));
    // One round trip for the page, one for its style, and the bytes.
    const limit = 2 * LINE.latency + (bytes / LINE.downloadThroughput) * 1000;
    const aim = it.patient ? AIMS.patient : AIMS.staff;
    const met = lcp <= aim.lcp && bytes <= aim.bytes && cls === 0;
    console.log(`${it.name.padEnd(20)} ${lcp.toFixed(0).padStart(10)} ${limit.toFixed(0).padStart(16)} ${String(bytes).padStart(10)} ${cls.toFixed(3).padStart(6)}   ${met ? "met" : "MISSED"}`);
  }
  await conversation(browser, demo);
} finally {
  await browser.close();
  await demo.stop();
}
