//! Every message that the program can print, in one file that is read as prose: `testdata/messages.txt`.
//!
//! The chapters of a story run the real program, and what it says has to be what the file says. After a
//! change of words, `KOVRA_MESSAGES=write cargo test --test it -- messages` writes the file anew; read it,
//! top to bottom, before it is committed: what failed, where, what to do next, in one voice.
//!
//! [`complete`] holds the file to the code: no kind of error, refusal or question is missing.

#![cfg(all(target_os = "linux", feature = "aws", feature = "azure"))]

mod back_in;
mod backups;
mod book;
mod clouds;
mod complete;
mod devices;
mod entries;
mod everyday;
mod mask;
mod mistakes;
mod packages;
mod peers;
mod plain;
mod policy;
mod post_quantum;
mod running;
mod unlocked;
mod vaults;

use book::Book;
use forge::vector::root;
use std::path::PathBuf;
use std::thread;

/// A heading, and who tells what comes below it.
type Chapter = (&'static str, fn(&mut Book));

/// In the order of the file.
const CHAPTERS: [Chapter; 23] = [
    ("Getting started", everyday::start),
    ("Entries", entries::entries),
    ("What policy refuses, and what it asks", policy::entries),
    ("Questions about trust", policy::trust),
    ("Other people's keys", peers::peers),
    ("One person's devices", devices::devices),
    ("Sealing", packages::sealing),
    ("A package that comes in", packages::importing),
    ("Packages that are wrong", packages::wrong),
    ("What a quantum computer would open", post_quantum::post_quantum),
    ("Receipts, and what was shared", packages::receipts),
    ("Clocks", packages::clocks),
    ("What .env.refs says", running::refs),
    ("Running a program", running::run),
    ("Clouds", clouds::clouds),
    ("A vault that does not open", vaults::locked),
    ("A vault that is unlocked for a time", unlocked::unlocked),
    ("A vault that is not as it was", vaults::damaged),
    ("Getting back in, and another lock", back_in::back_in),
    ("Backups", backups::backups),
    ("Mistakes at the command line", mistakes::mistakes),
    ("Words that no story reaches", plain::plain),
    ("What each command says of itself", mistakes::help),
];

const HEAD: &str = "\
What kovra says, by topic. This file is written by a test (tests/it/messages), and read by people.

A line with $ is what somebody typed. What follows is the output (out), the messages (err), or what the
terminal showed (tty), where `types` tells what was typed there. The exit code is there unless it is 0.
What differs from one run to the next has a name in <>.
";

fn path() -> PathBuf {
    root().join("testdata/messages.txt")
}

/// All chapters, side by side.
fn written() -> String {
    let chapters = thread::scope(|scope| {
        let write = |(title, tell): Chapter| {
            scope.spawn(move || {
                if title == "A vault that is unlocked for a time" && !crate::unlock::kernel_keeps()
                {
                    return in_file(title);
                }
                let mut book = Book::new(title);
                tell(&mut book);
                book.finish()
            })
        };
        let chapters = CHAPTERS.map(write);
        chapters.map(|chapter| chapter.join().expect("a chapter to its end"))
    });
    [HEAD, &chapters.concat()].concat()
}

/// A chapter that can't be told here, as it stands in the file.
fn in_file(title: &str) -> String {
    let file = std::fs::read_to_string(path()).unwrap();
    let start = file.find(&format!("\n\n# {title}\n")).expect("the chapter");
    let length = file[start + 2..].find("\n\n# ").map_or(file.len() - start, |next| next + 2);
    file[start..start + length].to_owned()
}

#[test]
fn the_file_is_what_the_program_says() {
    let written = written();
    if std::env::var_os("KOVRA_MESSAGES").is_some_and(|value| value == "write") {
        std::fs::write(path(), written).unwrap();
        return;
    }
    let file = std::fs::read_to_string(path()).unwrap();
    if let Some(difference) = difference(&file, &written) {
        panic!(
            "{difference}\n`KOVRA_MESSAGES=write cargo test --test it -- messages` writes it anew"
        );
    }
}

/// The first line that differs, with what leads to it.
fn difference(file: &str, written: &str) -> Option<String> {
    let both = file.lines().zip(written.lines());
    let same = both.take_while(|(file, written)| file == written).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("<the end>").to_owned();
    let before: Vec<&str> = file.lines().take(same).collect();
    let before = before[same.saturating_sub(12)..].join("\n");
    let number = same + 1;
    let shown =
        format!("testdata/messages.txt:{number}:\n{before}\n- {}\n+ {}", line(file), line(written));
    (file != written).then_some(shown)
}
