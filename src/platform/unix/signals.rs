//! Signals that end or stop this process, while it asks at its terminal.

use crate::platform::system;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGXFSZ};
use signal_hook::{flag, low_level};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Makes a write over the limit for the size of files an error like any other. What this process
/// becomes has the system's default again, or ignores the signal as this one was told to.
pub(in super::super) fn survive_file_limit() {
    if !is_ignored(SIGXFSZ) {
        let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }
}

fn is_ignored(signal: i32) -> bool {
    system::ignored_signals() & (1 << (signal - 1)) != 0
}

/// What can come while a question is open. That the process goes on is among it: who stopped it may
/// have changed the terminal.
const WATCHED: [i32; 6] = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT];

/// The handlers, which stay once they are there. What was ignored when this process started has none,
/// and stays so.
struct Handlers {
    /// Whether no question is open, and each signal does what it does without a handler.
    idle: Arc<AtomicBool>,
    /// Each signal, and where a byte comes when it comes.
    seen: Vec<(i32, UnixStream)>,
}

impl Handlers {
    fn get() -> io::Result<&'static Self> {
        static HANDLERS: OnceLock<Option<Handlers>> = OnceLock::new();
        let handlers = HANDLERS.get_or_init(|| Self::install().ok());
        handlers.as_ref().ok_or_else(|| io::Error::other("signals could not be handled"))
    }

    fn install() -> io::Result<Self> {
        let mut handlers = Self { idle: Arc::new(AtomicBool::new(true)), seen: Vec::new() };
        for signal in WATCHED.into_iter().filter(|signal| !is_ignored(*signal)) {
            flag::register_conditional_default(signal, Arc::clone(&handlers.idle))?;
            let (read, write) = UnixStream::pair()?;
            read.set_nonblocking(true)?;
            low_level::pipe::register(signal, write)?;
            handlers.seen.push((signal, read));
        }
        Ok(handlers)
    }

    /// Which signals have come since this was last asked.
    fn take(&self) -> Vec<i32> {
        let came = |(_, read): &&(i32, UnixStream)| {
            let mut read: &UnixStream = read;
            matches!(read.read(&mut [0; 64]), Ok(1..))
        };
        self.seen.iter().filter(came).map(|(signal, _)| *signal).collect()
    }
}

/// While it lives, signals wait for [`Watch::act`], and the terminal can be put right before.
pub(super) struct Watch(&'static Handlers);

impl Watch {
    pub(super) fn start() -> io::Result<Self> {
        let handlers = Handlers::get()?;
        handlers.take();
        handlers.idle.store(false, Ordering::SeqCst);
        Ok(Self(handlers))
    }

    /// Waits for something to read, or for a signal. A signal comes first.
    pub(super) fn wait(&self, keys: &File) -> io::Result<Option<i32>> {
        loop {
            if let Some(signal) = self.0.take().first() {
                return Ok(Some(*signal));
            }
            let sockets = self.0.seen.iter().map(|(_, read)| PollFd::new(read, PollFlags::IN));
            let mut all: Vec<PollFd<'_>> = sockets.collect();
            all.push(PollFd::new(keys, PollFlags::IN));
            match poll(&mut all, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
            let typed = all.last().is_some_and(|keys| !keys.revents().is_empty());
            let signalled = all.iter().rev().skip(1).any(|read| !read.revents().is_empty());
            if typed && !signalled {
                return Ok(None);
            }
        }
    }

    /// Does what the signal does by default: comes back only from being stopped, in the foreground
    /// again, or if nothing can stop this process.
    pub(super) fn act(&self, signal: i32, in_background: impl Fn() -> bool) {
        self.0.idle.store(true, Ordering::SeqCst);
        match signal {
            SIGTSTP => stop(),
            SIGCONT => {}
            _ => {
                let _ = low_level::emulate_default_handler(signal);
            }
        }
        while in_background() {
            stop();
            // For one that can't be stopped, since nobody could let it go on.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.0.take();
        self.0.idle.store(false, Ordering::SeqCst);
    }
}

/// By a signal that has no handler here, so that the system decides as it does for SIGTSTP: it stops
/// nobody whom no shell could let go on.
fn stop() {
    let _ = low_level::raise(SIGTTIN);
}

impl Drop for Watch {
    /// What came after the answer must not be lost.
    fn drop(&mut self) {
        self.0.idle.store(true, Ordering::SeqCst);
        for signal in self.0.take() {
            let _ = low_level::emulate_default_handler(signal);
        }
    }
}
