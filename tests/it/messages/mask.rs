//! Names for what differs from one run to the next.

/// A shape, in which 9 is a digit, f is a hex digit, # a digit or a capital and anything else is itself; and its name.
const SHAPES: [(&str, &str); 17] = [
    ("99999 99999 99999 99999 99999 99999 99999 99999", "<fingerprint>"),
    ("9999-99-99T99:99:99Z", "<time>"),
    ("9999999999999", "<seq>"),
    (SIXTY_FOUR, "<digest>"),
    ("#####-#####-#####-#####-#####-#####-#####", "<recovery code>"),
    ("ffffffffffffffffffffffffffffffff", "<id>"),
    ("ffffffffffffffff", "<short digest>"),
    ("ffffffff", "<version>"),
    ("taken in 99 s", "taken in <n> s"),
    ("9999 bytes", "<n> bytes"),
    ("99999 bytes", "<n> bytes"),
    ("9999 d", "<age>"),
    ("9 second ago", "<age> ago"),
    ("9 seconds ago", "<age> ago"),
    ("9 minute ago", "<age> ago"),
    ("9 minutes ago", "<age> ago"),
    ("99 seconds ago", "<age> ago"),
];
const SIXTY_FOUR: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

pub(super) fn masked(text: &str, names: &[(String, String)]) -> String {
    let named = names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    let mut masked = String::new();
    for line in named.lines() {
        masked += &squeezed(&shapes(&statement(&caller(line))));
        masked.push('\n');
    }
    masked
}

/// Which program asks is that of the tests.
fn caller(line: &str) -> String {
    let asked = line.split_once("kovra, asked by ");
    let Some((before, (_, after))) = asked.and_then(|(b, rest)| Some((b, rest.split_once(')')?)))
    else {
        return line.to_owned();
    };
    format!("{before}kovra, asked by <program> (pid <pid>){after}")
}

/// A statement about a device whose identity was drawn on the way.
fn statement(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let long = word.starts_with("kovradev1") && word.len() > 200;
        if long { "<statement>" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn shapes(line: &str) -> String {
    let (mut out, mut rest, mut before) = (String::new(), line, ' ');
    while let Some(next) = rest.chars().next() {
        let found = SHAPES.iter().find(|(shape, _)| !is_word(before) && fits(rest, shape));
        let (length, name) = match found {
            Some((shape, name)) => (shape.len(), (*name).to_owned()),
            None => (next.len_utf8(), next.to_string()),
        };
        let (taken, left) = rest.split_at(length);
        before = taken.chars().next_back().unwrap_or(' ');
        out += &name;
        rest = left;
    }
    out
}

/// Whether `text` starts with the shape, and a word ends there.
fn fits(text: &str, shape: &str) -> bool {
    let text = text.as_bytes();
    let same = |(c, shape): (&u8, u8)| match shape {
        b'9' => c.is_ascii_digit(),
        b'#' => c.is_ascii_digit() || c.is_ascii_uppercase(),
        b'f' => c.is_ascii_digit() || (b'a'..=b'f').contains(c),
        other => *c == other,
    };
    let ends = text.get(shape.len()).is_none_or(|c| !is_word(char::from(*c)));
    text.len() >= shape.len() && ends && text.iter().zip(shape.bytes()).all(same)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// The columns of a table are as wide as what was in them.
fn squeezed(line: &str) -> String {
    let mut out = String::new();
    let is_table = line.contains(['│', '═', '─', '╌']);
    for c in line.chars() {
        let again = out.ends_with(c) && matches!(c, ' ' | '─' | '═' | '╌');
        if !(is_table && again) || out.trim().is_empty() {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn what_differs_has_a_name_and_the_rest_stays() {
        let names = [("/tmp/x".to_owned(), "<home>".to_owned())];
        for (text, expected) in [
            ("/tmp/x/y at 2026-01-31T12:00:00Z.", "<home>/y at <time>."),
            ("deadbeef deadbeefs 0xdeadbeef", "<version> deadbeefs 0xdeadbeef"),
            ("kovra, asked by it-1f (pid 7): x", "kovra, asked by <program> (pid <pid>): x"),
            ("  out| │ a     │ b   │", "  out| │ a │ b │"),
            ("a     b", "a     b"),
        ] {
            assert_eq!(masked(text, &names), format!("{expected}\n"));
        }
    }
}
