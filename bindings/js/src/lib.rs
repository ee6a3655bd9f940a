//! The boundary to JavaScript, without glue: a call reads the input that JavaScript has put there, and leaves an
//! answer in JSON. No pointer is followed: JavaScript asks where a buffer is, and goes there itself. Each file has
//! an instance of its own, so a panic, which aborts, leaves nothing to the next.

use kovra::clock::Moment;
use kovra::identity::{PublicIdentity, RecipientId, RecipientKind, SigningPublic};
use kovra::package::{Error, Header, Package};
use kovra::text::{hex, quote};
use std::cell::RefCell;

#[derive(Default)]
struct Desk {
    input: Vec<u8>,
    pinned: Vec<SigningPublic>,
    answer: String,
}

thread_local!(static DESK: RefCell<Desk> = RefCell::default());

#[expect(unsafe_code, reason = "a name for JavaScript is unsafe: two things could have it")]
mod exports {
    /// Room for so many bytes of input, and where it is.
    #[unsafe(no_mangle)]
    extern "C" fn room(length: usize) -> *mut u8 {
        super::DESK.with_borrow_mut(|desk| {
            desk.input = vec![0; length];
            desk.input.as_mut_ptr()
        })
    }

    /// Where the last answer is. What follows gives its length.
    #[unsafe(no_mangle)]
    extern "C" fn answer() -> *const u8 {
        super::DESK.with_borrow(|desk| desk.answer.as_ptr())
    }

    /// Takes the `kovra1...` string of a trusted sender.
    #[unsafe(no_mangle)]
    extern "C" fn pin() -> usize {
        super::answer(super::pin)
    }

    /// Judges a package; `now` is in milliseconds since 1970. What is no number is 1970, when nothing is in date.
    #[unsafe(no_mangle)]
    extern "C" fn verify(now: f64) -> usize {
        super::answer(|desk| super::verify(desk, super::Moment::from_millis(now as u64)))
    }

    /// Makes text from outside fit to be shown.
    #[unsafe(no_mangle)]
    extern "C" fn shown() -> usize {
        super::answer(|desk| super::string(&super::quote(&String::from_utf8_lossy(&desk.input))))
    }
}

fn answer(to: impl FnOnce(&mut Desk) -> String) -> usize {
    DESK.with_borrow_mut(|desk| {
        desk.answer = to(desk);
        desk.answer.len()
    })
}

fn pin(desk: &mut Desk) -> String {
    match String::from_utf8_lossy(&desk.input).parse::<PublicIdentity>() {
        Ok(identity) => {
            desk.pinned.push(identity.signing());
            compared(&identity)
        }
        Err(e) => {
            format!("{{{}}}", refusal("from", &Error::new(e.into(), "sender", e.to_string())))
        }
    }
}

/// What people compare of an identity, as `kovra id --json` names it.
fn compared(identity: &PublicIdentity) -> String {
    let sender = sender(&identity.signing());
    let classical = RecipientId::of_identity(&identity.agreement()).groups();
    let listed = |fingerprint| RecipientId { kind: RecipientKind::Hybrid, fingerprint };
    let hybrid = identity.hybrid_digest().map(|digest| format!("\"{}\"", listed(digest).groups()));
    let hybrid = hybrid.unwrap_or("null".into());
    format!(
        r#"{{"refusal":null,"sender":{sender},"recipient_fingerprint":"{classical}","hybrid_fingerprint":{hybrid}}}"#
    )
}

fn verify(desk: &Desk, now: Moment) -> String {
    let package = match Package::parse(&desk.input) {
        Ok(package) => package,
        Err(e) => return format!("{{{}}}", refusal("parse", &e)),
    };
    let (claims, intact) = (claims(package.header()), package.verify());
    let sender = intact.as_ref().map_or("null".into(), |intact| sender(&intact.sender()));
    let refusal = match intact.map(|intact| intact.trust(&desk.pinned, now)) {
        Ok(Ok(_)) => r#""refusal":null"#.into(),
        Ok(Err(e)) => refusal("trust", &e),
        Err(e) => refusal("verify", &e),
    };
    format!(r#"{{{refusal},"sender":{sender},{claims}}}"#)
}

fn refusal(stage: &str, why: &Error) -> String {
    let (class, place, what) = (why.class.name(), why.place.replace(' ', "-"), why.to_string());
    let what = string(&what);
    format!(
        r#""refusal":{{"class":"{class}","stage":"{stage}","place":"{place}","message":{what}}}"#
    )
}

fn sender(key: &SigningPublic) -> String {
    format!(r#"{{"fingerprint":"{}","key":"{}"}}"#, key.fingerprint(), hex(key.as_bytes()))
}

/// What a package says of itself, as `kovra verify --json` names it.
fn claims(header: &Header) -> String {
    let recipient = |r: &RecipientId| {
        let (kind, groups, id) = (r.kind.name(), r.groups(), hex(&r.fingerprint));
        format!(r#"{{"kind":"{kind}","fingerprint":"{groups}","id":"{id}"}}"#)
    };
    let recipients = header.recipients.iter().map(recipient).collect::<Vec<_>>().join(",");
    let ext = header.ext.iter().map(|name| string(name)).collect::<Vec<_>>().join(",");
    let (id, Header { seq, created, expires, normal, high, .. }) = (header.id_hex(), header);
    let times = format!(r#""seq":{seq},"created":"{created}","expires":"{expires}""#);
    let entries = format!(r#""entries":{{"normal":{normal},"high":{high}}}"#);
    let lists = format!(r#""recipients":[{recipients}],"ext":[{ext}]"#);
    let post_quantum = header.is_post_quantum();
    format!(r#""package":"{id}",{times},{entries},"post_quantum":{post_quantum},{lists}"#)
}

/// A string of JSON (RFC 8259 §7).
fn string(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c < ' ' => format!("\\u{:04x}", u32::from(c)),
        c => c.into(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
