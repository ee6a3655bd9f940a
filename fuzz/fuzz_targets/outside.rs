//! Our reader and the one of `tests/outside/reader.py`, which was written from the specification alone, make the same
//! of a package: class, stage and entries.
//!
//! The first byte says which part of a good package the others are, and which token the reader has. It needs
//! `python3` with cbor2 and cryptography.

#![no_main]

use forge::golden::line;
use forge::part::Part;
use forge::{ALICE, BOB, Forge, NOW, fixed_token};
use kovra::package::{Error, High, Package};
use kovra::text::hex;
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

const TOKENS: [&str; 4] = ["yes", "no", "other", "skip"];
/// The same of a post-quantum package, whose other token is of the other kind.
const HYBRID_TOKENS: [&str; 4] = ["hybrid", "no", "yes", "skip"];

static OUTSIDE: LazyLock<Mutex<Outside>> = LazyLock::new(|| Mutex::new(Outside::start()));

fuzz_target!(|data: &[u8]| {
    let Some((first, given)) = data.split_first() else { return };
    let Some(part) = Part::of(*first) else { return };
    let package = part.package(given);
    let is_hybrid = Package::parse(&package).is_ok_and(|read| read.header().is_post_quantum());
    let token = if is_hybrid { HYBRID_TOKENS } else { TOKENS }[usize::from(first >> 6)];
    let ours = ours(&package, token);
    let theirs = OUTSIDE.lock().expect("one thread").ask(&package, token);
    assert_eq!(
        ours,
        theirs,
        "ours and the outside reader's, of a package with token {token}: {}",
        hex(&package)
    );
});

/// Class, stage and SHA-256 of the entries' lines, as the other prints them.
fn ours(package: &[u8], token: &str) -> String {
    let (class, stage, lines) = match read(package, token) {
        Ok(lines) => ("ok", "open", lines),
        Err((stage, e)) => (e.class.name(), stage, vec![]),
    };
    format!("{class} {stage} {}\n", hex(&Sha256::digest(lines.join("\n"))))
}

fn read(package: &[u8], token: &str) -> Result<Vec<String>, (&'static str, Error)> {
    let token_file = match token {
        "yes" => Some(Forge::good().token()),
        "hybrid" => Some(Forge::good().with_hybrid_token().token()),
        "other" => Some(Forge { token: fixed_token(0x71), ..Forge::good() }.token()),
        _ => None,
    };
    let high = if token == "skip" { High::Skip } else { High::with(token_file.as_ref()) };
    let intact = Package::parse(package).map_err(|e| ("parse", e))?;
    let verified = intact.verify().map_err(|e| ("verify", e))?;
    let trusted = verified.trust(&[ALICE.pinned()], NOW).map_err(|e| ("trust", e))?;
    let contents = trusted.open(&BOB.whole_identity(1), high).map_err(|e| ("open", e))?;
    Ok(contents.entries.iter().map(line).collect())
}

/// The other reader, in a process that ends with this one.
struct Outside {
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Outside {
    fn start() -> Self {
        let root = forge::vector::root();
        let mut python = Command::new("python3");
        python.arg(root.join("tests/outside/answer.py")).arg(root.join("testdata/v1"));
        python.arg(NOW.seconds().to_string()).arg(hex(&ALICE.ed()));
        python.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = python.spawn().expect("this target needs python3");
        let input = process.stdin.take().expect("it is piped");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { _process: process, input, output }
    }

    fn ask(&mut self, package: &[u8], token: &str) -> String {
        let start = format!("{token} {}\n", package.len());
        let asked = self.input.write_all(&[start.as_bytes(), package].concat());
        asked.expect("the outside reader goes on");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("the outside reader answers");
        answer
    }
}
