// Keys, drafts and small comforts of the care team's pages. Everything works without it; it is only quicker.
(() => {
  const $ = (id) => document.getElementById(id);
  const keys = $("keys"), opener = $("keys-open");
  if (keys && opener) {
    opener.hidden = false;
    opener.addEventListener("click", () => keys.showModal());
  }

  // j and k move between cards, c claims the one that has the focus.
  const cards = () => [...document.querySelectorAll(".cards h2 a")];
  const here = (list) => list.findIndex((a) => a.closest("li").contains(document.activeElement));
  const acts = {
    j: () => { const all = cards(); all[Math.min(here(all) + 1, all.length - 1)]?.focus(); },
    k: () => { const all = cards(); all[Math.max(here(all) - 1, 0)]?.focus(); },
    c: () => (document.activeElement?.closest("li.card") ?? $("state"))?.querySelector("[id^=claim-]")?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => keys?.showModal(),
  };
  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog");
    const act = acts[e.key];
    if (!act || typing || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    act();
  });

  // A draft: kept a moment after each change; the answer says what each outcome leads to now.
  const form = document.querySelector("form[data-draft]");
  if (form) {
    const status = $("draft-status");
    let timer = 0, sent = false, dirty = false;
    const keep = async () => {
      dirty = false;
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const next of page.querySelectorAll("span[id]")) $(next.id)?.replaceChildren(...next.childNodes);
        if (!dirty) status.textContent = status.dataset.kept;
      } catch { if (!sent) status.textContent = status.dataset.lost; }
    };
    form.addEventListener("input", () => {
      dirty = true;
      status.textContent = "";
      clearTimeout(timer);
      timer = setTimeout(keep, 500);
    });
    form.addEventListener("submit", () => { sent = true; clearTimeout(timer); });
  }

  // Numbers that are red flags are told as they are typed.
  for (const input of document.querySelectorAll("input[data-from], input[data-to]")) {
    const flag = $(input.getAttribute("aria-describedby"));
    const look = () => {
      const n = input.valueAsNumber, { from, to } = input.dataset;
      flag.classList.toggle("on", n >= parseFloat(from) || n <= parseFloat(to));
    };
    input.addEventListener("input", look);
    look();
  }

  // Seconds that are left to undo: live fetches the page when they are over.
  setInterval(() => document.querySelectorAll("[data-left]").forEach((el) => {
    const left = Math.max(0, Number(el.dataset.left) - 1);
    el.dataset.left = el.textContent = left;
  }), 1000);

  const show = (id, act) => {
    const button = $(id);
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => act(button));
  };
  show("print", () => print());
  show("copy", async (button) => {
    $("chart").select();
    try { await navigator.clipboard.writeText($("chart").value); } catch { document.execCommand("copy"); }
    button.textContent = button.dataset.copied;
  });
})();
