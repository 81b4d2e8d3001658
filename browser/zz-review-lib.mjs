import fs from "node:fs";
export * from "./demo.mjs"; export * from "./pages.mjs"; export * from "./today.mjs";
const l=fs.readFileSync("/tmp/review/b/demo.log","utf8").split("\n");
export const demo={logins:{}};
for(const s of l){const [w,...r]=s.split(" "); if(w==="address")demo.address=r[0]; if(w==="login")demo.logins[r[2]]={name:r[0],password:r[1]};}
