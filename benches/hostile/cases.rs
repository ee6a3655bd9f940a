//! Packages at the limit that cost as much as they can before they are refused.
//!
//! Mallory signs them. She is pinned by the reader, so they go as far as they are well-formed.

use bech32::{Bech32, Hrp};
use forge::age::{self, Age};
use forge::cbor::{bytes, cat, head, map, text, uint};
use forge::people::Person;
use forge::{self, CAROL, Forge, MALLORY, To, Value, entry, fixed_token, listed, prefix, stranger};
use kovra::clock::Moment;
use kovra::identity::PublicIdentity;
use kovra::limits;
use kovra::package::Class::{self, *};
use sha2::{Digest, Sha256};

/// A package, and the class by which an import refuses it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) make: fn(&Ground) -> Vec<u8>,
}

fn case(name: &'static str, class: Class, make: fn(&Ground) -> Vec<u8>) -> Case {
    Case { name, class, make }
}

/// Refused before anything is decrypted.
pub(crate) fn by_anybody() -> Vec<Case> {
    [parse(), age_headers(), signatures()].into_iter().flatten().collect()
}

/// Refused by what decrypts, which takes a pinned sender's signature.
pub(crate) fn by_a_peer() -> Vec<Case> {
    [stanzas(), payloads(), high()].into_iter().flatten().collect()
}

/// Whom the packages are for, and since when.
pub(crate) struct Ground {
    reader: To,
    now: u64,
}

impl Ground {
    /// `reader` pins Mallory, gets the token, and imports what [`remembered`] builds on.
    pub(crate) fn of(reader: &Person) -> Self {
        use ::age::secrecy::ExposeSecret;
        let me: PublicIdentity = reader.id().parse().unwrap();
        let x = me.agreement();
        let key = bech32::encode::<Bech32>(Hrp::parse("age").unwrap(), x.as_bytes()).unwrap();
        let to = To { listed: listed(0, x.as_bytes()), key };
        let ground = Self { reader: to, now: Moment::from(std::time::SystemTime::now()).seconds() };
        reader.pin_key("mallory", &ground.sender());
        reader.write("token", fixed_token(0x70).to_string().expose_secret());
        let first = ground.forge(many(0, 3900), vec![]).set(0, bytes(&REMEMBERED));
        reader.write("first.kovra", first.file());
        reader.ok(&["import", "first.kovra"]);
        ground
    }

    /// The string of who signs.
    pub(crate) fn sender(&self) -> String {
        MALLORY.identity().public().to_string()
    }

    /// A package by Mallory to the reader.
    fn forge(&self, normal: Vec<Vec<u8>>, high: Vec<Vec<u8>>) -> Forge {
        self.forge_to(std::slice::from_ref(&self.reader), normal, high)
    }

    fn forge_to(&self, to: &[To], normal: Vec<Vec<u8>>, high: Vec<Vec<u8>>) -> Forge {
        let mut forge = Forge::with(to, normal, high)
            .set(1, bytes(&MALLORY.ed()))
            .set(2, uint(self.now * 1000))
            .set(3, uint(self.now))
            .set(4, uint(self.now + 86_400));
        forge.signer = MALLORY.signing();
        forge.cipher = age::encrypt;
        forge
    }

    /// As many recipients as there may be, the reader among them, and stanzas with the reader's last.
    fn crowd(&self) -> (Vec<To>, Vec<String>) {
        let mut to: Vec<To> = (1..64).map(|n| To::kovra(&stranger(n))).collect();
        let keys = to.iter().chain([&self.reader]).map(|to| to.key.clone()).collect();
        to.push(self.reader.clone());
        to.sort_by(|a, b| a.listed.cmp(&b.listed));
        (to, keys)
    }

    /// The good package with `length` bytes of padding in slot 0.
    fn padded(&self, length: usize) -> (Forge, Vec<u8>) {
        let forge = self.forge(vec![small("dev/a/b")], vec![]);
        let payload = payload(&forge, 0, &vec![0; length]);
        (forge, payload)
    }
}

/// The file of exactly the limit among those that `make` makes of a number of bytes.
fn largest(make: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut room = limits::FILE - (64 << 10);
    for _ in 0..8 {
        let file = make(room);
        if file.len() == limits::FILE {
            return file;
        }
        room = room + limits::FILE - file.len();
    }
    panic!("no file is of exactly 16 MiB");
}

fn small(coordinate: &str) -> Vec<u8> {
    entry(coordinate, Value::Literal(b"v"), 0)
}

/// The plaintext of `slot`, with this padding.
fn payload(forge: &Forge, slot: usize, pad: &[u8]) -> Vec<u8> {
    forge::payload(slot as u64, &Sha256::digest(forge.header()), &forge.entries[slot], pad)
}

/// As few literals as hold `length` bytes.
fn literals(component: &str, sensitivity: u64, length: usize) -> Vec<Vec<u8>> {
    let value = vec![7; limits::LITERAL];
    let sizes = (0..length).step_by(limits::LITERAL).map(|at| limits::LITERAL.min(length - at));
    let coordinate = |n| format!("dev/{component}/k{n:04}");
    let entry = |(n, size)| entry(&coordinate(n), Value::Literal(&value[..size]), sensitivity);
    (0..).zip(sizes).map(entry).collect()
}

/// As many entries as there may be, each with a description and a value of `length` bytes.
fn many(sensitivity: u64, length: usize) -> Vec<Vec<u8>> {
    let value = vec![7; length];
    let described = |n: usize| {
        let entry = entry(&format!("dev/c/k{n:04}"), Value::Literal(&value), sensitivity);
        cat(&[&map(5), &entry[1..], &uint(4), &text(&"\u{e9}".repeat(64))])
    };
    (0..limits::ENTRIES).map(described).collect()
}

/// Refused before anything but the file's structure and the header is looked at.
fn parse() -> Vec<Case> {
    vec![
        case("a byte over the limit", Limit, |g| {
            let file = largest(|n| {
                let (forge, payload) = g.padded(n);
                forge.file_of(&forge.seal(&payload), b"")
            });
            cat(&[&file, &[0]])
        }),
        case("arrays in arrays", Malformed, |_| nested(&[0x81])),
        case("tags on tags", Malformed, |_| nested(&[0xc6])),
        case("maps in maps", Malformed, |_| nested(&[0xa1, 0])),
        case("an array of as many items as bytes", Malformed, |_| {
            let mut file = cat(&[&[0xd9, 0xd9, 0xf7], &head(4, 16_000_000), &prefix()[4..]]);
            file.resize(limits::FILE, 0);
            file
        }),
        case("a header of 16 MiB", Limit, |g| {
            let forge = g.forge(vec![small("dev/a/b")], vec![]);
            largest(|n| forge::sign(&forge.signer, &prefix(), &vec![0xa0; n], b"", b""))
        }),
        case("arrays in a header", Malformed, |g| nested_header(g, &[0x81])),
        case("maps in a header", Malformed, |g| nested_header(g, &[0xa1, 0])),
        case("as many extensions as fit", Unsupported, |g| {
            let of = |first: u8| -> Vec<u8> {
                let names = (0..0x80).flat_map(|a| (first..first + 0x0f).map(move |b| [a, b]));
                let pairs: Vec<u8> =
                    names.flat_map(|name| cat(&[&[0x62], &name, &[0x40]])).collect();
                cat(&[&map(0x80 * 0x0f), &pairs])
            };
            let forge = g.forge(vec![small("dev/a/b")], vec![]).set(7, of(0x20)).set(8, of(0x40));
            assert!(forge.header().len() > 15_000);
            let seal = |n| Age::of(&forge.keys, &vec![0; n]).file();
            largest(|n| forge.file_of(&seal(n), b""))
        }),
    ]
}

/// In a header of as much as there may be, one item in another.
fn nested_header(g: &Ground, step: &[u8]) -> Vec<u8> {
    let forge = g.forge(vec![small("dev/a/b")], vec![]);
    let header = step.repeat(limits::HEADER / step.len());
    largest(|n| forge::sign(&forge.signer, &prefix(), &header, &vec![0; n], b""))
}

/// A package's first item, and `step` to the limit.
fn nested(step: &[u8]) -> Vec<u8> {
    let mut file = prefix();
    while file.len() < limits::FILE {
        file.extend_from_slice(step);
    }
    file.truncate(limits::FILE);
    file
}

/// Refused by the pre-scan.
fn age_headers() -> Vec<Case> {
    fn with(g: &Ground, start: &str, step: &str) -> Vec<u8> {
        let forge = g.forge(vec![small("dev/a/b")], vec![small("dev/a/c")]);
        let sealed = forge.sealed();
        largest(|n| {
            let high = format!("age-encryption.org/v1\n{start}{}", step.repeat(n / step.len()));
            let rest = vec![b'A'; n % step.len()];
            forge.file_of(&sealed, &cat(&[high.as_bytes(), &rest]))
        })
    }
    vec![
        case("an age header without an end", Limit, |g| with(g, "-> a-grease\n", "A")),
        case("an age header of stanzas", Limit, |g| with(g, "", "-> a-grease\n\n")),
        case("an age header of spaces", Limit, |g| with(g, "-> a-grease", " ")),
        case("an age header of words", Malformed, |g| {
            let words = " a".repeat(8100);
            with(g, &format!("-> a-grease{words}\n\n--- {}\n", forge::B32), "A")
        }),
        case("an age header of grease", Malformed, |g| {
            let stanzas = "-> a-grease\n\n".repeat(1250);
            with(g, &format!("{stanzas}--- {}\n", forge::B32), "A")
        }),
        case("an age header of X25519", Binding, |g| {
            let stanzas = forge::x25519_stanza().repeat(160);
            with(g, &format!("{stanzas}--- {}\n", forge::B32), "A")
        }),
        case("age headers of 64 stanzas, and one more", Binding, |g| {
            let (forge, sealed) = crowd_and_grease(g);
            let stanzas = forge::x25519_stanza().repeat(65);
            let start = format!("age-encryption.org/v1\n{stanzas}--- {}\n", forge::B32);
            largest(|n| forge.file_of(&sealed, &cat(&[start.as_bytes(), &vec![b'A'; n]])))
        }),
    ]
}

/// A package to as many as there may be, half of them by SSH keys, and slot 0 of it with as much grease as there may be.
fn crowd_and_grease(g: &Ground) -> (Forge, Vec<u8>) {
    let of = |n| [To::kovra(&stranger(n)), To::ssh(&stranger(n))];
    let mut to: Vec<To> = (0..32).flat_map(of).collect();
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let forge = g.forge_to(&to, vec![small("dev/a/b")], vec![small("dev/a/c")]);
    let mut age = Age::of(&forge.keys, b"nobody gets as far as this");
    grease(&mut age);
    (forge, age.file())
}

/// A grease stanza of as much as there may be.
fn grease(age: &mut Age) {
    age.stanzas.push(format!("-> a-grease{}\n\n", " a".repeat(506)));
}

/// Refused by the signature, and by who made it when.
fn signatures() -> Vec<Case> {
    vec![
        case("a wrong signature", Signature, |g| {
            let mut file = largest(|n| {
                let (forge, payload) = g.padded(n);
                forge.file_of(&forge.seal(&payload), b"")
            });
            let last = file.len() - 68;
            file[last] ^= 1;
            file
        }),
        case("all that is parsed, and a wrong signature", Signature, |g| {
            let (forge, sealed) = crowd_and_grease(g);
            let ext: Vec<u8> =
                (0..0x7f).flat_map(|n| cat(&[&[0x61, n], &[0x58, 64], &[n; 64]])).collect();
            let forge = forge.set(8, cat(&[&map(0x7f), &ext]));
            assert!(forge.header().len() > 11_000);
            let mut file = largest(|n| {
                let mut age = Age::of(&forge.keys, &vec![0; n]);
                grease(&mut age);
                forge.file_of(&sealed, &age.file())
            });
            let last = file.len() - 68;
            file[last] ^= 1;
            file
        }),
        case("a stranger", Untrusted, |g| {
            largest(|n| {
                let (forge, payload) = g.padded(n);
                let mut forge = forge.set(1, bytes(&CAROL.ed()));
                forge.signer = CAROL.signing();
                forge.file_of(&forge.seal(&payload), b"")
            })
        }),
        case("expired", Time, |g| {
            largest(|n| {
                let (forge, payload) = g.padded(n);
                let forge = forge.set(2, uint(0)).set(3, uint(1)).set(4, uint(2));
                forge.file_of(&forge.seal(&payload), b"")
            })
        }),
        case("to somebody else", NotForMe, |g| {
            largest(|n| {
                let forge = g.forge_to(&[To::kovra(&CAROL)], vec![small("dev/a/b")], vec![]);
                forge.file_of(&forge.seal(&vec![0; n]), b"")
            })
        }),
    ]
}

/// Refused by what decrypts.
fn stanzas() -> Vec<Case> {
    fn crowded(g: &Ground, stanzas: impl Fn(&mut Age)) -> Vec<u8> {
        let (to, keys) = g.crowd();
        let forge = g.forge_to(&to, vec![small("dev/a/b")], vec![]);
        largest(|n| {
            let mut age = Age::of(&keys, &vec![0; n]);
            stanzas(&mut age);
            forge.file_of(&age.file(), b"")
        })
    }
    fn damaged(g: &Ground, damage: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        largest(|n| {
            let (forge, payload) = g.padded(n);
            let mut sealed = forge.seal(&payload);
            damage(&mut sealed);
            forge.file_of(&sealed, b"")
        })
    }
    vec![
        case("64 stanzas, none of them mine", NotForMe, |g| {
            crowded(g, |age| {
                age.stanzas[63] = age.stanzas[0].clone();
                grease(age);
            })
        }),
        case("64 stanzas, and no payload", Malformed, |g| crowded(g, grease)),
        case("a body of zeros", Binding, |g| damaged(g, |sealed| sealed[300..].fill(0))),
        case("a damaged last chunk", Binding, |g| {
            damaged(g, |sealed| *sealed.last_mut().unwrap() ^= 1)
        }),
        case("no last chunk", Binding, |g| {
            let (forge, payload) = g.padded(255 * age::CHUNK);
            let mut sealed = forge.seal(&payload);
            // Its last chunk is what the payload is longer than its padding.
            sealed.truncate(sealed.len() - (payload.len() - 255 * age::CHUNK) - 16);
            forge.file_of(&sealed, b"")
        }),
    ]
}

/// Refused by what is in the payload.
fn payloads() -> Vec<Case> {
    fn of(g: &Ground, entries: impl Fn(usize) -> Vec<Vec<u8>>) -> Vec<u8> {
        largest(|n| {
            let forge = g.forge(entries(n), vec![]);
            forge.file_of(&forge.seal(&payload(&forge, 0, &[])), b"")
        })
    }
    vec![
        case("padding that ends in another byte", Malformed, |g| {
            largest(|n| {
                let (forge, mut payload) = g.padded(n);
                *payload.last_mut().unwrap() = 1;
                forge.file_of(&forge.seal(&payload), b"")
            })
        }),
        case("arrays in a payload", Malformed, |g| {
            largest(|n| {
                let forge = g.forge(vec![small("dev/a/b")], vec![]);
                forge.file_of(&forge.seal(&vec![0x81; n]), b"")
            })
        }),
        case("a coordinate of control characters", Policy, |g| {
            of(g, |n| vec![small(&"\u{1}".repeat(n))])
        }),
        case("a coordinate of slashes", Policy, |g| of(g, |n| vec![small(&"/".repeat(n))])),
        case("a pointer of 16 MiB", Limit, |g| {
            of(g, |n| vec![entry("dev/a/b", Value::Reference(&"a".repeat(n)), 0)])
        }),
        case("a description of 16 MiB", Limit, |g| {
            of(g, |n| vec![forge::described("dev/a/b", &"a".repeat(n))])
        }),
        case("extensions of an entry, the last out of order", Malformed, |g| {
            of(g, |n| vec![extended(n)])
        }),
        case("4,096 entries, the last with a bad name", Policy, |g| {
            of(g, |n| {
                let mut entries = many(0, 3900);
                entries[limits::ENTRIES - 1] = small("zz");
                let missing = n.saturating_sub(entries.concat().len()).min(limits::LITERAL);
                entries[0] = entry("dev/c/k0000", Value::Literal(&vec![7; missing]), 0);
                entries
            })
        }),
        case("literals, and one of prod", Policy, |g| {
            of(g, |n| {
                let mut entries = literals("c", 0, n);
                entries.push(small("prod/a/b"));
                entries
            })
        }),
    ]
}

/// An entry with so many bytes of extensions, as small as they may be and all in order but the last.
fn extended(length: usize) -> Vec<u8> {
    let name = |n: usize| [21, 14, 7, 0].map(|bits| (n >> bits) as u8 & 0x7f);
    let count = (length / 6).max(2);
    let pair = |n: usize, value: &[u8]| cat(&[&[0x64], &name(n), &bytes(value)]);
    let mut pairs = pair(0, &vec![0; length % 6]);
    (1..count - 1).for_each(|n| pairs.extend(pair(n, b"")));
    pairs.extend(pair(0, b""));
    let mut entry = small("dev/a/b");
    entry[0] = map(5)[0];
    cat(&[&entry, &[5], &map(count as u64), &pairs])
}

/// Refused in slot 1, which is decrypted twice.
fn high() -> Vec<Case> {
    fn of(g: &Ground, last: &str, inner: impl Fn(&Forge, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let (to, keys) = g.crowd();
        largest(|n| {
            let mut entries = literals("c", 2, n);
            entries.push(entry(last, Value::Literal(b"v"), 2));
            let mut forge = g.forge_to(&to, vec![small("dev/a/b")], entries);
            forge.keys.clone_from(&keys);
            let high = forge.seal(&inner(&forge, &payload(&forge, 1, &[])));
            forge.file_of(&forge.sealed(), &high)
        })
    }
    fn token(byte: u8) -> [String; 1] {
        [fixed_token(byte).to_public().to_string()]
    }
    vec![
        case("slot 1 to another token", Token, |g| {
            of(g, "dev/d/e", |_, payload| age::encrypt(&token(0x71), payload))
        }),
        case("slot 1 with a damaged last chunk", Binding, |g| {
            of(g, "dev/d/e", |_, payload| {
                let mut inner = age::encrypt(&token(0x70), payload);
                *inner.last_mut().unwrap() ^= 1;
                inner
            })
        }),
        case("slot 1 with a bad name", Policy, |g| {
            of(g, "zz", |_, payload| age::encrypt(&token(0x70), payload))
        }),
        case("slot 1 with a literal of prod", Policy, |g| {
            of(g, "prod/a/b", |_, payload| age::encrypt(&token(0x70), payload))
        }),
        case("slot 1 with a coordinate of control characters", Policy, |g| {
            largest(|n| {
                let high = entry(&"\u{1}".repeat(n), Value::Literal(b"v"), 2);
                g.forge(vec![small("dev/a/b")], vec![high]).file()
            })
        }),
        case("both slots, and one of prod", Policy, |g| {
            largest(|n| {
                let mut high = literals("d", 2, n - n / 2);
                high.push(entry("prod/a/b", Value::Literal(b"v"), 2));
                g.forge(literals("c", 0, n / 2), high).file()
            })
        }),
    ]
}

const REMEMBERED: [u8; 16] = [0x2d; 16];

/// Refused for what the reader's vault holds.
pub(crate) fn remembered() -> Vec<Case> {
    vec![
        case("an id that was there", Replay, |g| {
            largest(|n| {
                let (forge, payload) = g.padded(n);
                let forge = forge.set(0, bytes(&REMEMBERED));
                forge.file_of(&forge.seal(&payload), b"")
            })
        }),
        case("4,096 entries, the last older than mine", Replay, |g| {
            largest(|n| {
                let mut entries = many(0, 3900);
                let missing = n.saturating_sub(entries.concat().len()).min(limits::LITERAL);
                let last = format!("dev/c/k{:04}", limits::ENTRIES - 1);
                entries[limits::ENTRIES - 1] = entry(&last, Value::Literal(&vec![7; missing]), 0);
                let forge = g.forge(entries, vec![]).set(2, uint(g.now * 1000 - 1));
                forge.file_of(&forge.seal(&payload(&forge, 0, &[])), b"")
            })
        }),
    ]
}
