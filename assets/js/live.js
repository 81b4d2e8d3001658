// Fetches the page again when the server says that something changed, and swaps the parts marked
// data-live in place: focus stays, drafts stay, open details stay. Without it every page still works.
(() => {
  const from = document.body.dataset.live;
  if (!from || !window.EventSource) return;
  const say = document.getElementById("live-status");
  let busy = false, again = false;

  // What a part says, without the one-time names of its forms.
  const plain = (el) => {
    const copy = el.cloneNode(true);
    copy.querySelectorAll("input[type=hidden]").forEach((i) => i.remove());
    copy.querySelectorAll("details").forEach((d) => d.removeAttribute("open"));
    return copy.innerHTML;
  };
  // Whether someone is writing in it.
  const draft = (el) =>
    [...el.querySelectorAll("input:not([type=hidden]),textarea")].some((i) =>
      /radio|checkbox/.test(i.type) ? i.checked !== i.defaultChecked : i.value !== i.defaultValue) ||
    (el.contains(document.activeElement) && document.activeElement.matches("input,textarea,select"));

  // A choice stays, or none is left and the part says so.
  const keep = (el, id) => {
    const lost = el.querySelector("[data-lost]");
    if (!lost) return;
    lost.hidden = false;
    el.querySelectorAll("[type=radio]").forEach((i) => {
      i.checked = i.defaultChecked = i.id === id && !i.disabled;
      lost.hidden ||= i.checked;
    });
  };

  const swap = (old, next) => {
    const held = old.contains(document.activeElement) ? document.activeElement.id : null;
    const open = [...old.querySelectorAll("details[open][id]")].map((d) => d.id);
    const chosen = old.querySelector("[type=radio]:checked")?.id;
    old.replaceChildren(...next.childNodes);
    keep(old, chosen);
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    if (held === null) return;
    const target = held && document.getElementById(held);
    if (target) return target.focus({ preventScroll: true });
    old.tabIndex = -1;
    old.focus({ preventScroll: true });
  };

  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.redirected) return location.reload();
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("main [data-live]")) {
        const next = old.id && page.getElementById(old.id);
        if (!next || draft(old) || plain(old) === plain(next)) continue;
        const words = next.dataset.say;
        if (say && words && words !== old.dataset.say) say.textContent = words;
        if (words) old.dataset.say = words;
        swap(old, next);
      }
    } catch { /* The stream comes back by itself, and with it the next change. */ } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 200); }
    }
  };
  new EventSource(from).addEventListener("change", refresh);
})();
