// What the types let through, and what not: for tsc, which runs nothing.
import { type Class, type Inspected, Refused, identity, inspect, shown, verify } from "../index.js";

const file = new Blob([]);
const good = await verify(file, { from: ["kovra1..."] });
const words: string[] = [good.sender.key, good.expires, await shown(good.ext[0] ?? ""), ...good.recipients.map((r) => r.fingerprint)];
const count: number = good.entries.normal + good.entries.high + good.seq;
await verify(new Uint8Array(count), { from: new Set(words), now: new Date() });
const { sender, recipient_fingerprint, hybrid_fingerprint } = await identity("kovra1...");
words.push(sender.fingerprint, recipient_fingerprint, hybrid_fingerprint ?? String(good.post_quantum));

// @ts-expect-error: an identity of version 1 has no hybrid key
words.push(hybrid_fingerprint);
// @ts-expect-error: no such kind
words.push(good.recipients.filter(({ kind }) => kind === "ssh-rsa").length.toString());
// @ts-expect-error: nobody is trusted by default
await verify(file);
// @ts-expect-error: a path is no file
await verify("dev.kovra", { from: [] });
const seen = await inspect(new ArrayBuffer(0));
// @ts-expect-error: what was only looked at has no sender that is sure
words.push(seen.sender.key);
// @ts-expect-error: nor is it good
const trusted: typeof good = seen;

try {
  await inspect(file);
} catch (e) {
  if (e instanceof Refused) {
    const [kind, report]: [Class, Inspected | null] = [e.class, e.report];
    // @ts-expect-error: its class takes no key
    words.push(kind === "not-for-me" ? e.stage : e.message, report?.package ?? e.place);
  }
}
