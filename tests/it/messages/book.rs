//! A chapter: what people type, and what they are told.

use super::mask;
use forge::people::terminal::Session;
use forge::people::{Person, Ran, kovra_path};
use kovra::exit::Exit;

/// What is typed at a prompt, after the words that it ends with.
pub(super) type Typed<'a> = &'a [(&'a str, &'a str)];

pub(super) struct Book {
    text: String,
    /// What is written in place of what.
    names: Vec<(String, String)>,
}

/// A line as it was typed: variables, `kovra`, arguments.
struct Line<'a> {
    variables: Vec<String>,
    arguments: Vec<String>,
    typed: &'a str,
}

impl<'a> Line<'a> {
    fn new(typed: &'a str) -> Self {
        let words = words(typed);
        let at = words.iter().position(|word| word == "kovra").expect("kovra is run");
        let (variables, arguments) = words.split_at(at);
        Self { variables: variables.to_vec(), arguments: arguments[1..].to_vec(), typed }
    }

    /// A program that becomes kovra with these variables, and its arguments but for kovra's own.
    fn through(&self) -> Vec<&str> {
        let env: Vec<&str> = match self.variables.is_empty() {
            true => Vec::new(),
            false => ["env"].into_iter().chain(self.variables.iter().map(String::as_str)).collect(),
        };
        env.into_iter().chain([kovra_path()]).collect()
    }

    fn arguments(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).collect()
    }
}

/// Words as a shell takes them apart: between spaces, or in single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

impl Book {
    pub(super) fn new(title: &str) -> Self {
        Self { text: format!("\n\n# {title}\n"), names: Vec::new() }
    }

    /// A heading.
    pub(super) fn section(&mut self, title: &str) {
        self.text += &format!("\n## {title}\n");
    }

    /// What a reader has to know.
    pub(super) fn say(&mut self, text: &str) {
        self.text += &format!("\n({text})\n");
    }

    /// Something that is printed as it is.
    pub(super) fn plain(&mut self, text: &str) {
        self.text += &format!("{text}\n");
    }

    /// Writes the names of a person's home and keys in their place.
    pub(super) fn knows(&mut self, person: &Person) {
        let name = person.name;
        let identity = person.unlocked().view().identity().expect("an identity").public();
        let recipient = kovra::identity::Recipient::Kovra(identity.agreement()).id();
        self.names.push((identity.to_string(), format!("<{name}'s id>")));
        self.names.push((identity.string(), format!("<{name}'s short id>")));
        if let Some(key) = identity.hybrid() {
            let groups = kovra::identity::Recipient::Hybrid(key.clone()).id().groups();
            self.names.push((groups, format!("<{name}'s hybrid groups>")));
        }
        self.names.push((identity.signing().fingerprint(), format!("<{name}'s fingerprint>")));
        self.names.push((recipient.groups(), format!("<{name}'s recipient groups>")));
        self.at_home(person);
    }

    /// Writes a name in place of something else.
    pub(super) fn name(&mut self, what: &str, name: &str) {
        self.names.push((what.to_owned(), name.to_owned()));
    }

    /// Writes the name of a person's home in its place.
    pub(super) fn at_home(&mut self, person: &Person) {
        for home in [person.home().canonicalize().expect("a home"), person.home().to_owned()] {
            self.names.push((home.display().to_string(), "<home>".into()));
        }
    }

    /// Away from any terminal.
    pub(super) fn run(&mut self, who: &Person, line: &str) {
        self.pipe(who, line, b"");
    }

    /// With something on stdin, which is not written.
    pub(super) fn pipe(&mut self, who: &Person, line: &str, input: &[u8]) {
        let line = Line::new(line);
        let ran = who.pipe_through(&line.through(), &line.arguments(), input);
        self.typed(who, &line);
        self.block("out", &ran.stdout);
        self.block("err", &ran.stderr);
        self.exit(ran.code);
    }

    /// What came of a line that was run by other means.
    pub(super) fn ran(&mut self, who: &Person, line: &str, ran: &Ran) {
        self.typed(who, &Line::new(line));
        self.block("out", &ran.stdout);
        self.block("err", &ran.stderr);
        self.exit(ran.code);
    }

    /// At a terminal.
    #[track_caller]
    pub(super) fn at(&mut self, who: &Person, line: &str, typed: Typed<'_>) {
        let line = Line::new(line);
        let through = line.through();
        let all = [&through[1..], &line.arguments()].concat();
        let session = who.program_at_terminal(through[0], &all, typed);
        self.session(who, &line, typed, session);
    }

    /// At a terminal, where the owner says no to whatever is asked.
    #[track_caller]
    pub(super) fn no(&mut self, who: &Person, line: &str) {
        self.answer(who, line, "");
    }

    /// At a terminal, where the owner says yes to whatever is asked.
    #[track_caller]
    pub(super) fn yes(&mut self, who: &Person, line: &str) {
        self.answer(who, line, who.yes().1);
    }

    #[track_caller]
    fn answer(&mut self, who: &Person, line: &str, answer: &str) {
        let line = Line::new(line);
        let through = line.through();
        let all = [&through[1..], &line.arguments()].concat();
        let session = who.sit(through[0], &all).answer_always(who.yes().0, answer);
        assert!(session.screen.contains(who.yes().0), "nothing was asked:\n{}", session.screen);
        self.session(who, &line, &[("", answer)], session);
    }

    /// At a terminal; something happens while the first prompt is open.
    #[track_caller]
    pub(super) fn meanwhile(
        &mut self,
        who: &Person,
        line: &str,
        (prompt, answer): (&str, &str),
        happens: impl FnOnce(),
    ) {
        let line = Line::new(line);
        let seat = who.waits_at(&line.arguments(), prompt);
        happens();
        let session = seat.then_answers(answer);
        self.session(who, &line, &[(prompt, answer)], session);
    }

    /// What came of a line that is too long to be written whole.
    pub(super) fn told(&mut self, who: &Person, line: &str, stderr: &str, code: i32) {
        self.typed(who, &Line::new(line));
        self.block("err", stderr);
        self.exit(code);
    }

    /// What came of a line before the keys of its person were known.
    pub(super) fn shown(&mut self, who: &Person, line: &str, typed: Typed<'_>, session: Session) {
        self.session(who, &Line::new(line), typed, session);
    }

    fn session(&mut self, who: &Person, line: &Line<'_>, typed: Typed<'_>, session: Session) {
        self.typed(who, line);
        if !typed.is_empty() {
            let typed: Vec<&str> = typed.iter().map(|(_, answer)| said(answer)).collect();
            self.text += &format!("  types {}\n", typed.join(", then "));
        }
        self.block("tty", &session.screen);
        self.exit(session.code.try_into().expect("a code"));
    }

    fn typed(&mut self, who: &Person, line: &Line<'_>) {
        self.text += &format!("\n{}$ {}\n", who.name, line.typed);
    }

    fn block(&mut self, from: &str, text: &str) {
        for line in text.trim_end_matches('\n').lines() {
            self.text += format!("  {from}| {line}").trim_end();
            self.text.push('\n');
        }
    }

    fn exit(&mut self, code: i32) {
        let known = Exit::ALL.iter().find(|exit| i32::from(exit.code()) == code);
        match known.map(|exit| exit.meaning()) {
            Some(_) if code == 0 => {}
            Some(meaning) => self.text += &format!("  exit {code}, {meaning}\n"),
            None => self.text += &format!("  exit {code}\n"),
        }
    }

    pub(super) fn finish(self) -> String {
        mask::masked(&self.text, &self.names)
    }
}

/// What was typed, as it may be told.
fn said(answer: &str) -> &str {
    match answer {
        "" => "nothing",
        forge::people::PIN => "the PIN",
        other => other,
    }
}
