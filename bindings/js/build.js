// `node build.js CORE.wasm` makes dist/core.js, the core for index.js, and verify.html: the page with all that it needs inside of it.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const here = (name) => new URL(name, import.meta.url);
const read = (name) => readFileSync(here(name), "utf8");
const core = `export const core = "${readFileSync(process.argv[2]).toString("base64")}";\n`;

// A page from the disk may import nothing, so the modules become one.
const library = core + read("index.js").replace(/^import .*\n/, "");
const page = read("page.html").replace("/* the library */", () => library);

// The policy names what may run by its hash (CSP3 §8.3).
const hash = (tag) => {
  const [, content] = page.match(new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`));
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
};

mkdirSync(here("dist"), { recursive: true });
writeFileSync(here("dist/core.js"), core);
writeFileSync(here("verify.html"), page.replace("SCRIPT", hash("script")).replace("STYLE", hash("style")));
