/** A file, or its bytes. Of what is larger than 16 MiB, no more than that and a byte is read. */
export type Source = Blob | ArrayBuffer | ArrayBufferView;

/** Checks a package: well-formed, as it was signed, by one of `from`, in date. Whatever else it is, it is refused.
 *  `from` has the `kovra1...` strings of those whom you trust, of whatever version; an `age1pq1...` may stand behind one. `now` is the time in milliseconds, now by default. */
export function verify(file: Source, options: { from: Iterable<string>; now?: number | Date }): Promise<Good>;

/** What a package says of itself, to whoever has it. **It is never a reason to trust one**: only its signature
 *  vouches for that, by whoever made it, and it may have expired. Refused is what is not even well-formed. */
export function inspect(file: Source): Promise<Inspected>;

/** What people compare of a `kovra1...` string, with its `age1pq1...` behind it or without. */
export function identity(text: string): Promise<Compared>;

/** Text from outside between quotation marks, with everything escaped that is not seen or turns the direction of
 *  reading: what is in `ext`, for one. It is not escaped for HTML. */
export function shown(text: string): Promise<string>;

/** The classes of `package-v1.md` that need no key. */
export type Class = "malformed" | "limit" | "unsupported" | "signature" | "untrusted" | "time" | "binding";

/** `from` is a string in `from`; the others are the steps of `package-v1.md` 8. `message` is for people. */
export type Refusal = { class: Class; stage: "from" | "parse" | "verify" | "trust"; place: string; message: string };

/** What is thrown where something is refused. `report` is there if the package is well-formed. */
export class Refused extends Error implements Refusal {
  readonly class: Class;
  readonly stage: Refusal["stage"];
  readonly place: string;
  readonly report: Inspected | null;
}

/** The fingerprint, which people compare, in 8 groups of 5 digits, and the Ed25519 key in hex. */
export type Sender = { fingerprint: string; key: string };

/** Of an identity: whoever has a package can tell its recipients by the latter two, 8 groups of 5 digits each. One is of
 *  classical packages, the other of post-quantum ones, and `null` if the identity has no hybrid key. */
export type Compared = { sender: Sender; recipient_fingerprint: string; hybrid_fingerprint: string | null };

/** What the sender says. Names and forms are those of `kovra verify --json`, in `spec/json.md`. */
export type Claims = {
  package: string;
  seq: number;
  created: string;
  expires: string;
  /** In slot 1, which takes a token, are the high ones; it is there if they are any. */
  entries: { normal: number; high: number };
  /** Whether it stays closed to a quantum computer: all recipients are hybrid, or none is. */
  post_quantum: boolean;
  recipients: { kind: "kovra" | "age" | "ssh-ed25519" | "hybrid"; fingerprint: string; id: string }[];
  /** Names of extensions, which may hold any character: see `shown`. */
  ext: string[];
};

export type Good = Claims & { refusal: null; sender: Sender };
/** `sender` is there if the signature holds; else nothing is sure. */
export type Inspected = Claims & { refusal: Refusal; sender: Sender | null };
