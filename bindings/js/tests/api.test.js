// What callers may do, and get wrong.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { core } from "../dist/core.js";
import { identity, inspect, Refused, shown, verify } from "../index.js";
import { people, vectors } from "./vectors.js";

const { alice, bob } = people();
const now = 1_800_003_600_000;
const all = vectors("v1");
const content = (name) => all.find((vector) => vector.name === name).content;
const good = content("1.1-both-slots");
const refuses = (promise, kind, stage) =>
  assert.rejects(promise, (e) => e instanceof Refused && e.class === kind && e.stage === stage);

test("a file comes as bytes of any form", async () => {
  const padded = Buffer.concat([Buffer.alloc(7), good, Buffer.alloc(9)]);
  const buffer = good.buffer.slice(good.byteOffset, good.byteOffset + good.length);
  const forms = [good, buffer, new DataView(buffer), new Blob([good]), padded.subarray(7, 7 + good.length)];
  for (const form of forms) {
    const { sender } = await verify(form, { from: [bob.text, alice.text], now });
    assert.equal(sender.key, alice.key);
  }
  for (const wrong of [undefined, null, 7, good.toString("latin1"), [...good], Promise.resolve(good), {}]) {
    await assert.rejects(verify(wrong, { from: [alice.text], now }), TypeError);
    await assert.rejects(inspect(wrong), TypeError);
  }
});

test("of a file that is too large one byte more than the limit is read", async () => {
  let end;
  const file = new (class extends Blob {
    slice(from, to) {
      end = to;
      return super.slice(from, to);
    }
  })([new Uint8Array(64 << 20)]);
  await refuses(inspect(file), "limit", "parse");
  assert.equal(end, (16 << 20) + 1);
  await refuses(verify(new Uint8Array(17 << 20), { from: [alice.text], now }), "limit", "parse");
});

test("nobody is trusted but who is pinned", async () => {
  await refuses(verify(good, { from: [], now }), "untrusted", "trust");
  await refuses(verify(good, { from: [bob.text], now }), "untrusted", "trust");
  await refuses(verify(good, { from: alice.text, now }), "malformed", "from");
  await refuses(verify(good, { from: [alice.text, `${bob.text}\n`], now }), "malformed", "from");
  await refuses(verify(good, { from: [`${alice.text}\n${alice.text}`], now }), "malformed", "from");
  for (const options of [undefined, {}, { from: null }, { from: [undefined] }]) {
    await assert.rejects(verify(good, options), TypeError);
  }
});

test("an identity of version 2 is a sender in either form", async () => {
  const words = vectors("identity-v1").find(({ name }) => name === "2.5-alice").content.toString();
  const [short, key] = words.split(" ");
  for (const text of [words, short, `${short}\n${key}`]) {
    assert.equal((await verify(content("3.5-hybrid"), { from: [text], now })).sender.key, alice.key);
    assert.deepEqual(await identity(text), await identity(short));
  }
  assert.notEqual((await identity(short)).hybrid_fingerprint, null);
  assert.equal((await identity(alice.text)).hybrid_fingerprint, null);
  for (const wrong of [key, `${alice.text} ${key}`, `${words} ${key}`, `${short} `]) {
    await refuses(identity(wrong), "malformed", "from");
  }
});

test("a package is post-quantum, or it is not", async () => {
  for (const [name, kind] of [["3.5-hybrid", "hybrid"], ["1.1-both-slots", "kovra"]]) {
    const { post_quantum, recipients } = await inspect(content(name));
    assert.deepEqual([post_quantum, recipients[0].kind], [kind === "hybrid", kind]);
  }
});

test("what is refused in the end is told as far as it went", async () => {
  const late = await verify(good, { from: [alice.text], now: 2 * now }).catch((e) => e);
  assert.deepEqual([late.class, late.place, late.report.sender.key], ["time", "header", alice.key]);
  const foreign = await inspect(good);
  assert.match(foreign.refusal.message, new RegExp(foreign.sender.fingerprint));
  assert.equal((await identity(alice.text)).sender.fingerprint, foreign.sender.fingerprint);
  const broken = await inspect(content("6.1-changed-s")).catch((e) => e);
  assert.deepEqual([broken.refusal.class, broken.sender, broken.seq], ["signature", null, foreign.seq]);
});

test("the time is the clock's, and what is no time is out of date", async (t) => {
  const at = (time) => verify(good, { from: [alice.text], now: time });
  t.mock.method(Date, "now", () => now);
  await verify(good, { from: [alice.text] });
  await at(new Date(now));
  for (const wrong of [NaN, null, -1, -now, Infinity, 1e30, now / 1000, "tomorrow", new Date(NaN)]) {
    await refuses(at(wrong), "time", "trust");
  }
});

test("any bit that is changed is noticed", async () => {
  for (let at = 0; at < good.length; at += 5) {
    const changed = Buffer.from(good);
    changed[at] ^= 1 << at % 8;
    await assert.rejects(verify(changed, { from: [alice.text], now }), Refused, `byte ${at}`);
  }
});

test("a panic is an error, and the next file is judged by another instance", async () => {
  const { instance } = await WebAssembly.instantiate(Buffer.from(core, "base64"));
  assert.throws(() => instance.exports.room(-1), WebAssembly.RuntimeError);
  await verify(good, { from: [alice.text], now });
});

test("files that are judged at once are not mixed up", async () => {
  const answers = [good, content("1.1-empty"), good].map((file) => verify(file, { from: [alice.text], now }));
  const [first, second, third] = await Promise.allSettled(answers);
  assert.deepEqual([first.status, second.reason.class, third.value], ["fulfilled", "malformed", first.value]);
});

test("the names of extensions come as they are, and can be shown", async () => {
  assert.equal(await shown('a\u202e"\\\u0000\u200b\u{e0041}\ud800'), '"a\\u{202e}\\"\\\\\\u{0}\\u{200b}\\u{e0041}\ufffd"');
  const { ext } = await verify(content("3.7-ext-escape"), { from: [alice.text], now });
  assert.ok(ext.some((name) => /[\u0000-\u001f\u202e]/.test(name)));
});

test("the README's example runs", () => {
  const [, example] = readFileSync(new URL("../README.md", import.meta.url), "utf8").match(/```js\n([^]*?)```/);
  const script = example.replaceAll("kovra1...", alice.text).replace('await readFile("dev.kovra")', "globalThis.file");
  assert.equal(script.match(/globalThis.file/g).length, 1);
  const run = (file, sender) =>
    spawnSync(process.execPath, ["--input-type=module", "--eval", `
      Date.now = () => ${now};
      globalThis.file = Buffer.from("${file.toString("base64")}", "base64");
      ${script.replaceAll(alice.text, sender)}`], { cwd: new URL("..", import.meta.url), encoding: "utf8" });
  for (const [file, sender, says] of [
    [good, alice.text, /^good until 2027-01-22T08:00:00Z, 3 entries\n$/],
    [good, bob.text, /^refused: untrusted at trust: .*\nintact, signed by 36818 .*\n$/],
    [content("1.1-empty"), alice.text, /^refused: malformed at parse: .*\n$/],
  ]) {
    const { stdout, stderr } = run(file, sender);
    assert.match(stdout, says, stderr);
  }
});
