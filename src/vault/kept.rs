//! A vault that is unlocked for a time: what the system keeps of it, and when that counts (`spec/vault.md` 13).

use super::Error;
use super::keys::{Key, MasterKeys};
use super::meta::Meta;
use super::record::Fields;
use super::rows::Basis;
use super::{Locked, Vault, View};
use crate::cbor::{CborError, Writer};
use crate::platform::{self, Keeper};
use crate::secret::Secret;
use crate::text::hex;
use sha2::{Digest, Sha256};
use std::time::Duration;

const VERSION: u64 = 1;

/// The key of an unlocked vault, without the guard key.
pub struct VaultKey(Key);

/// The vault key, and all that it is bound to.
struct Kept {
    vault: [u8; 32],
    boot: String,
    /// In milliseconds since the machine started.
    end: u64,
    key: Key,
}

impl Locked {
    /// What is kept of this vault. Whatever does not fit was kept for another vault, time or machine, and is as good
    /// as nothing.
    pub fn kept(&self) -> Option<VaultKey> {
        load(&self.meta).map(VaultKey)
    }

    /// Unlocks by what is kept. `None` if it is no key of this vault, and the way in has to be asked for.
    pub fn unlock_kept(self, key: VaultKey) -> Result<Option<Vault>, Error> {
        let (vault, proved) = self.read(MasterKeys { vault: key.0, guard: None })?;
        match proved {
            Err(_) if !vault.table.any_opens(&vault.keys) => return Ok(None),
            proved => proved?,
        }
        vault.db.fold_at_close()?;
        Ok(Some(vault))
    }

    /// Locks the vault again, in all sessions that this one reaches. Gives whether it was unlocked.
    pub fn forget_kept(&self) -> Result<bool, Error> {
        forget(&self.meta)
    }
}

impl Vault {
    /// Has the system keep the vault key for so long, and not the guard key.
    ///
    /// # Errors
    /// [`Error::NotKept`] where it keeps nothing, or refuses to.
    pub fn keep(&self, life: Duration) -> Result<Keeper, Error> {
        let unknown = Error::NotKept("this system does not tell when it was started");
        let (boot, now) = platform::boot().ok_or(unknown)?;
        let seconds = u32::try_from(life.as_secs()).unwrap_or(u32::MAX);
        let (vault, key) = (of(&self.meta), self.keys.master().vault.clone());
        let kept = Kept { vault, boot, end: millis(now.saturating_add(life)), key };
        platform::keep(&name(&self.meta), &kept.encode(), seconds).map_err(Error::NotKept)
    }

    /// [`Locked::forget_kept`].
    pub fn forget_kept(&self) -> Result<bool, Error> {
        forget(&self.meta)
    }
}

impl View<'_> {
    /// Whether it was unlocked whole, and not for a time.
    pub fn has_guard(&self) -> bool {
        self.rows.keys.has_guard()
    }

    /// Whether any revision of a row is guarded, and so each that follows.
    pub fn is_guarded(&self, basis: &Basis) -> bool {
        self.rows.table.is_guarded(basis.kind, &basis.lookup)
    }
}

/// The vault key, if it is kept and that counts.
fn load(meta: &Meta) -> Option<Key> {
    let (boot, now) = platform::boot()?;
    let counts =
        |kept: &Kept| kept.vault == of(meta) && kept.boot == boot && millis(now) < kept.end;
    let all = platform::kept(&name(meta)).into_iter();
    all.filter_map(|kept| Kept::decode(&kept).ok()).find(counts).map(|kept| kept.key)
}

fn forget(meta: &Meta) -> Result<bool, Error> {
    platform::forget(&name(meta)).map_err(Error::NotKept)
}

fn name(meta: &Meta) -> String {
    format!("kovra:{}", hex(&meta.id))
}

/// What names a vault and the ways to its keys: with another custody or another way back in, it is another.
fn of(meta: &Meta) -> [u8; 32] {
    Sha256::new().chain_update(meta.id).chain_update(&meta.ways).finalize().into()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Kept {
    fn encode(&self) -> Secret {
        let mut w = Writer::with_capacity(192);
        w.array(5).uint(VERSION).bytes(&self.vault).text(&self.boot).uint(self.end);
        w.bytes(&self.key[..]);
        Secret::new(w.finish())
    }

    fn decode(kept: &Secret) -> Result<Self, CborError> {
        let mut fields = Fields::of(kept.expose(), "what is kept")?;
        if fields.next()?.uint()? != VERSION {
            return Err(CborError { place: "what is kept", at: 1, what: "another version" });
        }
        let vault = *fields.next()?.fixed()?;
        let (boot, end) = (fields.next()?.text()?.to_owned(), fields.next()?.uint()?);
        let mut key = Key::default();
        key.copy_from_slice(fields.next()?.fixed::<32>()?);
        Ok(Self { vault, boot, end, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let mut key = Key::default();
        key.fill(7);
        Kept { vault: [1; 32], boot: "a boot".into(), end: 90_000, key }
    }

    #[test]
    fn it_reads_back() {
        let read = Kept::decode(&kept().encode()).unwrap();
        assert!(read.key == kept().key && read.vault == [1; 32]);
        assert_eq!((read.boot.as_str(), read.end), ("a boot", 90_000));
    }

    #[test]
    fn what_is_cut_or_of_another_version_is_nothing() {
        let whole = kept().encode();
        for length in 0..whole.len() {
            assert!(Kept::decode(&Secret::copy_of(&whole.expose()[..length])).is_err());
        }
        let mut later = whole.expose().to_vec();
        later[1] = 2;
        assert!(Kept::decode(&Secret::new(later)).is_err());
    }

    #[test]
    fn ways_are_part_of_what_it_is_bound_to() {
        let meta = Meta { id: [1; 16], ways: vec![1] };
        assert_ne!(of(&meta), of(&Meta { ways: vec![2], ..meta.clone() }));
        assert_ne!(of(&meta), of(&Meta { id: [2; 16], ..meta.clone() }));
    }
}
