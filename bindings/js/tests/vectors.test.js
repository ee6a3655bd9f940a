// The golden vectors: what parse, verify and trust say of each, and what a reader that is not kovra's says of it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { identity, inspect, Refused, verify } from "../index.js";
import { people, testdata, vectors } from "./vectors.js";

const strings = Object.fromEntries(Object.values(people()).map(({ key, text }) => [key, text]));
const packages = vectors("v1");
const identities = vectors("identity-v1").filter(({ kind }) => kind === "identity");

async function outcome(promise) {
  try {
    return { class: "ok", good: await promise };
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    return { class: refused.class, stage: refused.stage, refused };
  }
}

test("every package is what its vector says, as far as no key is needed", async () => {
  const count = {};
  for (const vector of packages) {
    const from = vector.trust.map((key) => strings[key]);
    const got = await outcome(verify(vector.content, { from, now: vector.now * 1000 }));
    const wanted = vector.stage === "open" ? ["ok", undefined] : [vector.class, vector.stage];
    assert.deepEqual([got.class, got.stage], wanted, vector.name);
    count[got.stage ?? "ok"] = 1 + (count[got.stage ?? "ok"] ?? 0);
  }
  console.log("packages:", packages.length, count);
  assert.ok(packages.length > 780 && count.ok > 400 && count.trust >= 10 && count.verify > 40);
});

test("every identity is what its vector says", async () => {
  for (const vector of identities) {
    const got = await outcome(identity(vector.content.toString()));
    assert.equal(got.class, vector.class, vector.name);
    if (vector.class === "ok") {
      assert.deepEqual(got.good.sender, { fingerprint: vector.fingerprint, key: vector.ed25519 });
      const id = createHash("sha256").update(Buffer.from(vector.x25519, "hex")).digest();
      assert.equal(got.good.recipient_fingerprint, listed(0, id));
      assert.equal(got.good.hybrid_fingerprint, vector.hybrid ? listed(3, Buffer.from(vector.hybrid, "hex")) : null);
    } else {
      assert.deepEqual([got.stage, got.refused.report], ["from", null], vector.name);
    }
  }
  const good = identities.filter((vector) => vector.class === "ok").map(({ content }) => content.toString());
  const { alice, bob } = people();
  for (const { text } of [alice, bob]) assert.ok(good.includes(text));
  // Version 1, and both forms of version 2.
  const forms = [undefined, "no", "yes"].map((key) => identities.filter((vector) => vector.class === "ok" && vector.key === key).length);
  console.log("identities:", identities.length, "of which good:", good.length, forms);
  assert.ok(identities.length > 50 && forms.every((count) => count >= 3));
});

// identity.md 3.1 and 3.3
function groups(...parts) {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  const numbers = [...Array(8).keys()].map((at) => hash.copy().digest().readUIntBE(5 * at, 5) % 100_000);
  return numbers.map((number) => String(number).padStart(5, "0")).join(" ");
}

// How people tell a recipient of a kind and a fingerprint in a header.
const listed = (kind, id) => groups("kovra-recipient-v1", Buffer.of(kind), id);

test("a package says the same of itself to the reader in Python", async () => {
  const script = fileURLToPath(new URL("claims.py", import.meta.url));
  const python = spawnSync("python3", [script, fileURLToPath(testdata)], { encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(python.status, 0, python.stderr);
  const claims = JSON.parse(python.stdout);
  let [intact, postQuantum] = [0, 0];
  for (const vector of packages.filter(({ name }) => name in claims)) {
    const { refusal, sender, ...got } = await inspect(vector.content);
    const key = Buffer.from(claims[vector.name].sender, "hex");
    const { sender: _, ...wanted } = claims[vector.name];
    wanted.post_quantum = wanted.recipients.every(([kind]) => kind === 3);
    postQuantum += wanted.post_quantum;
    wanted.recipients = wanted.recipients.map(([kind, id]) => {
      const fingerprint = listed(kind, Buffer.from(id, "hex"));
      return { kind: ["kovra", "age", "ssh-ed25519", "hybrid"][kind], fingerprint, id };
    });
    assert.deepEqual(got, wanted, vector.name);
    assert.equal(refusal.class, vector.stage === "verify" ? "signature" : "untrusted", vector.name);
    if (vector.stage === "verify") {
      assert.equal(sender, null);
    } else {
      assert.deepEqual(sender, { fingerprint: groups("kovra-fingerprint-v1", key), key: key.toString("hex") });
      intact += 1;
    }
  }
  console.log("claims compared:", Object.keys(claims).length, "of which intact:", intact, "and post-quantum:", postQuantum);
  assert.ok(postQuantum > 20);
  assert.equal(Object.keys(claims).length, packages.filter(({ stage }) => stage !== "parse").length);
});
