// npm's `age-encryption` as a program, which knows hybrid keys. It is looked for where NODE_PATH says.
//
//   node age.mjs keygen                             prints a new hybrid identity
//   node age.mjs recipients KEYS                    prints the recipient of each identity in the file KEYS
//   node age.mjs encrypt PLAIN FILE RECIPIENT...
//   node age.mjs decrypt KEYS FILE PLAIN

import { webcrypto } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Node 18 has it, and not by this name.
globalThis.crypto ??= webcrypto;
const age = await import(pathToFileURL(createRequire(import.meta.url).resolve("age-encryption")));

// As `age` reads a file of identities.
const identities = (file) => readFileSync(file, "utf8").split("\n").filter((line) => line && !line.startsWith("#"));

const commands = {
  async keygen() {
    console.log(await age.generateHybridIdentity());
  },
  async recipients(keys) {
    for (const key of identities(keys)) console.log(await age.identityToRecipient(key));
  },
  async encrypt(plain, file, ...recipients) {
    const encrypter = new age.Encrypter();
    recipients.forEach((recipient) => encrypter.addRecipient(recipient));
    writeFileSync(file, await encrypter.encrypt(readFileSync(plain)));
  },
  async decrypt(keys, file, plain) {
    const decrypter = new age.Decrypter();
    identities(keys).forEach((key) => decrypter.addIdentity(key));
    writeFileSync(plain, await decrypter.decrypt(readFileSync(file)));
  },
};
const [command, ...operands] = process.argv.slice(2);
await commands[command](...operands);
