// Builds assets/patient.css of patient/patient.scss. It is committed, so that the binary builds without Node;
// with --check it is built anew and compared.
import { readFileSync, writeFileSync } from "node:fs";
import * as sass from "sass";

const at = (path) => new URL(path, import.meta.url);
const { css } = sass.compile(at("patient/patient.scss").pathname, {
  style: "compressed", loadPaths: [at("node_modules").pathname], quietDeps: true, charset: false,
});
const built = `/* Parts of nhsuk-frontend, copyright NHS England, MIT licence: assets/patient/LICENCE-nhsuk-frontend.txt */\n${css}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(at("patient.css"), "utf8") !== built) {
    console.error("assets/patient.css is not what assets/patient/ builds: run `make assets` and commit it");
    process.exit(1);
  }
  console.log("assets/patient.css is up to date");
} else {
  writeFileSync(at("patient.css"), built);
  console.log(`assets/patient.css: ${built.length} bytes`);
}
