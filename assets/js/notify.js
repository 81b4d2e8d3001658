// Asks the browser to show messages, once the patient pressed the button.
(() => {
  const part = document.getElementById("notify");
  const form = document.getElementById("notify-on");
  if (!part || !navigator.serviceWorker || !self.PushManager || !self.Notification) return;
  const said = document.getElementById("notify-said");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const subscribed = async () => {
    const registration = await navigator.serviceWorker.getRegistration("/t/");
    return registration && registration.pushManager.getSubscription();
  };
  // Where this device has them already, there is nothing to turn on.
  subscribed().catch(() => null).then((had) => { form.hidden = !!(had && part.dataset.on); });
  form.addEventListener("submit", async (e) => {
    if (form.endpoint.value) return;
    e.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("refused");
      await navigator.serviceWorker.register("/t/sw.js", { scope: "/t/" });
      const { pushManager } = await navigator.serviceWorker.ready;
      const key = bytes(part.dataset.key);
      const { endpoint, keys } = (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
      [form.endpoint.value, form.p256dh.value, form.auth.value] = [endpoint, keys.p256dh, keys.auth];
      form.requestSubmit(e.submitter);
    } catch {
      said.textContent = said.dataset.refused;
    }
  });
})();
