// verify.html in headless Chromium, opened from the disk with the network off. KOVRA_PACKAGE and KOVRA_SENDER may
// name a package of now and its sender's string; KOVRA_SCREENSHOTS a folder for pictures.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "./chromium.js";
import { people, vectors } from "./vectors.js";

const { alice, bob } = people();
const all = vectors("v1");
const content = (name) => all.find((vector) => vector.name === name).content;
const good = content("1.1-both-slots");
const url = new URL("../verify.html", import.meta.url).href;
const HOUR = 3600;
const made = 1_800_000_000;
const folder = mkdtempSync(join(tmpdir(), "kovra-files-"));
const asked = [];
let browser;

before(async () => {
  browser = await chromium();
  browser.listen((method, params) => method === "Network.requestWillBeSent" && asked.push(params.request.url));
});

after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function saved(bytes, name = "dev.kovra") {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function open(clock, media = "light") {
  const send = await browser.page();
  for (const domain of ["Page", "Network", "DOM", "Runtime"]) await send(`${domain}.enable`);
  await send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 });
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: media }] });
  await send("Emulation.setDeviceMetricsOverride", { width: 900, height: 1150, deviceScaleFactor: 1, mobile: false });
  if (clock) await send("Page.addScriptToEvaluateOnNewDocument", { source: `Date.now = () => ${clock * 1000}` });
  await send("Page.navigate", { url });
  const run = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const until = async (expression) => {
    for (const end = Date.now() + 20_000; !(await run(expression)); await new Promise((go) => setTimeout(go, 20))) {
      assert.ok(Date.now() < end, expression);
    }
  };
  await until("document.readyState === 'complete' && document.getElementById('whose')?.textContent !== ''");
  const result = async () => {
    await until("!document.getElementById('result').hidden");
    return run(`(() => {
      const text = (id) => document.getElementById(id).innerText.replaceAll(/\\s+/g, " ");
      return { tone: document.getElementById("result").dataset.tone, verdict: text("verdict"), says: text("says"), facts: text("facts") };
    })()`);
  };
  const shot = async (name) => {
    if (!process.env.KOVRA_SCREENSHOTS) return;
    const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(join(process.env.KOVRA_SCREENSHOTS, `${name}.png`), data, "base64");
  };
  return {
    run,
    result,
    shot,
    paste: async (text) => {
      await run("document.getElementById('key').select()");
      await send("Input.insertText", { text });
    },
    choose: async (path) => {
      const { root } = await send("DOM.getDocument");
      const { nodeId } = await send("DOM.querySelector", { nodeId: root.nodeId, selector: "#file" });
      await send("DOM.setFileInputFiles", { nodeId, files: [path] });
    },
    drop: async (...files) => {
      const data = { items: [], files, dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"]) await send("Input.dispatchDragEvent", { type, x: 450, y: 500, data });
    },
    close: () => send("Page.close"),
  };
}

test("a good package, with and without the sender's key", async () => {
  const page = await open(made + HOUR);
  await page.shot("empty");
  await page.drop(saved(good));
  const nobody = await page.result();
  assert.deepEqual([nobody.tone, nobody.verdict], ["open", "Intact, but sealed by nobody you trust"]);
  await page.shot("nobody");
  await page.paste(`  ${alice.text} `);
  const { tone, verdict, facts } = await page.result();
  assert.deepEqual([tone, verdict], ["good", "Good"]);
  for (const part of [
    "File \"dev.kovra\"", "Signed by 36818 21862 56974 41430 41726 75793 82213 27040", "Created 2027-01-15 08:00:00 UTC",
    "Expires 2027-01-22 08:00:00 UTC", "Entries 2, and 1 more that need the token", "sealed to kovra ", "1d1d1d1d1d",
    "Quantum computers Not safe: it is classical, so who keeps a copy opens it once there is one",
  ]) assert.ok(facts.includes(part), `${part}: ${facts}`);
  assert.match(await page.run("document.getElementById('whose').innerText"), /36818\s+21862\s/);
  await page.shot("good");
  await page.close();
});

test("a post-quantum package, and the file of its sender's identity", async () => {
  const page = await open(made + HOUR);
  const words = vectors("identity-v1").find(({ name }) => name === "2.5-alice").content.toString();
  await page.paste(` # A kovra identity.\n${words.replace(" ", "\n")}\n`);
  await page.drop(saved(content("3.5-hybrid")));
  const { verdict, facts } = await page.result();
  assert.equal(verdict, "Good");
  assert.match(facts, /Quantum computers Safe: it is post-quantum, .* sealed to hybrid /);
  await page.shot("post-quantum");
  await page.close();
});

test("what is refused never looks good", async () => {
  const flipped = Buffer.from(good);
  flipped[good.length - 1] ^= 1;
  const cases = [
    ["flipped", made + HOUR, alice.text, flipped, "Refused: bad signature", /Do not use it/],
    ["foreign", made + HOUR, bob.text, good, "Refused: untrusted sender", /not sealed by the key that you pasted/],
    ["expired", made + 8 * 24 * HOUR, alice.text, good, "Refused: expired or not yet valid", /clock/],
    ["early", made - HOUR, alice.text, good, "Refused: expired or not yet valid", /clock/],
    ["no-package", made + HOUR, "", Buffer.from("PK\u0003\u0004"), "Refused: malformed", /not a kovra package/],
    ["no-key", made + HOUR, alice.text.slice(0, -1), good, "Not checked", /key above can’t be used/],
    ["too-large", made + HOUR, alice.text, Buffer.alloc(64 << 20), "Refused: over a limit", /16 MiB/],
  ];
  for (const [name, clock, key, bytes, verdict, says] of cases) {
    const page = await open(clock, "dark");
    if (key) await page.paste(key);
    await page.choose(saved(bytes));
    const result = await page.result();
    assert.deepEqual([result.tone, result.verdict], ["bad", verdict], name);
    assert.match(result.says, says, name);
    await page.shot(name);
    await page.close();
  }
});

test("a result is of the key and the file that are there", async () => {
  const page = await open(made + HOUR);
  await page.paste(alice.text);
  await page.drop(saved(good));
  assert.equal((await page.result()).verdict, "Good");
  await page.paste(bob.text);
  assert.equal((await page.result()).verdict, "Refused: untrusted sender");
  await page.paste(alice.text);
  assert.equal((await page.result()).verdict, "Good");
  await page.drop(saved(Buffer.alloc(9), "other.kovra"));
  assert.equal((await page.result()).verdict, "Refused: malformed");
  await page.drop(saved(good), saved(good, "two.kovra"));
  assert.equal(await page.run("document.getElementById('result').hidden"), true);
  assert.match(await page.run("document.getElementById('drop').innerText"), /One package at a time/);
  // The first takes longer to judge, and is no longer asked for.
  await page.run(`for (const bytes of [new Uint8Array(17 << 20), new Uint8Array(9)]) {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "dev.kovra"));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer }));
  }`);
  await new Promise((go) => setTimeout(go, 1500));
  assert.equal((await page.result()).verdict, "Refused: malformed");
  await page.close();
});

test("the largest package takes no longer than a moment", async (t) => {
  const page = await open(made + HOUR);
  await page.paste(alice.text);
  const since = Date.now();
  await page.choose(saved(content("9-file-16-mib")));
  const { verdict } = await page.result();
  t.diagnostic(`16 MiB: ${Date.now() - since} ms`);
  assert.equal(verdict, "Good");
  assert.ok(Date.now() - since < 10_000);
  await page.close();
});

test("what a package and its name say is text, and is seen", async () => {
  const page = await open(made + HOUR);
  await page.paste(alice.text);
  await page.choose(saved(content("3.7-ext-escape"), "<img src=x onerror=document.title=1>\u202e.kovra"));
  const { verdict, facts } = await page.result();
  assert.equal(verdict, "Good");
  assert.ok(facts.includes('"<img src=x onerror=document.title=1>\\u{202e}.kovra"'), facts);
  assert.match(facts, /Extensions, ignored ".*\\u\{1b\}/);
  assert.doesNotMatch(facts, /[\u0000-\u001f\u200b-\u200f\u202a-\u202e]/);
  assert.equal(await page.run("document.images.length"), 0);
  assert.equal(await page.run("document.title"), "Verify a kovra package");
  await page.shot("escaped");
  await page.close();
});

test("the page's policy lets nothing out and no HTML in", async () => {
  const page = await open(made);
  const blocked = `new Promise((go) => {
    document.addEventListener("securitypolicyviolation", (event) => go(event.effectiveDirective));
    fetch("https://example.org/").catch(() => setTimeout(go, 500));
  })`;
  assert.equal(await page.run(blocked), "connect-src");
  await assert.rejects(page.run("document.body.innerHTML = '<b>x</b>'"), /TrustedHTML/);
  await page.close();
});

test("a package of now", { skip: !process.env.KOVRA_PACKAGE }, async () => {
  const page = await open();
  await page.paste(process.env.KOVRA_SENDER);
  await page.drop(process.env.KOVRA_PACKAGE);
  assert.deepEqual((({ tone, verdict }) => [tone, verdict])(await page.result()), ["good", "Good"]);
  await page.shot("now");
  await page.close();
});

test("nothing was asked of any network", () => {
  assert.ok(asked.includes(url));
  assert.deepEqual([...new Set(asked)].filter((other) => other !== url && !other.startsWith("https://example.org/")), []);
});
