//! A real pseudo-terminal with somebody at it.

use super::{Person, kovra_path};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stood on the terminal in the end, and how the program ended.
pub struct Session {
    pub code: u32,
    pub screen: String,
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
        let mut seated = self.sit(program, arguments);
        for (prompt, answer) in typed {
            seated.read_until(prompt);
            seated.type_line(answer);
        }
        seated.end()
    }

    /// Starts any program at a terminal, and leaves it there.
    #[track_caller]
    pub fn sit(&self, program: &str, arguments: &[&str]) -> Seated {
        let size = PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        self.env.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(self.home());
        let child = pty.slave.spawn_command(command).expect("it starts");
        let output = output_of(pty.master.try_clone_reader().expect("its output"));
        let keyboard = pty.master.take_writer().expect("its input");
        Seated { child, output, keyboard, screen: String::new(), _master: pty.master }
    }

    /// Starts kovra at a terminal, and waits until it shows `prompt`.
    #[track_caller]
    pub fn waits_at(&self, arguments: &[&str], prompt: &str) -> Seated {
        let mut seated = self.sit(kovra_path(), arguments);
        seated.read_until(prompt);
        seated
    }
}

/// A program at a terminal, and somebody who reads along.
pub struct Seated {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
    screen: String,
    /// The terminal is there as long as this is.
    _master: Box<dyn MasterPty + Send>,
}

impl Seated {
    /// Reads on until `prompt` stands after everything that was read before.
    #[track_caller]
    pub fn read_until(&mut self, prompt: &str) {
        let shown = self.comes(prompt);
        assert!(shown, "waited for {prompt:?}, and the terminal shows:\n{}", self.screen);
    }

    /// Whether `prompt` comes after everything that was read before. If not, the program has ended.
    #[track_caller]
    pub fn comes(&mut self, prompt: &str) -> bool {
        let start = self.screen.len();
        while !self.screen[start..].contains(prompt) {
            if !self.read_more() {
                return false;
            }
        }
        true
    }

    pub fn type_line(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("typing");
    }

    /// One answer to what it waits at, and then its end.
    #[track_caller]
    pub fn then_answers(mut self, answer: impl AsRef<str>) -> Session {
        self.type_line(answer.as_ref());
        self.end()
    }

    /// Gives the same answer as often as it is asked for, until the program ends.
    #[track_caller]
    pub fn answer_always(mut self, prompt: &str, answer: &str) -> Session {
        while self.comes(prompt) {
            self.type_line(answer);
        }
        self.end()
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }

    /// Reads until the program ends.
    #[track_caller]
    pub fn end(mut self) -> Session {
        while self.read_more() {}
        let code = self.child.wait().expect("it ends").exit_code();
        Session { code, screen: self.screen.replace('\r', "") }
    }

    /// Whether there was more before the program ended.
    #[track_caller]
    fn read_more(&mut self) -> bool {
        match self.output.recv_timeout(PATIENCE) {
            Ok(bytes) => self.screen.push_str(&String::from_utf8_lossy(&bytes)),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                panic!("nothing happens any more, and the terminal shows:\n{}", self.screen)
            }
        }
        true
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
