// Passkeys: the one thing that a browser can only do by script. And a button that shows what was typed.
(() => {
  for (const field of document.querySelectorAll("input[data-show]")) {
    const button = document.createElement("button");
    const box = document.createElement("div");
    button.type = "button";
    button.className = "quiet";
    button.setAttribute("aria-controls", field.id);
    const say = () => { button.textContent = field.type === "password" ? field.dataset.show : field.dataset.hide; };
    button.addEventListener("click", () => { field.type = field.type === "password" ? "text" : "password"; say(); });
    field.form.addEventListener("submit", () => { field.type = "password"; });
    say();
    box.className = "showing";
    field.replaceWith(box);
    box.append(field, button);
  }

  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  // Options come as JSON; a browser wants bytes.
  const read = (options) => {
    const all = { ...options, challenge: bytes(options.challenge) };
    if (all.user) all.user = { ...all.user, id: bytes(all.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      if (all[list]) all[list] = all[list].map((c) => ({ ...c, id: bytes(c.id) }));
    }
    return all;
  };
  const written = (made) => {
    const response = {};
    for (const part of ["attestationObject", "clientDataJSON", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[part]) response[part] = text(made.response[part]);
    }
    return { id: made.id, rawId: text(made.rawId), type: made.type, response, extensions: {} };
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const wrong = form.querySelector("[role=alert]");
      wrong.hidden = true;
      try {
        const body = new URLSearchParams({ csrf: form.elements.csrf.value });
        const answer = await fetch(form.dataset.ask, { method: "POST", body });
        if (!answer.ok) throw new Error(answer.status);
        const asked = await answer.json();
        if (asked.go) return location.assign(asked.go);
        const publicKey = read(asked.options.publicKey);
        const made = await navigator.credentials[form.dataset.passkey]({ publicKey });
        form.elements.half.value = asked.half;
        form.elements.answer.value = JSON.stringify(written(made));
        form.submit();
      } catch {
        wrong.hidden = false;
      }
    });
  }
})();
