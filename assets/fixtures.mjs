// Copies the examples of nhsuk-frontend that our own HTML is compared with into the crate that draws it.
// With --check they are compared with what is committed.
import { readFileSync, writeFileSync } from "node:fs";

const at = (path) => new URL(path, import.meta.url);
const WANTED = {
  "button": ["default", "secondary", "secondary as a link"],
  "card": ["basic with custom HTML", "urgent (red)"],
  "checkboxes": ["inline", "without fieldset"],
  "date-input": ["with autocomplete values", "with error message and hint"],
  "details": ["default"],
  "error-message": ["default", "with translations"],
  "error-summary": ["default"],
  "footer": ["with meta text"],
  "header": ["with service name"],
  "input": ["with error message and hint", "with hint"],
  "inset-text": ["with HTML"],
  "radios": ["with error message and hint"],
  "select": ["with hint"],
  "skip-link": ["default"],
  "summary-list": ["without border"],
  "tag": ["default"],
  "textarea": ["default"],
  "warning-callout": ["with custom heading"],
};
const out = [];
for (const [component, names] of Object.entries(WANTED)) {
  const file = at(`node_modules/nhsuk-frontend/dist/nhsuk/components/${component}/fixtures.json`);
  const { fixtures } = JSON.parse(readFileSync(file, "utf8"));
  for (const name of names) {
    const found = fixtures.find((f) => f.name === name);
    if (!found) throw new Error(`${component} has no fixture "${name}" any more`);
    out.push({ component, name, html: found.html });
  }
}
const { version } = JSON.parse(readFileSync(at("node_modules/nhsuk-frontend/package.json"), "utf8"));
const licence = "Copyright NHS England, MIT licence: assets/patient/LICENCE-nhsuk-frontend.txt";
const text = `${JSON.stringify({ from: `nhsuk-frontend ${version}`, licence, fixtures: out }, null, 1)}\n`;
const target = at("../crates/web/src/patient/fixtures.json");
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("crates/web/src/patient/fixtures.json is not what nhsuk-frontend ships: run `make assets` and commit it");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
  console.log(`fixtures.json: ${out.length} examples of nhsuk-frontend ${version}`);
}
