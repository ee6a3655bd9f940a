//! The words of a question. They are made from facts; what a caller or a package chose is escaped, marked
//! off and cut.

use super::{Said, Say, changes, content, count, said};
use kovra::entry::{Mode, Sensitivity};
use kovra::identity::Recipient;
use kovra::ops::backup::BackingUp;
use kovra::ops::import;
use kovra::ops::rekey::Keys;
use kovra::ops::seal::Sealing;
use kovra::ops::transfer::Manner;
use kovra::ops::trust::File;
use kovra::ops::write::{Change, Kind};
use kovra::ops::{About, Older, Program, Question, Why};
use kovra::policy::{Reason, Standing};
use kovra::refs::{Assigned, Variable};
use kovra::text::hex;
use kovra::vault::{Peer, Stored};
use std::ffi::OsString;

/// How many lines a list has of what needs no yes, before the rest is only counted. What a yes is to is never
/// behind a count.
const LINES: usize = 20;
/// How many arguments of a program are shown.
const ARGUMENTS: usize = 20;

/// The whole question, but for how it is answered.
pub(super) fn words(question: &Question<'_>) -> Said {
    let why = question.why;
    match question.about {
        About::Show => said!("show the value of\n{}\nGo on?", reasons(why)),
        About::Resolve { chooses } => {
            let then = if *chooses { "; from then on they are your choice" } else { "" };
            let what = "read what these pointers lead to, which somebody else chose";
            said!("{}{}\n{}\nGo on?", what, then, reasons(why))
        }
        About::Capture => said!(
            "keep a copy in this vault of what its provider now has for\n{}\nGo on?",
            reasons(why)
        ),
        About::Run { program, standing, digest, entries, names, untrusted } => {
            let file = untrusted.as_ref().map(|file| {
                let path = Said::argument(file.path);
                said!("\n  {}, WHICH YOU HAVE NOT TRUSTED YET, says\n{}", path, pairs(file))
            });
            let run = run(program, *standing, digest, names);
            said!("{}{}{}\nGo on?", run, received(why, *entries), file)
        }
        About::TrustFile(untrusted) => said!(
            "give what this file names to what is run with it, for as long as it says this\n  {}\n{}\nGo on?",
            Said::argument(untrusted.path),
            pairs(untrusted)
        ),
        About::Seal(sealing) => seal(sealing, why),
        About::Write(change) => write(change, why),
        About::Remove(entry) => {
            let why = Said::join(why.iter().map(|why| why.reason.say()), "; ");
            said!("remove\n  {}: {}\nGo on?", line(entry), why)
        }
        About::Prune { at, revisions } => {
            let what = count(*revisions, "earlier revision", "earlier revisions");
            said!("erase {} of {} for good\nGo on?", what, at)
        }
        About::BackUp(backing_up) => back_up(backing_up),
        About::Compare(entries) => said!(
            "compare with the package what these entries have, which is closed while the vault is unlocked for a time\n{}\nGo on?",
            Said::lines(entries.iter().map(|at| said!("  {}", at)))
        ),
        About::Overwrite { changes, sender } => overwrite(changes, sender, why),
        other => of_trust(other),
    }
}

/// About people, programs and clocks.
fn of_trust(about: &About<'_>) -> Said {
    match about {
        About::Vouch { peer, known } => vouch(peer, known),
        About::Rotation(peer) => said!(
            "{} ({}) has new encryption keys, signed by the key you pinned.\n\
             Later packages will be sealed to the new ones. Did {} tell you so?",
            peer.name,
            peer.fingerprint(),
            peer.name
        ),
        About::Device { peer, first } => device(peer, first),
        About::Rename { peers, to, known } => {
            let name = peers.first().map(|peer| peer.name.say()).unwrap_or_default();
            let mut lines = vec![said!("rename the peer {} to {}", name, to)];
            lines.extend(peers.iter().map(of_peer));
            lines.extend(known_before(known.iter()));
            lines.push("Go on?".into());
            Said::lines(lines)
        }
        About::Allow { program, loaders } => said!(
            "put this program on the allowlist, for values of production, and for high ones \
             without a question\n  {}\n  SHA-256 {}\n{}Go on?",
            program.path,
            hex(&program.digest),
            loading(loaders)
        ),
        About::SealClock { now, seen } => said!(
            "by this machine's clock it is {}, and the latest package was sealed at {}.\n\
             If that clock was wrong and this one is right, packages are numbered from now on; \
             receivers of the earlier one will be asked.\nIs it {}?",
            now,
            seen,
            now
        ),
        About::ImportClock { now, seen } => said!(
            "by this machine's clock it is {}, and the latest import was at {}.\nA clock \
             that was set back brings expired packages to life.\nIs it {}?",
            now,
            seen,
            now
        ),
        About::Older(entries) => said!(
            "the package is older than what its sender gave you before\n{}\nIf their clock was \
             ahead then, they can tell you. Import it all the same?",
            Said::lines(entries.iter().map(older))
        ),
        other => of_locks(other),
    }
}

/// About what opens the vault, and what is opened.
fn of_locks(about: &About<'_>) -> Said {
    match about {
        About::AddRecovery(way) if way.is_code => {
            "make a recovery code, which is shown next: whoever has it opens all that is in the vault\nGo on?"
                .into()
        }
        About::AddRecovery(way) => {
            let to = Recipient::Age(way.recipient);
            said!(
                "make a way back into the vault: whoever has the secret half of this recipient opens all that \
                 is in it\n  {}\n  fingerprint {}\nGo on?",
                to.to_text(),
                to.id().groups()
            )
        }
        About::RemoveRecovery(way) => {
            let made = if way.is_code { "the recovery code of" } else { "made" };
            let recipient = Recipient::Age(way.recipient).to_text();
            said!(
                "remove a way back into the vault\n  {}, {} {}\nGo on?",
                recipient,
                made,
                way.made
            )
        }
        About::Rekey(Keys::New) => {
            "draw new keys for the vault, seal everything again, and change its lock\nGo on?".into()
        }
        About::Rekey(Keys::Same) => {
            "change the lock of the vault, and keep its keys: who had a copy of the vault, and \
             what opened it, opens this one too\nGo on?"
                .into()
        }
        About::Salvage => {
            "make a new vault, with another lock, of all that still opens of the damaged one\nGo on?".into()
        }
        About::Repair(what) => said!(
            "put all rows of the vault, which are proved, into a fresh file in place of this one\n  {}\nThe old file \
             is not kept, since what is erased later would stay in it: if you want to know who did this, say no, and \
             copy the folder first.\nGo on?",
            what
        ),
        About::Require(true) => {
            "seal nothing from this vault but what stays closed to a quantum computer\nGo on?".into()
        }
        About::Require(false) => {
            "let packages be sealed from this vault that a quantum computer opens\nGo on?".into()
        }
        About::Rotate => {
            "take new encryption keys, to which your peers seal once they have them\nGo on?".into()
        }
        About::ClaimDevice(other) => said!(
            "say that this identity is yours, too: who takes you for who you are will trust its packages and seal to it\n  \
             {}\nIs that the fingerprint that `kovra id` prints on your other device?",
            other.fingerprint()
        ),
        About::AgreeDevice(first) => said!(
            "say that this identity is a further device of\n  {}\nIs that your other device's fingerprint?",
            first.fingerprint()
        ),
        About::SetPin => "change the PIN of the vault\nGo on?".into(),
        other => of_guarded(other),
    }
}

/// About what takes no yes, and the key that comes with one.
fn of_guarded(about: &About<'_>) -> Said {
    match about {
        About::Pin(peer) => guarded(said!(
            "pin this key as {}'s, to seal to\n  {}\nTheir packages stay untrusted.",
            peer.name,
            peer.fingerprint()
        )),
        About::Unpin(peers) => {
            let mut names = peers.iter().map(|peer| peer.name.say());
            let what = said!("remove the peer {}", names.next().unwrap_or_default());
            let lines = [what].into_iter().chain(peers.iter().map(of_peer));
            guarded(Said::lines(lines))
        }
        About::Disallow(path) => {
            guarded(said!("take this program off the allowlist\n  {}", Said::argument(path)))
        }
        About::DistrustFile(path) => {
            guarded(said!("trust this file no longer\n  {}", Said::argument(path)))
        }
        _ => "Go on?".into(),
    }
}

fn guarded(what: Said) -> Said {
    said!("{}\n  {}\nGo on?", what, Reason::Guarded)
}

/// What an import would write over.
fn overwrite(overwritten: &[&import::Change], sender: &str, why: &[Why]) -> Said {
    let another = overwritten.iter().any(|change| change.other_sender);
    let verb = match overwritten.iter().all(|change| change.before.is_some()) {
        true if another => "overwrite what another sender sealed",
        true => "overwrite",
        false => "write",
    };
    let list = changes(overwritten);
    let what = said!("the import of a package by {} would {}\n{}", sender, verb, list);
    match why.iter().any(|why| why.reason == Reason::Guarded) {
        true => guarded(what),
        false => said!("{}\nGo on?", what),
    }
}

/// Lines, as many as can be read, and how many more there are.
fn cut(lines: impl ExactSizeIterator<Item = Said>) -> Said {
    let total = lines.len();
    let mut shown: Vec<Said> = lines.take(LINES).collect();
    if total > LINES {
        shown.push(said!("  and {} more", total - LINES));
    }
    Said::lines(shown)
}

fn reasons(why: &[Why]) -> Said {
    Said::lines(why.iter().map(reason))
}

fn reason(Why { at, sensitivity, reason, leads_to, variable }: &Why) -> Said {
    let variable = variable.as_ref().map(|name| said!("{} = ", name)).unwrap_or_default();
    let pointer = leads_to.as_ref().map(|pointer| said!(" {}", super::points_to(pointer)));
    let pointer = pointer.unwrap_or_default();
    said!("  {}{} ({}){}: {}", variable, at, sensitivity, pointer, reason)
}

fn line(entry: &Stored) -> Said {
    said!("{} ({}) {}", entry.coordinate, entry.sensitivity, content(entry))
}

fn older(Older { at, latest, this }: &Older) -> Said {
    said!("  {}: of {}, not of {}", at, this, latest)
}

fn seal(sealing: &Sealing<'_>, why: &[Why]) -> Said {
    let Sealing { entries, peers, hinders, until, out, token } = sealing;
    let literals = entries.iter().filter(|entry| entry.held.mode() == Mode::Literal);
    let high = literals.clone().filter(|entry| entry.sensitivity >= Sensitivity::High).count();
    let (literals, all) = (literals.count(), count(entries.len(), "entry", "entries"));
    let asked = |entry: &&Stored| why.iter().any(|why| why.at == entry.coordinate);
    let (first, rest): (Vec<&Stored>, Vec<&Stored>) = entries.iter().partition(asked);
    let mut lines = vec![match literals {
        0 => said!("seal {}, all of them pointers", all),
        _ => said!("seal {} ({} with a value, {} of them high)", all, literals, high),
    }];
    let reason = |entry: &Stored| {
        let why = why.iter().find(|why| why.at == entry.coordinate);
        why.map(|why| said!(": {}", why.reason)).unwrap_or_default()
    };
    let listed = |entry: &&Stored| said!("  {}{}", line(entry), reason(entry));
    lines.extend(first.iter().map(listed));
    lines.extend((!rest.is_empty()).then(|| cut(rest.iter().map(listed))));
    lines.push(said!("into {} until {}, for", Said::argument(out), until));
    lines.extend(peers.iter().map(|peer| {
        let unknown = if peer.confirmed { "" } else { "; NEVER CONFIRMED" };
        said!("  {} ({}{})", peer.name, peer.fingerprint(), unknown)
    }));
    if !hinders.is_empty() {
        lines.push("A quantum computer would open it: not all of them have a hybrid key.".into());
    }
    if let Some(token) = token {
        lines.push(said!("with a token in {}", Said::argument(token)));
    }
    let new = peers.iter().filter(|peer| !peer.confirmed).map(|peer| peer.name.say());
    let new: Vec<Said> = new.collect();
    lines.push(match new.is_empty() {
        true => "Go on?".into(),
        false => said!(
            "Is that the fingerprint that {} told you by another channel? If it is, their packages are \
             trusted from now on.",
            Said::join(new, " and ")
        ),
    });
    Said::lines(lines)
}

fn back_up(BackingUp { to, out }: &BackingUp<'_>) -> Said {
    let mut lines = vec![said!(
        "copy the whole vault, with every value and your identity, into {}, for",
        Said::argument(out)
    )];
    if to.is_empty() {
        lines.push("  whoever knows the passphrase of the backup".into());
    }
    for to in to.iter() {
        let known = if to.on_record { "a way back in" } else { "NO WAY BACK IN OF THIS VAULT" };
        lines.push(said!("  {} ({})", to.key.to_age(), known));
        lines.push(said!("    {}", to.fingerprint()));
    }
    lines.push("Who opens it has all of it, for good. Go on?".into());
    Said::lines(lines)
}

fn write(change: &Change<'_>, why: &[Why]) -> Said {
    let Change { at, origin, before, over, sensitivity, pointer, kind, .. } = change;
    let mut lines = vec![match kind {
        Kind::From(source, Manner::Move) => {
            said!("move {} to {} ({})", source.coordinate, at, origin)
        }
        Kind::From(source, Manner::Copy) => {
            said!("copy {} to {} ({})", source.coordinate, at, origin)
        }
        _ => said!("write {} ({})", at, origin),
    }];
    lines.extend(before.iter().map(|entry| said!("  was      {}", line(entry))));
    lines.extend(over.iter().map(|entry| said!("  instead of the global {}", line(entry))));
    let content = || pointer.as_ref().map_or("the value".into(), super::points_to);
    let becomes = match kind {
        Kind::Content => pointer.as_ref().map_or("a new value".into(), super::points_to),
        Kind::Level => "the same".into(),
        Kind::Described(None) => "the same, without a description".into(),
        Kind::Described(Some(words)) => said!("the same, described as {}", Said::quoted(words)),
        Kind::Earlier(number) => said!("{} of revision {}", content(), number),
        Kind::From(source, _) => said!("{} of {}, with its history", content(), source.coordinate),
        Kind::Capture(source) => said!("a copy of what {} now has", source),
    };
    lines.push(said!("  becomes  {} ({}) {}", at, sensitivity, becomes));
    lines.extend(why.iter().map(|why| said!("  {}: {}", why.at, why.reason)));
    lines.push("Go on?".into());
    Said::lines(lines)
}

fn vouch(peer: &Peer, known: &[Peer]) -> Said {
    let mut lines = vec![said!("take this key for {}'s", peer.name)];
    lines.push(said!("  {}", peer.fingerprint()));
    let others = known.iter().filter(|other| other.name != peer.name || other.key != peer.key);
    lines.extend(known_before(others));
    lines.push(said!(
        "Their packages are trusted from now on, and secrets are sealed to them.\nIs that the \
         fingerprint that {} told you by another channel?",
        peer.person()
    ));
    Said::lines(lines)
}

fn device(peer: &Peer, first: &Peer) -> Said {
    let bearings = "Their packages are trusted from now on, and what is sealed to";
    said!(
        "take this key for a further device of {}, as both say\n  {}\n{} {} is sealed to it, too.\nDid {} tell you \
         of it?",
        first.name,
        peer.fingerprint(),
        bearings,
        first.name,
        first.name
    )
}

/// One of a peer's identities; the name of another than the first stands with it.
fn of_peer(peer: &Peer) -> Said {
    match peer.person() == peer.name {
        true => said!("  {}", peer.fingerprint()),
        false => said!("  {} {}", peer.fingerprint(), peer.name),
    }
}

fn known_before<'a>(others: impl IntoIterator<Item = &'a Peer>) -> Vec<Said> {
    let mut told: Vec<Said> = Vec::new();
    for other in others {
        let (name, print) = (&other.name, other.fingerprint());
        let line = said!("  KNOWN BEFORE: {} with the key\n  {}", name, print);
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

/// A program, what is known of it, and what makes it load code.
fn run(program: &Program<'_>, standing: Standing, digest: &[u8; 32], names: &[&str]) -> Said {
    let on_list = match standing {
        Standing::Allowed => "on the allowlist",
        Standing::Unlisted => "not on the allowlist",
        Standing::Changed => "CHANGED since it was allowed",
        Standing::OtherEnvironment => "on the allowlist, for another environment than this",
    };
    let variables = match names.is_empty() {
        true => Said::default(),
        false => said!(
            "with variables that change how it loads or whom it talks to: {}\n",
            Said::join(names.iter().map(Say::say), ", ")
        ),
    };
    said!(
        "run\n  {}\n  SHA-256 {}, {}\n{}{}",
        command_line(program),
        hex(digest),
        on_list,
        loading(program.loaders),
        variables
    )
}

fn received(why: &[Why], entries: usize) -> Said {
    let all = count(entries, "entry", "entries");
    match why.is_empty() {
        true => said!("It would receive {}.", all),
        false if why.len() == entries => said!("It would receive {}:\n{}", all, reasons(why)),
        false => said!("It would receive {}, among them\n{}", all, reasons(why)),
    }
}

/// What a file that was not trusted yet says.
fn pairs(file: &File<'_>) -> Said {
    let pair = |v: &Variable| said!("    {} = {}", v.name, Said::argument(&v.source));
    let project = file.refs.project.iter().map(|project| said!("    project = {}", project));
    // What is given from the vault comes first: the rest is anybody's to read.
    let given = |v: &&Variable| matches!(v.from, Assigned::Secret { .. });
    let (given, rest): (Vec<_>, Vec<_>) = file.refs.variables.iter().partition(given);
    let rest = (!rest.is_empty()).then(|| cut(rest.into_iter().map(pair)));
    Said::lines(project.chain(given.into_iter().map(pair)).chain(rest))
}

/// What makes programs load code. `PATH` is always there and long; the others are why somebody looks.
fn loading(loaders: &[(OsString, OsString)]) -> Said {
    if loaders.is_empty() {
        return Said::default();
    }
    let line =
        |(name, value): &(OsString, OsString)| said!("    {}={}", name, Said::argument(value));
    said!(
        "  in an environment that says where programs load code from\n{}\n",
        Said::lines(loaders.iter().map(line))
    )
}

/// A command with its absolute path, each argument escaped and marked off, none too long to read.
fn command_line(program: &Program<'_>) -> Said {
    let mut words = vec![Said::argument(program.path)];
    words.extend(program.arguments.iter().take(ARGUMENTS).map(Said::argument));
    let more = program.arguments.len().saturating_sub(ARGUMENTS);
    if more > 0 {
        words.push(said!("and {}", count(more, "more argument", "more arguments")));
    }
    Said::join(words, " ")
}
