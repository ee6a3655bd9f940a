//! The words of a question. They are made from facts; what a caller or a package chose is escaped, marked
//! off and cut.

use super::{changes, content, count};
use kovra::entry::{Mode, Sensitivity};
use kovra::ops::import;
use kovra::ops::seal::Sealing;
use kovra::ops::trust::File;
use kovra::ops::write::{Change, Kind};
use kovra::ops::{About, Older, Program, Question, Why};
use kovra::policy::Standing;
use kovra::refs::{Assigned, Variable};
use kovra::text::{escape, hex};
use kovra::vault::{Peer, Stored};
use std::ffi::{OsStr, OsString};

/// How many lines a list has of what needs no yes, before the rest is only counted. What a yes is to is never
/// behind a count.
const LINES: usize = 20;
/// How many characters of one argument or value are shown.
const WIDTH: usize = 200;
/// How many arguments of a program are shown.
const ARGUMENTS: usize = 20;

/// The whole question, but for how it is answered.
pub(super) fn words(question: &Question<'_>) -> String {
    let why = question.why;
    match question.about {
        About::Show => format!("show the value of\n{}\nGo on?", reasons(why)),
        About::Resolve { chooses } => {
            let then = if *chooses { "; from then on they are your choice" } else { "" };
            let what = "read what these pointers lead to, which somebody else chose";
            format!("{what}{then}\n{}\nGo on?", reasons(why))
        }
        About::Capture => format!(
            "keep a copy in this vault of what its provider now has for\n{}\nGo on?",
            reasons(why)
        ),
        About::Run { program, standing, digest, entries, names, untrusted } => {
            let file = untrusted.as_ref().map(file).unwrap_or_default();
            run(program, *standing, digest, names) + &received(why, *entries) + &file + "\nGo on?"
        }
        About::TrustFile(untrusted) => format!("trust a file{}\nGo on?", file(untrusted)),
        About::Seal(sealing) => seal(sealing, why),
        About::Write(change) => write(change, why),
        About::Remove(entry) => {
            format!("remove\n  {}\n{}\nGo on?", line(entry), reasons(why))
        }
        About::Prune { at, revisions } => {
            let what = count(*revisions, "earlier revision", "earlier revisions");
            format!("erase {what} of {at} for good\nGo on?")
        }
        About::Overwrite { changes, sender } => overwrite(changes, sender),
        other => of_trust(other),
    }
}

/// About people, programs and clocks.
fn of_trust(about: &About<'_>) -> String {
    match about {
        About::Vouch { peer, known } => vouch(peer, known),
        About::Rotation(peer) => format!(
            "{} ({}) has a new X25519 key, signed by the key you pinned.\n\
             Later packages will be sealed to the new one. Did {} tell you so?",
            peer.name,
            peer.fingerprint(),
            peer.name
        ),
        About::Rename { peer, to, known } => {
            let mut said = vec![format!("call the peer {} from now on {to}", peer.name)];
            said.push(format!("  {}", peer.fingerprint()));
            said.extend(known_before(known.iter()));
            said.join("\n") + "\nGo on?"
        }
        About::Allow { program, loaders } => format!(
            "put this program on the allowlist, for values of production, and for high ones \
             without a question\n  {}\n  SHA-256 {}\n{}Go on?",
            escape(&program.path),
            hex(&program.digest),
            loading(loaders)
        ),
        About::SetPin => "exchange the PIN of the vault\nGo on?".to_owned(),
        About::SealClock { now, seen } => format!(
            "by this machine's clock it is {now}, and the latest package was sealed at {seen}.\n\
             If that clock was wrong and this one is right, packages are numbered from now on; \
             receivers of the earlier one will be asked.\nIs it {now}?"
        ),
        About::ImportClock { now, seen } => format!(
            "by this machine's clock it is {now}, and the latest import was at {seen}.\nA clock \
             that was set back brings expired packages to life.\nIs it {now}?"
        ),
        About::Older(entries) => format!(
            "the package is older than what its sender gave you before\n{}\nIf their clock was \
             ahead then, they can tell you. Import it all the same?",
            lines(entries.iter().map(older))
        ),
        _ => "Go on?".to_owned(),
    }
}

/// What an import would write over.
fn overwrite(overwritten: &[&import::Change], sender: &str) -> String {
    let another = overwritten.iter().any(|change| change.other_sender);
    let whose = if another { ", which another sender sealed" } else { "" };
    let list = changes(overwritten);
    format!("the import of a package by {sender} would overwrite{whose}\n{list}\nGo on?")
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

/// Lines, as many as can be read, and how many more there are.
fn cut(lines: impl ExactSizeIterator<Item = String>) -> String {
    let total = lines.len();
    let mut shown: Vec<String> = lines.take(LINES).collect();
    if total > LINES {
        shown.push(format!("  and {} more", total - LINES));
    }
    shown.join("\n")
}

fn reasons(why: &[Why]) -> String {
    lines(why.iter().map(reason))
}

fn reason(Why { at, sensitivity, reason, leads_to, variable }: &Why) -> String {
    let variable = variable.as_ref().map(|name| format!("{name} = ")).unwrap_or_default();
    let pointer = leads_to.as_ref().map(|pointer| format!(" \u{2192} {}", escape(pointer)));
    format!("  {variable}{at} ({sensitivity}){}: {reason}", pointer.unwrap_or_default())
}

fn line(entry: &Stored) -> String {
    format!("{} ({}) {}", entry.coordinate, entry.sensitivity, content(entry))
}

fn older(Older { at, latest, this }: &Older) -> String {
    format!("  {at}: of {this}, not of {latest}")
}

fn seal(sealing: &Sealing<'_>, why: &[Why]) -> String {
    let Sealing { entries, peers, until, out, token } = sealing;
    let literals = entries.iter().filter(|entry| entry.held.mode() == Mode::Literal);
    let high = literals.clone().filter(|entry| entry.sensitivity >= Sensitivity::High).count();
    let (literals, all) = (literals.count(), count(entries.len(), "entry", "entries"));
    let asked = |entry: &&Stored| why.iter().any(|why| why.at == entry.coordinate);
    let (first, rest): (Vec<&Stored>, Vec<&Stored>) = entries.iter().partition(asked);
    let mut lines = vec![format!(
        "seal {all} ({literals} with a value, {high} of them high; the others are pointers)"
    )];
    let reason = |entry: &Stored| {
        let why = why.iter().find(|why| why.at == entry.coordinate);
        why.map(|why| format!(": {}", why.reason)).unwrap_or_default()
    };
    let listed = |entry: &&Stored| format!("  {}{}", line(entry), reason(entry));
    lines.extend(first.iter().map(listed));
    lines.extend((!rest.is_empty()).then(|| cut(rest.iter().map(listed))));
    lines.push(format!("into {} until {until}, for", quoted(out.as_os_str())));
    lines.extend(peers.iter().map(|peer| {
        let unknown = if peer.confirmed { "" } else { "; NEVER CONFIRMED" };
        format!("  {} ({}{unknown})", peer.name, peer.fingerprint())
    }));
    if let Some(token) = token {
        lines.push(format!("with a token in {}", quoted(token.as_os_str())));
    }
    let new: Vec<&str> =
        peers.iter().filter(|peer| !peer.confirmed).map(|peer| peer.name.as_str()).collect();
    lines.push(match new.is_empty() {
        true => "Go on?".to_owned(),
        false => format!(
            "Is that the fingerprint that {} told you by another channel? If it is, their packages are \
             trusted from now on.",
            new.join(" and ")
        ),
    });
    lines.join("\n")
}

fn write(change: &Change<'_>, why: &[Why]) -> String {
    let Change { at, origin, before, over, sensitivity, pointer, kind, .. } = change;
    let mut lines = vec![format!("write {at} ({origin})")];
    lines.extend(before.iter().map(|entry| format!("  was      {}", line(entry))));
    lines.extend(over.iter().map(|entry| format!("  instead of the global {}", line(entry))));
    let content = pointer.as_ref().map(super::points_to);
    let becomes = match kind {
        Kind::Content => content.unwrap_or_else(|| "a new value".to_owned()),
        Kind::Level => "the same".to_owned(),
        Kind::Described(None) => "the same, without a description".to_owned(),
        Kind::Described(Some(words)) => {
            format!("the same, described as {}", quoted(words.as_ref()))
        }
        Kind::Earlier(number) => {
            format!("{} of revision {number}", content.as_deref().unwrap_or("the value"))
        }
        Kind::From(source) => {
            let what = content.as_deref().unwrap_or("the value");
            format!("{what} of {}, with its history", source.coordinate)
        }
    };
    lines.push(format!("  becomes  {at} ({sensitivity}) {becomes}"));
    lines.push(reasons(why));
    lines.push("Go on?".into());
    lines.join("\n")
}

fn vouch(peer: &Peer, known: &[Peer]) -> String {
    let mut lines = vec![format!("take this key for {}'s", peer.name)];
    lines.push(format!("  {}", peer.fingerprint()));
    let others = known.iter().filter(|other| other.name != peer.name || other.key != peer.key);
    lines.extend(known_before(others));
    lines.push(format!(
        "Their packages are trusted from now on, and secrets are sealed to them.\nIs that the \
         fingerprint that {} told you by another channel?",
        peer.name
    ));
    lines.join("\n")
}

fn known_before<'a>(others: impl IntoIterator<Item = &'a Peer>) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for other in others {
        let (name, print) = (&other.name, other.fingerprint());
        let line = format!("  KNOWN BEFORE: {name} with the key\n  {print}");
        if !said.contains(&line) {
            said.push(line);
        }
    }
    said
}

/// A program, what is known of it, and what makes it load code.
fn run(program: &Program<'_>, standing: Standing, digest: &[u8; 32], names: &[&str]) -> String {
    let on_list = match standing {
        Standing::Allowed => "on the allowlist",
        Standing::Unlisted => "not on the allowlist",
        Standing::Changed => "CHANGED since it was allowed",
        Standing::OtherEnvironment => "on the allowlist, for another environment than this",
    };
    let mut text = format!("run\n  {}\n", command_line(program));
    text += &format!("  SHA-256 {}, {on_list}\n", hex(digest));
    text += &loading(program.loaders);
    if !names.is_empty() {
        let names = names.join(", ");
        text += &format!("with variables that change how it loads or whom it talks to: {names}\n");
    }
    text
}

fn received(why: &[Why], entries: usize) -> String {
    let all = count(entries, "entry", "entries");
    match why.is_empty() {
        true => format!("It would receive {all}."),
        false => format!("It would receive {all}, among them\n{}", reasons(why)),
    }
}

/// A file that was not trusted yet, and what it says.
fn file(file: &File<'_>) -> String {
    let pair = |v: &Variable| format!("    {} = {}", v.name, quoted(v.source.as_ref()));
    let project = file.refs.project.iter().map(|project| format!("    project = {project}"));
    // What is given from the vault comes first: the rest is anybody's to read.
    let given = |v: &&Variable| matches!(v.from, Assigned::Secret { .. });
    let (given, rest): (Vec<_>, Vec<_>) = file.refs.variables.iter().partition(given);
    let rest = (!rest.is_empty()).then(|| cut(rest.into_iter().map(pair)));
    let said = lines(project.chain(given.into_iter().map(pair)).chain(rest));
    let path = quoted(file.path.as_ref());
    format!("\n  {path}, WHICH YOU HAVE NOT TRUSTED YET, says\n{said}")
}

/// What makes programs load code. `PATH` is always there and long; the others are why somebody looks.
fn loading(loaders: &[(OsString, OsString)]) -> String {
    if loaders.is_empty() {
        return String::new();
    }
    let line = |(name, value): &(OsString, OsString)| {
        format!("    {}={}", escape(&name.to_string_lossy()), quoted(value))
    };
    format!("  where programs load code by\n{}\n", lines(loaders.iter().map(line)))
}

/// A command with its absolute path, each argument escaped and marked off, none too long to read.
fn command_line(program: &Program<'_>) -> String {
    let mut words = vec![quoted(program.path.as_os_str())];
    words.extend(program.arguments.iter().take(ARGUMENTS).map(|argument| quoted(argument)));
    let more = program.arguments.len().saturating_sub(ARGUMENTS);
    if more > 0 {
        words.push(format!("and {}", count(more, "more argument", "more arguments")));
    }
    words.join(" ")
}

/// What a caller chose: escaped, in quotes where it could be taken for something else, and cut.
pub(super) fn quoted(text: &OsStr) -> String {
    let text = escape(&text.to_string_lossy());
    let length = text.chars().count();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    let cut: String = text.chars().take(WIDTH).collect();
    let more =
        if length > WIDTH { format!("... ({} more)", length - WIDTH) } else { String::new() };
    if !text.is_empty() && text.chars().all(plain) && more.is_empty() {
        return cut;
    }
    format!("'{}'{more}", cut.replace('\'', "\\'"))
}
