// Writes static/vendor.js and the licences of what is in it: `npm ci --ignore-scripts && node build.mjs [--check]`.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const STATIC = new URL("../../../operator/penstock/web/static/", import.meta.url);
const PACKAGES = ["preact", "@preact/signals", "@preact/signals-core", "htm"];

const read = (name, file) => readFileSync(new URL(`node_modules/${name}/${file}`, import.meta.url), "utf8");
const made = await build({
  entryPoints: [new URL("vendor.mjs", import.meta.url).pathname],
  bundle: true, format: "esm", minify: true, write: false, target: "es2022", legalComments: "none",
});
const versions = PACKAGES.map((name) => `${name} ${JSON.parse(read(name, "package.json")).version}`);
const code = `// ${versions.join(", ")}; licences in vendor.licenses.txt; made by tests/browser/vendor\n${made.outputFiles[0].text}`;
const digest = createHash("sha256").update(code).digest("hex");
const licences = PACKAGES.map((name, at) => `${versions[at]}\n\n${read(name, "LICENSE").trim()}\n`);
const files = {
  "vendor.js": code,
  "vendor.licenses.txt": `vendor.js (sha256 ${digest}) is made of:\n\n${licences.join("\n---\n\n")}`,
};
for (const [name, text] of Object.entries(files)) {
  const place = new URL(name, STATIC);
  if (!process.argv.includes("--check")) writeFileSync(place, text);
  else if (readFileSync(place, "utf8") !== text) throw new Error(`${name} is not as made; run node build.mjs`);
}
