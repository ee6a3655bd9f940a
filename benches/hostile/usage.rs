//! CPU and memory of one process.
//!
//! A process that runs another gets its own peak counted as the other's first, so a large one cannot
//! tell: this program runs itself once more, small, in between.

use nix::sys::resource::{Usage, UsageWho, getrusage};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use forge::golden::Vector;
use forge::vector::File;

/// What a process took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// User and system.
    pub(crate) cpu: Duration,
    /// The most that was resident at a time, in bytes.
    pub(crate) memory: u64,
}

impl Cost {
    /// The least of both: what another process on the machine adds is not what the file costs.
    pub(crate) fn least(self, other: Self) -> Self {
        Self { cpu: self.cpu.min(other.cpu), memory: self.memory.min(other.memory) }
    }
}

/// Runs `command` to its end, in silence. Gives its exit code and what it took.
pub(crate) fn of_command(command: &Command) -> (i32, Cost) {
    let mut between = Command::new(std::env::current_exe().unwrap());
    between.arg("of-command").arg(command.get_program()).args(command.get_args()).env_clear();
    between.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        between.current_dir(folder);
    }
    ask(&mut between)
}

/// Runs the golden vector of `file` through the library in a process of its own. Gives 0 if it is
/// refused.
pub(crate) fn of_vector(file: &Path) -> (i32, Cost) {
    ask(Command::new(std::env::current_exe().unwrap()).arg("of-vector").arg(file))
}

fn ask(command: &mut Command) -> (i32, Cost) {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<u64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [code, micros, kib] = numbers[..] else { panic!("{command:?} says {text:?}") };
    (code as i32, Cost { cpu: Duration::from_micros(micros), memory: kib << 10 })
}

/// What this program does where it was run by [`ask`]; `None` if it was not.
pub(crate) fn answer(arguments: &[String]) -> Option<String> {
    match arguments {
        [mode, program, arguments @ ..] if mode == "of-command" => {
            let mut command = Command::new(program);
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
            let status = command.stderr(Stdio::null()).status().unwrap();
            let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
            let code = status.code().unwrap();
            Some(format!("{code} {} {}", micros(&usage), usage.max_rss()))
        }
        [mode, file] if mode == "of-vector" => {
            let vector = Vector::from(File::read(Path::new(file)));
            let before = micros(&getrusage(UsageWho::RUSAGE_SELF).unwrap());
            let refused = vector.run().is_err();
            let after = micros(&getrusage(UsageWho::RUSAGE_SELF).unwrap());
            Some(format!("{} {} {}", u8::from(!refused), after - before, peak()))
        }
        _ => None,
    }
}

/// User and system time, in microseconds.
fn micros(usage: &Usage) -> i64 {
    let [user, system] = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    user + system
}

/// The most of this process that was resident, in KiB: `VmHWM` of proc(5)'s status, which unlike
/// `ru_maxrss` leaves out the process that this one was forked from.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}
