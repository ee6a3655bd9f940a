//! Opening a trusted package: decrypt, bind, check (clause 8).

use super::age_layer;
use super::payload::{self, Binding, Slot};
use super::rules::check_entries;
use super::stanza::Scan;
use super::{Class, Error, Trusted};
use crate::entry::Entry;
use crate::identity::{AgeIdentity, Identity, RecipientId, Token};
use crate::secret::Secret;

/// What becomes of the token's slot.
#[derive(Clone, Copy)]
pub enum High<'a> {
    Open(&'a Token),
    Skip,
    /// There is no token, so a package that has such a slot is refused.
    Refuse,
}

impl<'a> High<'a> {
    /// Opened if there is a token, refused if there is none.
    pub fn with(token: Option<&'a Token>) -> Self {
        token.map_or(Self::Refuse, Self::Open)
    }
}

/// The entries of a package, all bound to its header and within the rules.
pub struct Contents {
    /// Of slot 0, then of slot 1 unless it was skipped; sorted by coordinate within a slot.
    pub entries: Vec<Entry>,
    /// How many entries of slot 1 stayed closed, as the header counts them.
    pub skipped: usize,
}

impl Trusted<'_> {
    /// Decrypts for `identity` (clause 8). Either every entry asked for comes out, or none.
    ///
    /// # Errors
    /// [`Class::NotForMe`]; [`Class::Token`] without the token, or with another package's; one of
    /// [`Class::Binding`], [`Class::Malformed`], [`Class::Limit`] and [`Class::Policy`] for what no
    /// honest sender seals.
    pub fn open(&self, identity: &Identity, high: High<'_>) -> Result<Contents, Error> {
        let key = self.key_of(identity)?;
        let (sealed, high_file) = self.slots();
        let payload = age_layer::decrypt(key, sealed, "sealed", NOT_MINE)?;
        let mut entries = payload::decode(&payload, &self.binding(Slot::Normal))?;
        let mut skipped = 0;
        if !high_file.is_empty() {
            match high {
                High::Skip => skipped = self.header().high,
                High::Refuse => return Err(no_token()),
                High::Open(token) => {
                    let hybrid = self.header().is_post_quantum();
                    let payload = open_high((key, token), high_file, hybrid)?;
                    entries.extend(payload::decode(&payload, &self.binding(Slot::High))?);
                }
            }
        }
        check_entries(entries.iter())?;
        Ok(Contents { entries, skipped })
    }

    /// [`Class::NotForMe`], unless the header lists `identity`.
    pub fn check_recipient(&self, identity: &Identity) -> Result<(), Error> {
        self.key_of(identity).map(|_| ())
    }

    /// The key that the header lists: the one of now, or one before it.
    fn key_of<'a>(&self, identity: &'a Identity) -> Result<AgeIdentity<'a>, Error> {
        let place = |id| self.header().recipients.iter().position(|listed| *listed == id);
        let found = match self.header().is_post_quantum() {
            true => identity.hybrid.iter().find_map(|key| {
                let place = place(RecipientId::of_hybrid(&key.public()))?;
                Some(AgeIdentity::Hybrid(key, place))
            }),
            false => identity.agreements().find_map(|key| {
                place(RecipientId::of_identity(&key.public()))?;
                Some(AgeIdentity::X25519(key))
            }),
        };
        let what = "your identity is not among its recipients";
        found.ok_or_else(|| Error::new(Class::NotForMe, "recipients", what))
    }

    fn binding(&self, slot: Slot) -> Binding<'_> {
        let count = match slot {
            Slot::Normal => self.header().normal,
            Slot::High => self.header().high,
        };
        Binding { slot, header_bytes: self.header_bytes(), count }
    }
}

const NOT_MINE: (Class, &str) =
    (Class::NotForMe, "the header lists your identity, but it was not sealed to your key");

fn no_token() -> Error {
    let what = "the package has high literals, which a token opens";
    Error::new(Class::Token, "high", what)
}

/// Two layers: the recipient's key opens the outer age file, the token the inner.
fn open_high(
    (key, token): (AgeIdentity<'_>, &Token),
    file: &[u8],
    hybrid: bool,
) -> Result<Secret, Error> {
    let inner = age_layer::decrypt(key, file, "high", NOT_MINE)?;
    if !Scan::of(inner.expose(), "token layer", hybrid.into())?.is_one(hybrid) {
        let what = "it is not sealed to exactly one token";
        return Err(Error::new(Class::Malformed, "token layer", what));
    }
    let wrong = (Class::Token, "this is the token of another package");
    age_layer::decrypt(token.identity(), inner.expose(), "token layer", wrong)
}
