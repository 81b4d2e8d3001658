// A pathway's file is read into the text of its form: the form sends text only, and works without this.
(() => {
  const pick = document.getElementById("pathway-pick"), file = document.getElementById("pathway-file");
  const text = document.getElementById("pathway-text"), name = document.getElementById("pathway-name");
  if (!pick || !file || !text) return;
  pick.hidden = false;
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (!chosen || chosen.size > 262144) return;
    text.value = await chosen.text();
    name.value = chosen.name;
  });
})();
