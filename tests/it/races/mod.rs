//! Two writers at one vault: started at once, or one while the other waits
//! at its prompt. Both land, one after the other, or one of them is refused; nothing is lost.

#![cfg(all(feature = "aws", feature = "azure"))]

mod owners;
mod prompts;
mod world;

use forge::people::terminal::Session;
use std::sync::Barrier;
use world::{State, World, Writer, YES};

/// How often each pair is started at once; `.ci/long races` asks for many more.
fn rounds() -> usize {
    std::env::var("KOVRA_ROUNDS").map_or(1, |text| text.parse().unwrap())
}

/// Refusals of one that came second: not there any more, replayed, against policy, or a conflict.
const SECOND: [u32; 4] = [1, 19, 20, 21];

/// Whether one writer succeeded, if its code is one of those.
#[track_caller]
fn succeeded(code: u32, what: &str) -> bool {
    assert!(code == 0 || SECOND.contains(&code), "{what} ended with {code}");
    code == 0
}

/// [`succeeded`], of one that may be wrong without ending all the others.
fn landed(writer: Writer, session: &Session) -> Result<bool, String> {
    let Session { code, screen } = session;
    let fits = *code == 0 || SECOND.contains(code);
    if fits { Ok(*code == 0) } else { Err(format!("{writer:?} ended with {code}: {screen}")) }
}

/// Fails with all that went wrong.
#[track_caller]
fn nothing_in(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} times:\n{}", wrong.len(), wrong.join("\n"));
}

/// What may be there after both, by who succeeded.
fn possible(start: &State, [a, b]: [(Writer, bool); 2]) -> Vec<State> {
    let one = |writer: Writer, tag| start.after(writer, tag);
    let both = |first: State, writer: Writer, tag| first.after(writer, tag);
    let ends = match (a.1, b.1) {
        (true, true) => vec![
            one(a.0, "a").and_then(|s| both(s, b.0, "b")),
            one(b.0, "b").and_then(|s| both(s, a.0, "a")),
        ],
        (true, false) => vec![one(a.0, "a")],
        (false, true) => vec![one(b.0, "b")],
        (false, false) => vec![],
    };
    ends.into_iter().flatten().collect()
}

#[test]
fn two_writers_at_once_both_land_or_one_is_refused() {
    let worlds = World::both();
    let mut wrong = Vec::new();
    for (n, a) in Writer::ALL.into_iter().enumerate() {
        for b in Writer::ALL.into_iter().skip(n) {
            let round = |_| at_once(worlds.of(a, b), a, b).err();
            wrong.extend((0..rounds()).filter_map(round));
        }
    }
    nothing_in(&wrong);
}

fn at_once(world: &World, a: Writer, b: Writer) -> Result<(), String> {
    let person = world.person.twin();
    let barrier = Barrier::new(2);
    let run = |writer: Writer, tag: &'static str| {
        barrier.wait();
        writer.run(&person, tag)
    };
    let (first, second) = std::thread::scope(|threads| {
        let first = threads.spawn(|| run(a, "a"));
        let second = run(b, "b");
        (first.join().unwrap(), second)
    });
    let what = format!("{a:?} ({}) and {b:?} ({})", first.code, second.code);
    let landed = |writer, session| landed(writer, session).map_err(|e| format!("{what}: {e}"));
    let done = [(a, landed(a, &first)?), (b, landed(b, &second)?)];
    let (found, possible) = (State::of(&person), possible(&world.start, done));
    person.ok(&["audit", "--verify"]);
    let good = possible.iter().any(|state| state.is(&found));
    if good { Ok(()) } else { Err(format!("{what}: {found:?}\n    not of {possible:?}")) }
}

/// The other runs from its start to its end while one waits.
#[test]
fn what_changes_while_a_prompt_is_open_is_not_lost() {
    let worlds = World::both();
    let mut wrong = Vec::new();
    for waiting in Writer::ALL {
        for other in Writer::ALL {
            let Some(prompt) = waiting.prompt() else { continue };
            wrong.extend(while_it_waits(worlds.of(waiting, other), (waiting, prompt), other).err());
        }
    }
    nothing_in(&wrong);
}

fn while_it_waits(
    world: &World,
    (waiting, prompt): (Writer, &str),
    other: Writer,
) -> Result<(), String> {
    let person = world.person.twin();
    let arguments = waiting.at_a_terminal("a");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let waits = person.waits_at(&arguments, prompt);
    let between_them = other.run(&person, "b");
    let between = State::of(&person);
    let mut waits = waits;
    waits.press_line(&waiting.answer("a"));
    let session = waits.answer_always(YES, "y");
    let found = State::of(&person);
    person.ok(&["audit", "--verify"]);
    let what = format!("{waiting:?} ({}) while {other:?} ({})", session.code, between_them.code);
    let changed = landed(other, &between_them)?;
    if !landed(waiting, &session)? {
        return if between.is(&found) { Ok(()) } else { Err(format!("{what}: it is {found:?}")) };
    }
    if changed && waiting.was_asked_of_what_changed(other) {
        return Err(format!("{what}: it was asked about something else"));
    }
    match between.after(waiting, "a") {
        Some(after) if after.is(&found) => Ok(()),
        after => Err(format!("{what}: {found:?}\n    not {after:?}")),
    }
}
