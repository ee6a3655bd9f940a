//! 1Password, by its own program `op`, once: what it gives becomes a literal.
//!
//! The value comes through a pipe and the program gets no more than the reference, so nothing
//! secret is ever an argument. Whose identity it uses is between the user and `op`.

use super::{Fault, FaultKind};
use crate::limits;
use crate::secret::Secret;
use crate::text::is_plain;
use std::fmt;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What is kept of the program's complaint, in bytes.
const COMPLAINT_MAX: usize = 300;

/// `op://<vault>/<item>/[<section>/]<field>`, at most 1 KiB of plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item(String);

impl FromStr for Item {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.strip_prefix("op://").map(|rest| rest.split('/').collect::<Vec<_>>());
        let named = parts
            .is_some_and(|p| (3..=4).contains(&p.len()) && p.iter().all(|part| !part.is_empty()));
        if named && text.len() <= 1024 && is_plain(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a 1Password reference is op://<vault>/<item>/[<section>/]<field>")
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs `op read`, for `timeout` at most.
///
/// # Errors
/// [`FaultKind::Unsupported`] without the program, [`FaultKind::NoIdentity`] if it is not signed
/// in, [`FaultKind::Unreachable`] if it does not end, [`FaultKind::Malformed`] for more than a
/// literal can be, [`FaultKind::NotFound`] if it fails otherwise, with the beginning of its own
/// complaint on one line, not escaped yet.
pub fn read(item: &Item, timeout: Duration) -> Result<Secret, Fault> {
    let patience = Patience { start: Instant::now(), timeout };
    let ran = run(&["read", "--no-newline", &item.0], patience)?;
    if ran.success {
        return ran.output.ok_or_else(|| {
            let most = limits::size(limits::LITERAL);
            let what = format!("`op` gave more than {most}, the most a literal can be");
            Fault::new(FaultKind::Malformed, what, "keep a file of that size elsewhere")
        });
    }
    // Told apart by asking again, and not by the words of a complaint.
    if !run(&["whoami"], patience)?.success {
        let what = "1Password's program `op` is not signed in";
        let hint = "sign in with `op signin`, or set OP_SERVICE_ACCOUNT_TOKEN";
        return Err(Fault::new(FaultKind::NoIdentity, what, hint));
    }
    let what = format!("`op` did not read it: {}", ran.complaint);
    let hint = "check the vault, the item and the field with `op item get`";
    Err(Fault::new(FaultKind::NotFound, what, hint))
}

/// How long both runs of the program have together.
#[derive(Clone, Copy)]
struct Patience {
    start: Instant,
    timeout: Duration,
}

impl Patience {
    fn left(self) -> Duration {
        self.timeout.saturating_sub(self.start.elapsed())
    }
}

struct Ran {
    success: bool,
    /// Nothing, if it was longer than a literal can be.
    output: Option<Secret>,
    complaint: String,
}

fn run(arguments: &[&str], patience: Patience) -> Result<Ran, Fault> {
    let mut child = Command::new("op")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| no_program(&error))?;
    let ran = wait(&mut child, patience);
    if ran.is_none() {
        // What it has started itself may go on, and is not waited for.
        let _ = child.kill();
        let _ = child.wait();
    }
    ran.ok_or_else(|| {
        let what = format!("`op` did not end within {} s", patience.timeout.as_secs_f32());
        let hint = "see if it waits for you to unlock 1Password, or allow more time with --timeout";
        Fault::new(FaultKind::Unreachable, what, hint)
    })
}

/// What became of `child`, if it ends in time.
fn wait(child: &mut Child, patience: Patience) -> Option<Ran> {
    let output = drain(child.stdout.take()?, limits::LITERAL + 1);
    let complaint = drain(child.stderr.take()?, COMPLAINT_MAX);
    let output = output.recv_timeout(patience.left()).ok()?;
    let complaint = complaint.recv_timeout(patience.left()).ok()?;
    let status = loop {
        match child.try_wait().ok()? {
            Some(status) => break status,
            None if patience.left().is_zero() => return None,
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let complaint = String::from_utf8_lossy(complaint.expose());
    Some(Ran {
        success: status.success(),
        output: (output.len() <= limits::LITERAL).then_some(output),
        complaint: complaint.split_whitespace().collect::<Vec<_>>().join(" "),
    })
}

/// The first `limit` bytes of a pipe, once it is closed: a program that can write no more would
/// never end.
fn drain(mut pipe: impl Read + Send + 'static, limit: usize) -> Receiver<Secret> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let head = Secret::read(&mut (&mut pipe).take(limit as u64), limit).ok().flatten();
        if io::copy(&mut pipe, &mut io::sink()).is_ok()
            && let Some(head) = head
        {
            let _ = send.send(head);
        }
    });
    receive
}

fn no_program(error: &io::Error) -> Fault {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "1Password's program `op` was not found".to_owned(),
        _ => format!("1Password's program `op` could not be started: {error}"),
    };
    let hint =
        "install it from https://developer.1password.com/docs/cli, and sign in with `op signin`";
    Fault::new(FaultKind::Unsupported, what, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_vault_an_item_and_a_field() {
        for text in ["op://Private/db/password", "op://Team Vault/db/admin/password"] {
            assert_eq!(text.parse::<Item>().unwrap().to_string(), text);
        }
        for text in [
            "op://",
            "op://vault/item",
            "op://vault//field",
            "op://a/b/c/d/e",
            "op:/vault/item/field",
            "-op://vault/item/field",
            "op://vault/item/fi\u{1b}eld",
        ] {
            assert!(text.parse::<Item>().is_err(), "{text}");
        }
        assert!(format!("op://a/b/{}", "x".repeat(1024)).parse::<Item>().is_err());
    }
}
