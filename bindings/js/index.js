import { core } from "./dist/core.js";

// The largest package (package-v1.md 9). Of a larger file one byte more is read: enough to refuse it.
const LIMIT = 16 << 20;
let compiled;

export class Refused extends Error {
  constructor(report) {
    super(report.refusal.message);
    Object.assign(this, report.refusal, { name: "Refused", report: report.package ? report : null });
  }
}

export async function verify(file, { from, now = Date.now() }) {
  const call = await instance();
  for (const text of from) accepted(call("pin", text));
  return accepted(call("verify", await read(file), now));
}

export async function inspect(file) {
  const report = (await instance())("verify", await read(file), 0);
  return report.package ? report : accepted(report);
}

export async function identity(text) {
  return accepted((await instance())("pin", text));
}

export async function shown(text) {
  return (await instance())("shown", text);
}

function accepted(report) {
  if (report.refusal !== null) throw new Refused(report);
  return report;
}

async function read(file) {
  if (file instanceof Blob) file = await file.slice(0, LIMIT + 1).arrayBuffer();
  const view = ArrayBuffer.isView(file) ? file : new DataView(file);
  return new Uint8Array(view.buffer, view.byteOffset, Math.min(view.byteLength, LIMIT + 1));
}

// One for each file: what a panic leaves, and 16 MiB of memory, go with it.
async function instance() {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(core), (c) => c.charCodeAt(0)));
  const { memory, room, answer, ...calls } = (await WebAssembly.instantiate(await compiled)).exports;
  return (name, input, ...rest) => {
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    const at = room(bytes.length);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    const length = calls[name](...rest);
    return JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, answer(), length)));
  };
}
