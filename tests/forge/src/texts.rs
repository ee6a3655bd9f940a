//! The golden vectors of `testdata/identity-v1` and `receipt-v1`, read and run. Their READMEs say what is in a file.

use crate::golden::word;
use crate::hybrid;
use crate::vector::{self, File};
use kovra::identity::{DeviceStatement, IdentityError, PublicIdentity, Recipient, Token};
use kovra::package::{Class, Receipt};
use kovra::secret::Secret;
use kovra::text::hex;

/// What a text says, as the fields of its vector; or the class of its refusal.
pub type Outcome = Result<Vec<(&'static str, String)>, String>;

fn read(kind: &str, bytes: &[u8]) -> Outcome {
    let text = std::str::from_utf8(bytes);
    match (kind, text) {
        ("identity", Ok(text)) => identity(text),
        ("recipient", Ok(text)) => recipient(text),
        ("token", _) => token(bytes),
        ("device", Ok(text)) => device(text),
        ("receipt", _) => receipt(bytes),
        (other, _) => panic!("a {other}, or no text"),
    }
}

fn identity(text: &str) -> Outcome {
    let identity: PublicIdentity = text.parse().map_err(class)?;
    assert!(identity.to_string().split(' ').eq(text.split_ascii_whitespace()), "{text}");
    let key = if identity.hybrid().is_some() { "yes" } else { "no" };
    let of_version_2 = identity.hybrid_digest().map(|digest| {
        let number = identity.number().to_string();
        [("number", number), ("hybrid", hex(&digest)), ("key", key.to_owned())]
    });
    let of_both = [
        ("ed25519", hex(identity.signing().as_bytes())),
        ("x25519", hex(identity.agreement().as_bytes())),
        ("fingerprint", identity.signing().fingerprint()),
    ];
    Ok(of_both.into_iter().chain(of_version_2.into_iter().flatten()).collect())
}

fn class(error: IdentityError) -> String {
    word(Class::from(error)).to_owned()
}

fn device(text: &str) -> Outcome {
    let statement: DeviceStatement = text.parse().map_err(class)?;
    assert_eq!(statement.to_string(), text);
    Ok(vec![
        ("first", hex(statement.first().as_bytes())),
        ("second", hex(statement.second().as_bytes())),
        ("whole", if statement.is_whole() { "yes" } else { "no" }.to_owned()),
    ])
}

fn recipient(text: &str) -> Outcome {
    let text = text.trim_ascii();
    let recipient = match PublicIdentity::is_meant(text) {
        true => {
            let identity: PublicIdentity = text.parse().map_err(class)?;
            identity.recipient().ok_or(word(Class::Malformed))?
        }
        false => plain(text)?,
    };
    let id = recipient.id();
    let pair = [&[0x82, id.kind as u8, 0x58, 0x20], &id.fingerprint[..]].concat();
    Ok(vec![("listed", hex(&pair)), ("fingerprint", id.groups())])
}

fn plain(text: &str) -> Result<Recipient, String> {
    let recipient = Recipient::plain(text).map_err(|why| word(Class::from(&why)).to_owned())?;
    assert_eq!(Recipient::plain(&recipient.to_text()).as_ref(), Ok(&recipient));
    Ok(recipient)
}

fn token(bytes: &[u8]) -> Outcome {
    let token = Token::from_file(&Secret::copy_of(bytes)).ok_or(word(Class::Token))?;
    let file = token.to_file(&[0x1d; 16]);
    let file = std::str::from_utf8(file.expose()).unwrap();
    let public = file.lines().find_map(|line| line.strip_prefix("# public key: "));
    let of_hybrid = || {
        let (_, seed) = bech32::decode(file.lines().last().unwrap()).unwrap();
        hybrid::recipient(&hybrid::public(&seed.try_into().unwrap()))
    };
    Ok(vec![("public", public.map_or_else(of_hybrid, str::to_owned))])
}

fn receipt(bytes: &[u8]) -> Outcome {
    let receipt = Receipt::verify(bytes).map_err(|e| word(e.class).to_owned())?;
    Ok(vec![
        ("key", hex(receipt.recipient.as_bytes())),
        ("id", hex(&receipt.package)),
        ("hash", hex(&receipt.digest)),
        ("time", receipt.imported.seconds().to_string()),
    ])
}

/// A vector's kind, clause, rows, and what its text must give; and the text.
pub struct Text {
    pub kind: String,
    pub clause: String,
    pub rows: Vec<u8>,
    pub wanted: Outcome,
    pub name: String,
    pub bytes: Vec<u8>,
}

impl From<File> for Text {
    fn from(mut file: File) -> Self {
        let [kind, clause, class, _note] =
            ["kind", "clause", "class", "note"].map(|key| file.one(key));
        let rows = file.many("row").iter().map(|row| row.parse().unwrap()).collect();
        let says: &[&str] = match &kind[..] {
            "identity" => &["ed25519", "x25519", "fingerprint", "number", "hybrid", "key"],
            "recipient" => &["listed", "fingerprint"],
            "device" => &["first", "second", "whole"],
            "receipt" => &["key", "id", "hash", "time"],
            _ => &["public"],
        };
        let wanted = match &class[..] {
            // Not every identity says all of it.
            "ok" => Ok(says
                .iter()
                .flat_map(|key| file.many(key).into_iter().map(|v| (*key, v)))
                .collect()),
            class => Err(class.to_owned()),
        };
        let (name, bytes) = file.finish();
        Self { kind, clause, rows, wanted, name, bytes }
    }
}

/// All of a folder.
pub fn corpus(folder: &str) -> Vec<Text> {
    vector::corpus(folder).into_iter().map(Text::from).collect()
}

impl Text {
    /// Whether it says what its file says, or gets that class; else what it gets.
    pub fn judge(&self) -> Result<(), String> {
        let (got, wanted) = (read(&self.kind, &self.bytes), &self.wanted);
        let wrong = || Err(format!("{}: wants {wanted:?}, gets {got:?}", self.name));
        if got == *wanted { Ok(()) } else { wrong() }
    }
}
