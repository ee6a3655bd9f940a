// The golden vectors, as testdata/*/README.md describe them, and the people in them.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

export const testdata = new URL("../../../testdata/", import.meta.url);

function bytes(line) {
  const [word, ...rest] = line.split(" ");
  const text = rest.join(" ");
  if (word === "text") return Buffer.from(text);
  if (word === "line") return Buffer.from(`${text}\n`);
  if (word === "base64") return Buffer.from(text, "base64");
  if (word === "repeat") return Buffer.alloc(Number(rest[0]), Buffer.from(rest[1], "hex"));
  return Buffer.from(word, "hex");
}

// Each has its keys, and lists of what comes any number of times.
export function vectors(folder) {
  const files = readdirSync(new URL(folder, testdata)).filter((name) => name.endsWith(".txt"));
  return files.sort().map((name) => {
    const file = readFileSync(new URL(`${folder}/${name}`, testdata), "utf8");
    const end = file.indexOf("\n\n");
    const vector = { name: name.slice(0, -4), trust: [] };
    for (const line of file.slice(0, end).split("\n")) {
      const [key, value] = line.split(/: (.*)/);
      if (key === "trust") vector.trust.push(value);
      else vector[key] = value;
    }
    vector.content = Buffer.concat(file.slice(end + 2).split("\n").slice(0, -1).map(bytes));
    return vector;
  });
}

const KEY = { ed25519: "302e020100300506032b657004220420", x25519: "302e020100300506032b656e04220420" };
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

function keys(type, secret) {
  const key = createPrivateKey({ key: Buffer.from(KEY[type] + secret, "hex"), format: "der", type: "pkcs8" });
  return [key, createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32)];
}

function checksum(values) {
  const step = (sum, value) => {
    const top = sum >>> 25;
    const turn = (sum, generator, bit) => ((top >> bit) & 1 ? sum ^ generator : sum);
    return [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].reduce(turn, ((sum & 0x1ffffff) << 5) ^ value);
  };
  return values.reduce(step, 1) ^ 0x2bc830a3;
}

// Bech32m (BIP 350).
function bech32m(prefix, content) {
  const bits = [...content].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const values = bits.match(/.{1,5}/g).map((five) => parseInt(five.padEnd(5, "0"), 2));
  const codes = [...prefix].map((c) => c.charCodeAt(0));
  const sum = checksum([...codes.map((c) => c >> 5), 0, ...codes.map((c) => c & 31), ...values, 0, 0, 0, 0, 0, 0]);
  const check = [25, 20, 15, 10, 5, 0].map((shift) => (sum >>> shift) & 31);
  return `${prefix}1${[...values, ...check].map((value) => ALPHABET[value]).join("")}`;
}

function string(seed, secret) {
  const [signer, ed25519] = keys("ed25519", seed);
  const content = Buffer.concat([Buffer.of(1), ed25519, keys("x25519", secret)[1]]);
  const signature = sign(null, Buffer.concat([Buffer.from("kovra-identity-v1"), content]), signer);
  return { key: ed25519.toString("hex"), text: bech32m("kovra", Buffer.concat([content, signature])) };
}

// By name: the Ed25519 key of everybody in the table of keys, and the kovra1... string that they would give.
export function people() {
  const table = readFileSync(new URL("v1/README.md", testdata), "utf8");
  const rows = [...table.matchAll(/^\| ([a-z]+) \| `([0-9a-f]{64})` \| `([0-9a-f]{64})` \|$/gm)];
  return Object.fromEntries(rows.map(([, name, seed, secret]) => [name, string(seed, secret)]));
}
