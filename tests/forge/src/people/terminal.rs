//! A real pseudo-terminal with somebody at it.

use super::{Person, kovra_path};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
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
        let size = PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        self.env.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(self.home());
        let mut child = pty.slave.spawn_command(command).expect("it starts");
        drop(pty.slave);
        let output = output_of(pty.master.try_clone_reader().expect("its output"));
        let mut keyboard = pty.master.take_writer().expect("its input");
        let mut screen = String::new();
        for (prompt, answer) in typed {
            read_until(&output, &mut screen, prompt);
            keyboard.write_all(format!("{answer}\n").as_bytes()).expect("typing");
        }
        read_to_end(&output, &mut screen);
        let code = child.wait().expect("kovra ends").exit_code();
        Session { code, screen: screen.replace('\r', "") }
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

/// Reads on until `prompt` stands after everything that was read before.
#[track_caller]
fn read_until(output: &Receiver<Vec<u8>>, screen: &mut String, prompt: &str) {
    let start = screen.len();
    let deadline = Instant::now() + PATIENCE;
    while !screen[start..].contains(prompt) {
        let left = deadline.saturating_duration_since(Instant::now());
        match output.recv_timeout(left) {
            Ok(bytes) => screen.push_str(&String::from_utf8_lossy(&bytes)),
            Err(_) => panic!("waited for {prompt:?}, and the terminal shows:\n{screen}"),
        }
    }
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
