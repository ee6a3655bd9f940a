//! The ways to the keys of a vault: its custody, and the ways back in.
//!
//! Each way yields 32 bytes, the key-encryption key. It wraps the vault's two keys, each on its own, so
//! that a wrong one is noticed at once and a way can be exchanged without sealing every row again.

use super::Error;
use super::custody::{Custody, Kek};
use super::keys::{Key, Keys, MasterKeys, Nonce, open, random, seal};
use super::record::Fields;
use super::recovery::{RECOVERY_MAX, Recovery};
use crate::cbor::{Reader, Writer};
use crate::identity::{AgreementPublic, AgreementSecret};

/// All ways of a vault.
#[derive(Clone)]
pub(super) struct Ways {
    custody: (Custody, Way),
    recovery: Vec<(Recovery, Way)>,
    /// Of a later kovra, as they are written.
    later: Vec<Vec<u8>>,
}

impl Ways {
    /// The way of a custody alone.
    pub(super) fn new(
        custody: Custody,
        kek: &Kek,
        master: &MasterKeys,
        id: &[u8; 16],
    ) -> Result<Self, Error> {
        let way = Way::wrap(custody.encode()?, kek, master, id)?;
        Ok(Self { custody: (custody, way), recovery: Vec::new(), later: Vec::new() })
    }

    pub(super) fn custody(&self) -> &Custody {
        &self.custody.0
    }

    pub(super) fn recovery(&self) -> impl Iterator<Item = &Recovery> {
        self.recovery.iter().map(|(recovery, _)| recovery)
    }

    /// Both keys, by what keeps them.
    pub(super) fn unwrap(&self, kek: &Kek, id: &[u8; 16]) -> Result<MasterKeys, Error> {
        let (custody, way) = &self.custody;
        way.unwrap(kek, id).ok_or(Error::WrongKey(custody.wrong_key()))
    }

    /// Both keys, by the secret half of a way back in.
    pub(super) fn recover(
        &self,
        secret: &AgreementSecret,
        id: &[u8; 16],
    ) -> Result<MasterKeys, Error> {
        let public = secret.public();
        let found = self.recovery.iter().find(|(recovery, _)| recovery.recipient == public);
        let (_, way) = found.ok_or(Error::NoSuchWay)?;
        let damaged = || Error::Damaged("a way back in is not as it was written".into());
        let (_, file) = Recovery::decode(&way.description)?.ok_or_else(damaged)?;
        way.unwrap(&Recovery::open(file, secret)?, id).ok_or_else(damaged)
    }

    pub(super) fn add_recovery(&mut self, recovery: Recovery, keys: &Keys) -> Result<(), Error> {
        if self.recovery.len() == RECOVERY_MAX {
            return Err(Error::TooManyWays);
        }
        if self.recovery().any(|other| other.recipient == recovery.recipient) {
            return Err(Error::Moved("the ways back in".into()));
        }
        let (kek, description) = recovery.seal()?;
        let way = Way::wrap(description, &kek, keys.master(), &keys.id)?;
        self.recovery.push((recovery, way));
        Ok(())
    }

    pub(super) fn remove_recovery(&mut self, recipient: &AgreementPublic) -> Result<(), Error> {
        let at = self.recovery().position(|recovery| recovery.recipient == *recipient);
        self.recovery.remove(at.ok_or_else(|| Error::Moved("the ways back in".into()))?);
        Ok(())
    }

    /// The same keys under another custody.
    pub(super) fn rewrap(&self, custody: Custody, kek: &Kek, keys: &Keys) -> Result<Self, Error> {
        Ok(Self {
            custody: Self::new(custody, kek, keys.master(), &keys.id)?.custody,
            ..self.clone()
        })
    }

    /// Other keys under another custody, with a way back in to each recipient that has one.
    pub(super) fn renew(&self, custody: Custody, kek: &Kek, keys: &Keys) -> Result<Self, Error> {
        if !self.later.is_empty() {
            return Err(Error::Later("a way to its keys"));
        }
        let mut new = Self::new(custody, kek, keys.master(), &keys.id)?;
        self.recovery().try_for_each(|recovery| new.add_recovery(recovery.clone(), keys))?;
        Ok(new)
    }

    /// Each in a byte string, the custody first.
    pub(super) fn encode(&self) -> Vec<u8> {
        let recovery = self.recovery.iter().map(|(_, way)| way.encode());
        let known = std::iter::once(self.custody.1.encode()).chain(recovery);
        let mut w = Writer::with_capacity(300);
        w.array(1 + self.recovery.len() + self.later.len());
        known.chain(self.later.iter().cloned()).for_each(|way| {
            w.bytes(&way);
        });
        w.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes, "ways");
        let (mut custody, mut recovery, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..reader.array()? {
            let bytes = reader.bytes()?;
            let way = Way::decode(Fields::of(bytes, "way")?)?;
            if let Some(found) = Custody::decode(&way.description)? {
                custody.push((found, way));
            } else if let Some((found, _)) = Recovery::decode(&way.description)? {
                recovery.push((found, way));
            } else {
                later.push(bytes.to_vec());
            }
        }
        reader.finish()?;
        match custody.pop() {
            None => Err(Error::Damaged("no way to its keys is known".into())),
            Some(one) if custody.is_empty() => Ok(Self { custody: one, recovery, later }),
            Some(_) => Err(Error::Damaged("it has two custodies".into())),
        }
    }
}

/// What leads to a key-encryption key, and the keys that it wraps.
#[derive(Clone)]
struct Way {
    description: Vec<u8>,
    vault: (Nonce, Vec<u8>),
    guard: (Nonce, Vec<u8>),
}

/// Which of the two keys a blob holds.
const VAULT: u8 = 1;
const GUARD: u8 = 2;

impl Way {
    fn wrap(
        description: Vec<u8>,
        kek: &Kek,
        keys: &MasterKeys,
        id: &[u8; 16],
    ) -> Result<Self, Error> {
        let wrap = |which, key: &Key| -> Result<_, Error> {
            let nonce = random()?;
            Ok((nonce, seal(kek.key(), &nonce, &associated(id, which, &description), &key[..])))
        };
        let guard = keys.guard.as_ref().ok_or(Error::Guarded)?;
        let (vault, guard) = (wrap(VAULT, &keys.vault)?, wrap(GUARD, guard)?);
        Ok(Self { description, vault, guard })
    }

    /// `None` if it is not this key that wrapped them.
    fn unwrap(&self, kek: &Kek, id: &[u8; 16]) -> Option<MasterKeys> {
        let unwrap = |which, (nonce, sealed): &(Nonce, Vec<u8>)| -> Option<Key> {
            let plain = open(kek.key(), nonce, &associated(id, which, &self.description), sealed)?;
            let mut key = Key::default();
            key.copy_from_slice(plain.get(..32)?);
            Some(key)
        };
        let (vault, guard) = (unwrap(VAULT, &self.vault)?, unwrap(GUARD, &self.guard)?);
        Some(MasterKeys { vault, guard: Some(guard) })
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.description.len() + 256);
        w.array(5).bytes(&self.description);
        for (nonce, sealed) in [&self.vault, &self.guard] {
            w.bytes(nonce).bytes(sealed);
        }
        w.finish()
    }

    fn decode(mut fields: Fields<'_>) -> Result<Self, Error> {
        let description = fields.next()?.bytes()?.to_vec();
        let mut wrapped = || -> Result<_, Error> {
            Ok((*fields.next()?.fixed()?, fields.next()?.bytes()?.to_vec()))
        };
        let (vault, guard) = (wrapped()?, wrapped()?);
        Ok(Self { description, vault, guard })
    }
}

fn associated(id: &[u8; 16], which: u8, description: &[u8]) -> Vec<u8> {
    [b"kovra-vault-v2 way".as_slice(), id, &[which], description].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    const ID: [u8; 16] = [1; 16];

    fn keys() -> Keys {
        Keys::derive(MasterKeys::generate().unwrap(), ID)
    }

    fn same(a: &MasterKeys, b: &MasterKeys) -> bool {
        a.vault == b.vault && a.guard == b.guard
    }

    fn ways(kek: &Kek, keys: &Keys) -> Ways {
        let custody = Custody::KeyFile { path: "/a/b".into() };
        Ways::new(custody, kek, keys.master(), &ID).unwrap()
    }

    fn recovery(secret: &AgreementSecret) -> Recovery {
        let made = Moment::from_seconds(1_800_000_000);
        Recovery { recipient: secret.public(), made, is_code: true }
    }

    #[test]
    fn ways_read_back_and_a_later_one_is_left_as_it_is() {
        let (kek, keys, secret) =
            (Kek::generate().unwrap(), keys(), AgreementSecret::from_bytes(&[3; 32]));
        let mut all = ways(&kek, &keys);
        all.add_recovery(recovery(&secret), &keys).unwrap();
        let mut later = all.custody.1.clone();
        later.description = vec![0x82, 0x07, 0x00];
        all.later.push(later.encode());
        let read = Ways::decode(&all.encode()).unwrap();
        assert_eq!(read.encode(), all.encode());
        assert_eq!(read.custody(), all.custody());
        assert!(same(&read.unwrap(&kek, &ID).unwrap(), keys.master()));
        assert!(same(&read.recover(&secret, &ID).unwrap(), keys.master()));
        let other = AgreementSecret::from_bytes(&[4; 32]);
        assert!(matches!(read.recover(&other, &ID), Err(Error::NoSuchWay)));
        assert!(matches!(
            read.renew(Custody::Keyring { item: None }, &kek, &keys),
            Err(Error::Later(_))
        ));
        assert!(matches!(Ways::decode(&[0x80]), Err(Error::Damaged(_))));
    }

    #[test]
    fn new_keys_are_wrapped_for_the_ways_back_in_again() {
        let (kek, old, new) = (Kek::generate().unwrap(), keys(), keys());
        let secret = AgreementSecret::from_bytes(&[3; 32]);
        let mut all = ways(&kek, &old);
        all.add_recovery(recovery(&secret), &old).unwrap();
        let other = Kek::generate().unwrap();
        let renewed = all.renew(Custody::Keyring { item: None }, &other, &new).unwrap();
        assert!(same(&renewed.recover(&secret, &ID).unwrap(), new.master()));
        assert!(renewed.unwrap(&kek, &ID).is_err());
        let rewrapped = all.rewrap(Custody::Keyring { item: None }, &other, &old).unwrap();
        assert!(same(&rewrapped.unwrap(&other, &ID).unwrap(), old.master()));
        assert!(same(&rewrapped.recover(&secret, &ID).unwrap(), old.master()));
        assert!(rewrapped.unwrap(&kek, &ID).is_err());
    }

    #[test]
    fn no_two_ways_back_in_are_to_one_recipient_and_there_are_8_at_most() {
        let (kek, keys) = (Kek::generate().unwrap(), keys());
        let mut all = ways(&kek, &keys);
        for n in 1..=8 {
            all.add_recovery(recovery(&AgreementSecret::from_bytes(&[n; 32])), &keys).unwrap();
        }
        let first = recovery(&AgreementSecret::from_bytes(&[1; 32]));
        assert!(matches!(all.add_recovery(first.clone(), &keys), Err(Error::TooManyWays)));
        all.remove_recovery(&AgreementSecret::from_bytes(&[8; 32]).public()).unwrap();
        assert!(matches!(all.add_recovery(first, &keys), Err(Error::Moved(_))));
    }

    #[test]
    fn a_changed_way_does_not_unwrap() {
        let (kek, keys) = (Kek::generate().unwrap(), keys());
        let all = ways(&kek, &keys);
        assert!(all.unwrap(&kek, &[2; 16]).is_err());
        assert!(all.unwrap(&Kek::generate().unwrap(), &ID).is_err());
        let mut swapped = all.clone();
        let way = &mut swapped.custody.1;
        std::mem::swap(&mut way.vault, &mut way.guard);
        assert!(swapped.unwrap(&kek, &ID).is_err());
        let mut moved = all;
        moved.custody.1.description = Custody::KeyFile { path: "/x".into() }.encode().unwrap();
        assert!(moved.unwrap(&kek, &ID).is_err());
    }
}
