// Keeps an offline copy of the checklist where the patient asked for it, and drops it where nobody is known to be here.
(() => {
  const copy = document.body.dataset.copy;
  if (!copy || !navigator.serviceWorker || !self.caches) return;
  const NAME = "today";
  if (copy === "drop") return void caches.delete(NAME);
  const box = document.getElementById("keep");
  const said = document.getElementById("keep-said");
  const tell = async () => {
    await navigator.serviceWorker.register("/t/sw.js", { scope: "/t/" });
    const { active } = await navigator.serviceWorker.ready;
    const answer = new MessageChannel();
    const kept = new Promise((done) => { answer.port1.onmessage = (e) => done(e.data); });
    active.postMessage(copy, [answer.port2]);
    return kept;
  };
  const keep = async (on) => {
    if (on) on = await tell().catch(() => false);
    if (!on) await caches.delete(NAME);
    if (box) box.checked = on;
    return on;
  };
  if (box) document.getElementById("keep-box").hidden = false;
  box?.addEventListener("change", async () => {
    said.textContent = said.dataset[(await keep(box.checked)) ? "on" : "off"];
  });
  // What was kept of this page is renewed; what was kept of another is dropped.
  caches.match(copy, { ignoreVary: true }).then((had) => keep(!!had));
})();
