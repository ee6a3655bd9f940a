//! A process that was stopped by a pipe which nobody reads, and what is in its memory.

use forge::people::terminal::Seat;
use forge::people::{Person, kovra_path};
use nix::libc::SYS_write;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Something that is looked for.
#[derive(Clone)]
pub(super) struct Needle {
    name: String,
    bytes: Vec<u8>,
}

pub(super) fn needle(name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Needle {
    let bytes = bytes.as_ref().to_vec();
    assert!(bytes.len() >= 10, "what is shorter may be there by chance");
    Needle { name: name.into(), bytes }
}

/// What a pipe of Linux holds.
const PIPE: usize = 65_536;
/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that is said goes to a pipe. Questions go to the terminal.
const ALL: &str = r#"exec "$0" "$@" >full 2>full"#;
/// Only data does.
const DATA: &str = r#"exec "$0" "$@" >full 2>/dev/null"#;

/// A process that has a word to say, and nobody listens.
pub(super) struct Mute {
    child: Child,
    _pipe: File,
}

/// Runs kovra with `input` up to its first word.
#[track_caller]
pub(super) fn mute(person: &Person, arguments: &[&str], input: &[u8]) -> Mute {
    mute_after(person, ALL, 0, arguments, input)
}

/// Runs kovra until it has said so many bytes of data, and would say more.
#[track_caller]
pub(super) fn mute_after_data(person: &Person, room: usize, arguments: &[&str]) -> Mute {
    mute_after(person, DATA, room, arguments, b"")
}

#[track_caller]
fn mute_after(person: &Person, how: &str, room: usize, arguments: &[&str], input: &[u8]) -> Mute {
    let pipe = full(person, room);
    let mut command = person.command("sh");
    command.args(["-c", how, kovra_path()]).args(arguments).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let process = child.id();
    wait(process, arguments, || child.try_wait().unwrap().is_none());
    Mute { child, _pipe: pipe }
}

impl Mute {
    #[track_caller]
    pub(super) fn has_none_of(self, needles: &[Needle]) {
        let found = self.found(needles);
        assert!(found.is_empty(), "found {found:?}");
    }

    pub(super) fn found(&self, needles: &[Needle]) -> Vec<String> {
        found(self.child.id(), needles)
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Runs kovra at a terminal, answers as [`Person::at_terminal`] does, up to its first word that is no
/// question; nothing of `needles` is there then.
#[track_caller]
pub(super) fn nothing_is_left_at_terminal(
    person: &Person,
    arguments: &[&str],
    typed: &[(&str, &str)],
    needles: impl FnOnce() -> Vec<Needle>,
) {
    let pipe = full(person, 0);
    let mut seat = person.sit("sh", &[&["-c", ALL, kovra_path()], arguments].concat());
    for (prompt, answer) in typed {
        seat.wait(prompt);
        seat.press_line(answer);
    }
    wait(seat.process(), arguments, || true);
    let found = found(seat.process(), &needles());
    assert!(found.is_empty(), "kovra {}: found {found:?}", arguments.join(" "));
    seat.kill();
    drop(pipe);
}

/// What is found in a process that waits for an answer.
pub(super) fn found_in(seat: &Seat, needles: &[Needle]) -> Vec<String> {
    found(seat.process(), needles)
}

/// A named pipe of the person's home that takes so many bytes, and no more. A new one each time: whatever process
/// is just being started elsewhere in this program may keep an old one open for a moment, and full.
fn full(person: &Person, room: usize) -> File {
    let path = person.home().join("full");
    let _ = fs::remove_file(&path);
    assert!(person.command("mkfifo").arg(&path).status().unwrap().success());
    let mut pipe = File::options().read(true).write(true).open(path).unwrap();
    pipe.write_all(&vec![0; PIPE - room]).unwrap();
    pipe
}

#[track_caller]
fn wait(process: u32, arguments: &[&str], mut lives: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_writing(process) {
        assert!(lives(), "kovra {}: it ended without a word", arguments.join(" "));
        assert!(start.elapsed() < PATIENCE, "kovra {}: it says nothing", arguments.join(" "));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether it waits to write to its output.
fn is_writing(process: u32) -> bool {
    let number = SYS_write.to_string();
    let starts = [1, 2].map(|output| format!("{number} 0x{output} "));
    threads(process).iter().any(|call| starts.iter().any(|start| call.starts_with(start)))
}

/// The system call in which each thread waits, as `/proc` has it: its number, what it was given, and where
/// stack and program stand.
fn threads(process: u32) -> Vec<String> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let call = |task: fs::DirEntry| fs::read_to_string(task.path().join("syscall")).ok();
    tasks.filter_map(Result::ok).filter_map(call).collect()
}

/// Where the stacks of the threads stand, once all of them wait.
fn stacks(process: u32) -> Vec<u64> {
    let stack = |call: &String| {
        let pointer = call.split_ascii_whitespace().rev().nth(1)?.strip_prefix("0x")?;
        u64::from_str_radix(pointer, 16).ok()
    };
    let start = Instant::now();
    loop {
        let stacks: Option<Vec<u64>> = threads(process).iter().map(stack).collect();
        if let Some(stacks) = stacks.filter(|all| !all.is_empty()) {
            return stacks;
        }
        assert!(start.elapsed() < PATIENCE, "it never waits, or only root may see where");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The names of those that stand anywhere in what the process can write, but for the stacks of its threads.
pub(super) fn found(process: u32, needles: &[Needle]) -> Vec<String> {
    let stacks = stacks(process);
    let memory = File::open(format!("/proc/{process}/mem")).expect("root may read it");
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let (mut found, mut searched) = (vec![false; needles.len()], 0);
    for (start, end) in maps.lines().filter_map(writable) {
        let mut bytes = vec![0; (end - start) as usize];
        let is_stack = stacks.iter().any(|at| (start..end).contains(at));
        if is_stack || memory.read_exact_at(&mut bytes, start).is_err() {
            continue;
        }
        searched += bytes.len();
        needles.iter().zip(&mut found).for_each(|(n, found)| *found |= holds(&bytes, &n.bytes));
    }
    assert!(searched > 100_000, "a process has more memory than {searched} bytes");
    let names = needles.iter().map(|needle| needle.name.clone());
    names.zip(found).filter_map(|(name, found)| found.then_some(name)).collect()
}

/// The addresses of a line of `maps`, if what is there can be written.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split(' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    let is_writable = fields.next()?.contains('w') && !line.ends_with("[stack]");
    Some((address(start)?, address(end)?)).filter(|_| is_writable)
}

/// Most of a memory is zeros, and no needle starts with one.
fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let first = needle[0];
    (0..bytes.len()).any(|at| bytes[at] == first && bytes[at..].starts_with(needle))
}

/// The child of a process, once it stands before its end.
#[track_caller]
pub(super) fn held_at_its_end(parent: u32, deadline: Instant) -> u32 {
    let number = nix::libc::SYS_exit_group.to_string();
    let children = format!("/proc/{parent}/task/{parent}/children");
    loop {
        let child = fs::read_to_string(&children).ok().and_then(|text| text.trim().parse().ok());
        let is_held = |child: &u32| threads(*child).iter().any(|call| call.starts_with(&number));
        if let Some(child) = child.filter(is_held) {
            return child;
        }
        assert!(Instant::now() < deadline, "it does not come to its end");
        std::thread::sleep(Duration::from_millis(10));
    }
}
