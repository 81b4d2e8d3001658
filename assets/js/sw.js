// One page is kept, the checklist of one link, with its style; it is shown only when there is no connection.
const NAME = "today";
const UNTIL = "x-copy-until";
async function keep(path) {
  await caches.delete(NAME);
  const page = await fetch(`${path}/offline`, { redirect: "error", cache: "no-store" });
  if (!page.ok || !page.headers.get(UNTIL)) return false;
  const style = (await page.clone().text()).match(/href="(\/assets\/[^"]+\.css)"/)[1];
  const cache = await caches.open(NAME);
  await cache.add(style);
  await cache.put(path, page);
  return true;
}
async function kept(path) {
  const found = await caches.match(path, { ignoreVary: true });
  const until = found && found.headers.get(UNTIL);
  if (found && (!until || until > Date.now())) return found;
  if (found) await caches.delete(NAME);
  return Response.error();
}
// A message for this device: it is shown, and its sender is told so. What it says is what the hub wrote into it, no more.
const told = (seen, what) => (seen ? fetch(`${seen}/${what}`, { method: "POST" }).catch(() => {}) : null);
async function show({ title, text, url, tag, language, seen }) {
  await registration.showNotification(title, { body: text, tag, lang: language, data: { url, seen } });
  await told(seen, "shown");
}
async function open(shown) {
  shown.close();
  const { url, seen } = shown.data;
  const opened = new URL(url).origin === location.origin && clients.openWindow(url);
  await Promise.all([opened, told(seen, "opened")]);
}
addEventListener("push", (e) => e.data && e.waitUntil(show(e.data.json())));
addEventListener("notificationclick", (e) => e.waitUntil(open(e.notification)));
addEventListener("install", () => skipWaiting());
addEventListener("activate", (e) => e.waitUntil(clients.claim()));
addEventListener("message", (e) => e.waitUntil(keep(e.data).catch(() => false).then((is) => e.ports[0].postMessage(is))));
addEventListener("fetch", (e) => {
  const { pathname } = new URL(e.request.url);
  const asked = e.request.mode === "navigate" || e.request.destination === "style";
  if (e.request.method === "GET" && asked) e.respondWith(fetch(e.request).catch(() => kept(pathname)));
});
