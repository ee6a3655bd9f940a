//! A real pseudo-terminal with somebody at it.

use super::{Person, kovra_path};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stood on the terminal in the end, and how the program ended.
pub struct Session {
    pub code: u32,
    pub screen: String,
}

/// A program at a terminal, and the keyboard of it.
pub struct Seat {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
    screen: String,
    /// How much of it was waited for.
    waited_for: usize,
    /// The terminal is there as long as this.
    _terminal: Box<dyn MasterPty + Send>,
}

impl Person {
    /// Runs kovra at a terminal. Each pair is what to wait for, and what to type then.
    #[track_caller]
    pub fn at_terminal(&self, arguments: &[&str], typed: &[(&str, &str)]) -> Session {
        self.program_at_terminal(kovra_path(), arguments, typed)
    }

    /// Runs any program at a terminal.
    #[track_caller]
    pub fn program_at_terminal(
        &self,
        program: &str,
        arguments: &[&str],
        typed: &[(&str, &str)],
    ) -> Session {
        let mut seat = self.sit(program, arguments);
        for (prompt, answer) in typed {
            seat.wait(prompt);
            seat.press_line(answer);
        }
        seat.end()
    }

    /// Starts a program at a terminal.
    pub fn sit(&self, program: &str, arguments: &[impl AsRef<OsStr>]) -> Seat {
        let size = PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        self.env.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(self.home());
        Seat {
            child: pty.slave.spawn_command(command).expect("it starts"),
            output: output_of(pty.master.try_clone_reader().expect("its output")),
            keyboard: pty.master.take_writer().expect("its input"),
            screen: String::new(),
            waited_for: 0,
            _terminal: pty.master,
        }
    }

    /// Starts kovra at a terminal, and waits until it shows `prompt`.
    #[track_caller]
    pub fn waits_at(&self, arguments: &[&str], prompt: &str) -> Seat {
        let mut seat = self.sit(kovra_path(), arguments);
        seat.wait(prompt);
        seat
    }
}

impl Seat {
    /// Waits until the terminal shows `text`, after everything that was waited for before.
    #[track_caller]
    pub fn wait(&mut self, text: &str) {
        let shown = self.comes(text);
        assert!(shown, "waited for {text:?}, and the terminal shows:\n{}", self.screen);
    }

    /// Whether the terminal shows `text` before the program ends.
    #[track_caller]
    pub fn comes(&mut self, text: &str) -> bool {
        self.which(&[text]).is_some()
    }

    /// Which of `texts` the terminal shows, by its number. `None` if the program ends before.
    #[track_caller]
    pub fn which(&mut self, texts: &[&str]) -> Option<usize> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let new = &self.screen[self.waited_for..];
            let found = texts.iter().enumerate().find_map(|(n, text)| Some((n, new.find(text)?)));
            if let Some((n, at)) = found {
                self.waited_for += at + texts[n].len();
                return Some(n);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("waited for {texts:?}, and the terminal shows:\n{}", self.screen)
                }
            }
        }
    }

    /// What it has shown so far.
    pub fn screen(&self) -> &str {
        &self.screen
    }

    /// Types, without a newline at the end.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typing");
    }

    pub fn press_line(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// One answer to what it waits at, and then its end.
    #[track_caller]
    pub fn then_answers(mut self, answer: impl AsRef<str>) -> Session {
        self.press_line(answer.as_ref());
        self.end()
    }

    /// Gives the same answer as often as it is asked for, until the program ends.
    #[track_caller]
    pub fn answer_always(mut self, prompt: &str, answer: &str) -> Session {
        while self.comes(prompt) {
            self.press_line(answer);
        }
        self.end()
    }

    /// Its number. It is that of what a shell becomes, too.
    pub fn process(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }

    /// Waits until the program ends.
    #[track_caller]
    pub fn end(mut self) -> Session {
        read_to_end(&self.output, &mut self.screen);
        let code = self.child.wait().expect("it ends").exit_code();
        Session { code, screen: self.screen.replace('\r', "") }
    }
}

/// The bytes of a terminal, as they come.
fn output_of(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    receive
}

fn read_to_end(output: &Receiver<Vec<u8>>, screen: &mut String) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => screen.push_str(&String::from_utf8_lossy(&bytes)),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => panic!("it does not end, and shows:\n{screen}"),
        }
    }
}
