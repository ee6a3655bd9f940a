//! What a signal does while kovra asks: the terminal has its echo back, and what the signal means
//! happens. A shell with job control stands between, which says how its job ended and what stands on
//! the terminal then.

use forge::people::terminal::Seat;
use forge::people::{OPENS, Person, kovra_path};

/// Somebody whose vault is opened by the passphrase "the passphrase".
fn owner() -> Person {
    let person = Person::new("alice");
    person.write("pass", "the passphrase");
    person.ok(&["init", "--passphrase-file", "pass"]);
    let add = ["add", "dev/db/url", "--stdin", "--passphrase-file", "pass"];
    person.pipe(&add, b"the value").expect(&add, 0);
    person
}

/// A shell at a terminal, which outlives a job that was interrupted, says `job` and the number of the process that runs kovra, and after each
/// `now` how it is.
fn shell(person: &Person, before: &str, kovra: &str, after: &str) -> Seat {
    let script = format!(
        r#"set -m
        trap : INT
        now() {{ echo "now $?"; stty -a | grep -o -e '-\?echo ' -e '-\?icanon'; }}
        {before}
        sh -c 'echo job $$.; exec "$0" {kovra}' "{}"
        now
        {after}
        echo end"#,
        kovra_path()
    );
    person.sit("sh", &["-c", &script])
}

/// The number of the job, once it asks.
fn job(seat: &mut Seat, prompt: &str) -> String {
    seat.wait(prompt);
    let screen = seat.screen();
    let (_, after) = screen.split_once("job ").unwrap();
    after.split_once('.').unwrap().0.to_owned()
}

fn signal(name: &str, process: &str) {
    let sent = std::process::Command::new("kill").args(["-s", name, process]).status().unwrap();
    assert!(sent.success());
}

const ECHO: &str = "icanon\r\necho ";

/// The job ends with `code`, and leaves a terminal that echoes.
#[track_caller]
fn ends(seat: &mut Seat, code: i32) {
    seat.wait(&format!("now {code}"));
    seat.wait(ECHO);
    seat.wait("end");
}

#[test]
fn a_key_that_ends_it_gives_the_echo_back() {
    let person = owner();
    for (key, code) in [("\x03", 130), ("\x1c", 131)] {
        let mut seat = shell(&person, "", "show dev/db/url", "");
        job(&mut seat, OPENS);
        seat.press("half of the passph");
        seat.press(key);
        ends(&mut seat, code);
        let screen = seat.end().screen;
        assert!(!screen.contains("half") && !screen.contains("the value"), "{screen}");
    }
}

#[test]
fn a_signal_that_ends_it_gives_the_echo_back() {
    let person = owner();
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let mut seat = shell(&person, "", "show dev/db/url", "");
        let process = job(&mut seat, OPENS);
        signal(name, &process);
        ends(&mut seat, code);
        assert!(!seat.end().screen.contains("the value"));
    }
}

#[test]
fn a_stopped_prompt_hides_again_and_asks_again() {
    let person = owner();
    for (key, name) in [("\x1a", "TSTP"), ("", "TSTP"), ("", "STOP")] {
        let mut seat = shell(&person, "", "show dev/db/url", "fg\nnow\n");
        let process = job(&mut seat, OPENS);
        seat.press("forgotten");
        match key {
            "" => signal(name, &process),
            key => seat.press(key),
        }
        seat.wait("now 1");
        // What stopped it without a word left the terminal to the shell, and this one leaves it as it is.
        if name != "STOP" {
            seat.wait(ECHO);
        }
        seat.wait(OPENS);
        seat.press("the passphrase\n");
        seat.wait("the value");
        ends(&mut seat, 0);
        let screen = seat.end().screen;
        assert!(!screen.contains("forgotten") && !screen.contains("the passphrase"), "{screen}");
    }
}

#[test]
fn a_prompt_that_goes_on_in_the_background_stops_until_it_is_in_front() {
    let person = owner();
    let after = "bg\nsleep 0.5\njobs\nnow\nfg\nnow\n";
    let mut seat = shell(&person, "", "show dev/db/url", after);
    job(&mut seat, OPENS);
    seat.press("\x1a");
    seat.wait("now ");
    seat.wait("Stopped");
    seat.wait(ECHO);
    seat.wait(OPENS);
    seat.press("the passphrase\n");
    seat.wait("the value");
    ends(&mut seat, 0);
    seat.end();
}

#[test]
fn a_question_in_the_open_outlives_a_stop() {
    let person = Person::with_vault("alice");
    person.add("dev/db/password", "hunter2", &["--sensitivity", "high"]);
    let mut seat = shell(&person, "", "show dev/db/password", "fg\nnow\n");
    job(&mut seat, "[y/N] ");
    seat.press("y\x1a");
    seat.wait("now 1");
    seat.wait(ECHO);
    seat.wait("[y/N] ");
    seat.press("y\n");
    seat.wait("hunter2");
    seat.wait("now 0");
    seat.wait("end");
    seat.end();

    let mut seat = shell(&person, "", "show dev/db/password", "");
    job(&mut seat, "[y/N] ");
    seat.press("\x03");
    seat.wait("now 130");
    seat.wait("end");
    assert!(!seat.end().screen.contains("hunter2"));
}

#[test]
fn what_was_ignored_from_the_start_stays_ignored() {
    let person = owner();
    let ignore = "trap '' INT TERM HUP TSTP";
    let mut seat = shell(&person, ignore, "show dev/db/url", "");
    let process = job(&mut seat, OPENS);
    for name in ["TERM", "HUP", "INT", "TSTP"] {
        signal(name, &process);
    }
    seat.press("the passphrase\n");
    seat.wait("the value");
    ends(&mut seat, 0);
    seat.end();
}
