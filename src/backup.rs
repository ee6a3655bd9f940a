//! Backups: an age file that holds an archive of a vault's folder, which any age and any tar unpack
//! (`spec/vault.md` 12).
//!
//! What opens one is given by whoever has it, so it may be anything: what a reader spends on it is bounded by
//! [`limits`], and nothing of it gets to a disk.

use crate::clock::Moment;
use crate::identity::age_file::{self, NotOpened, NotSealed};
use crate::identity::age_passphrase;
use crate::identity::{AgeIdentity, AgreementPublic, AgreementSecret, Recipient};
use crate::limits;
use crate::package::{self, Scan};
use crate::secret::Secret;
use crate::vault::{self, Copy, FILE, KEY_FILE, Kek, Vault};
use std::io::{self, Read};
use tar::{Archive, Builder, Entries, EntryType, Header};

/// The longest file of a backup, in bytes: what age and the archive add to the vault is less.
pub const LONGEST: usize = limits::BACKUP + limits::BACKUP / 1024;
/// The longest key file, in bytes.
const KEY: usize = 4096;

/// Whom a backup is sealed to.
pub enum To {
    Recipients(Vec<AgreementPublic>),
    Passphrase(Secret),
}

/// What opens a backup.
pub enum Opener {
    Key(AgreementSecret),
    Passphrase(Secret),
}

/// Why a backup restores nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the age file.
    #[error(transparent)]
    File(#[from] package::Error),
    /// What was given does not open it.
    #[error("the backup did not open: {0}")]
    Locked(&'static str),
    #[error("the backup is damaged: {0}")]
    Damaged(&'static str),
    /// It opens, and is another thing.
    #[error("this is no backup of a vault: {0}")]
    Foreign(&'static str),
    #[error("in the backup, {0}")]
    Vault(vault::Error),
}

/// Seals a copy of a vault, made at `made`.
pub fn seal(copy: &Copy, to: &To, made: Moment) -> Result<Vec<u8>, vault::Error> {
    let failed = |why: io::Error| vault::Error::Storage(format!("sealing the backup: {why}"));
    let archive = pack(copy, made).map_err(failed)?;
    let sealed = match to {
        To::Passphrase(passphrase) => age_passphrase::encrypt(passphrase, archive.expose()),
        To::Recipients(keys) => {
            let keys: Vec<Recipient> = keys.iter().copied().map(Recipient::Age).collect();
            age_file::encrypt(&keys.iter().collect::<Vec<_>>(), archive.expose())
        }
    };
    sealed.map_err(|why| match why {
        NotSealed::NoSsh => failed(io::ErrorKind::Unsupported.into()),
        NotSealed::Io(why) => failed(why),
    })
}

/// Of ustar: to be read and written by its owner.
const OWNER_ALONE: u32 = 6 << 6;

fn pack(copy: &Copy, made: Moment) -> io::Result<Secret> {
    // The key must not be left in a buffer that moved: this one has room for all of it.
    let mut archive = Builder::new(Vec::with_capacity(copy.vault.len() + 8 * 1024));
    for (name, content) in [(KEY_FILE, copy.key.expose()), (FILE, &copy.vault)] {
        let mut header = Header::new_ustar();
        header.set_path(name)?;
        header.set_entry_type(EntryType::Regular);
        header.set_mode(OWNER_ALONE);
        header.set_size(content.len() as u64);
        header.set_mtime(made.seconds());
        header.set_cksum();
        archive.append(&header, content)?;
    }
    archive.into_inner().map(Secret::new)
}

/// Whether a passphrase opens it; else a key does.
pub fn asks_for_passphrase(file: &[u8]) -> Result<bool, Error> {
    if file.len() > LONGEST {
        let what = format!("it is larger than {}", limits::size(limits::BACKUP));
        return Err(package::Error::new(package::Class::Limit, "backup", what).into());
    }
    Ok(Scan::asks_for_passphrase(file)?)
}

/// Opens the vault that a backup holds, in memory. It is there to be read; nothing can be written to it.
pub fn open(file: &[u8], opener: &Opener) -> Result<Vault, Error> {
    let copy = match (asks_for_passphrase(file)?, opener) {
        (true, Opener::Passphrase(passphrase)) => {
            decrypted(age_passphrase::decrypt(passphrase, file))
        }
        (false, Opener::Key(key)) => decrypted(age_file::decrypt(AgeIdentity::X25519(key), file)),
        (true, _) => Err(Error::Locked("it is opened with a passphrase")),
        (false, _) => Err(Error::Locked("it is opened with a key, and not with a passphrase")),
    };
    let Copy { vault, key } = unpack(&copy?)?;
    let kek = Kek::from_text(&key).map_err(Error::Vault)?;
    Vault::of_copy(vault, &kek).map_err(Error::Vault)
}

fn decrypted(opened: Result<Secret, NotOpened>) -> Result<Secret, Error> {
    opened.map_err(|why| match why {
        NotOpened::NotMine => Error::Locked("it is sealed to another key or passphrase"),
        NotOpened::Header => Error::Damaged("its age header is not valid"),
        NotOpened::Mac => Error::Damaged("its age header was changed"),
        NotOpened::Body => Error::Damaged("it is cut short, or was changed"),
    })
}

/// Two ordinary files of these names, and nothing else.
fn unpack(all: &Secret) -> Result<Copy, Error> {
    let mut archive = Archive::new(all.expose());
    // Raw: long names and other extensions of the format are files of their own then, of another type.
    let mut members = archive.entries().map_err(not_tar)?.raw(true);
    let key = Secret::new(member(&mut members, KEY_FILE, KEY)?);
    let vault = member(&mut members, FILE, all.len())?;
    match members.next() {
        None => Ok(Copy { vault, key }),
        Some(_) => Err(Error::Foreign("there is more in its archive than a vault and its key")),
    }
}

fn member(members: &mut Entries<'_, &[u8]>, name: &str, most: usize) -> Result<Vec<u8>, Error> {
    const OTHER: Error = Error::Foreign("its archive does not hold a vault's key and then a vault");
    let mut member = members.next().ok_or(OTHER)?.map_err(not_tar)?;
    let is_ours = member.header().entry_type() == EntryType::Regular
        && *member.path_bytes() == *name.as_bytes();
    let length = usize::try_from(member.size()).ok().filter(|length| is_ours && *length <= most);
    let length = length.ok_or(OTHER)?;
    let mut content = Vec::with_capacity(length);
    match member.read_to_end(&mut content) {
        Ok(read) if read == length => Ok(content),
        _ => Err(Error::Foreign("its archive is cut short")),
    }
}

fn not_tar(_: io::Error) -> Error {
    Error::Foreign("there is no tar archive in it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use crate::vault::{Custody, Locked, NewVault};

    const MADE: Moment = Moment::from_seconds(1_800_000_000);

    fn secret() -> AgreementSecret {
        AgreementSecret::from_bytes(&[9; 32])
    }

    fn copy() -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let kek = Kek::generate().unwrap();
        let custody = Custody::KeyFile { path: "/nowhere".into() };
        let new = NewVault { folder: folder.path(), id: [9; 16], custody, kek: &kek };
        let identity = Identity::generate(Moment::from_seconds(1)).unwrap();
        Vault::create(new, |batch| batch.put_identity(&identity)).unwrap();
        Locked::open(folder.path()).unwrap().unlock(&kek).unwrap().copy(MADE).unwrap()
    }

    fn sealed(archive: &[u8]) -> Vec<u8> {
        age_file::encrypt(&[&Recipient::Age(secret().public())], archive).unwrap()
    }

    /// Why the archive in an age file is none of ours.
    fn why(archive: &[u8]) -> String {
        let opened = open(&sealed(archive), &Opener::Key(secret()));
        opened.err().expect("a refusal").to_string()
    }

    /// A header, with what somebody thinks of, and then its content.
    fn with(name: &str, content: &[u8], odd: impl FnOnce(&mut Header)) -> Vec<u8> {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(OWNER_ALONE);
        header.set_entry_type(EntryType::Regular);
        odd(&mut header);
        header.set_cksum();
        let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
        [header.as_bytes(), content, &padding].concat()
    }

    fn file(name: &str, content: &[u8]) -> Vec<u8> {
        with(name, content, |_| ())
    }

    #[test]
    fn a_backup_opens_with_what_it_is_sealed_to_and_says_when_it_was_made() {
        let (copy, other) = (copy(), AgreementSecret::from_bytes(&[8; 32]));
        let to = To::Recipients(vec![secret().public()]);
        let file = seal(&copy, &to, MADE).unwrap();
        assert!(!asks_for_passphrase(&file).unwrap());
        let vault = open(&file, &Opener::Key(secret())).unwrap();
        assert_eq!(vault.view().last_backup().unwrap(), Some(MADE));
        assert_eq!(vault.view().id(), &[9; 16]);
        assert!(matches!(vault.check_writable(), Err(vault::Error::ReadOnly(_))));
        let by = |text: &str| Opener::Passphrase(Secret::copy_of(text.as_bytes()));
        assert!(matches!(open(&file, &by("a passphrase")), Err(Error::Locked(_))));
        assert!(matches!(open(&file, &Opener::Key(other)), Err(Error::Locked(_))));
    }

    #[test]
    fn an_archive_of_anything_else_is_none() {
        let Copy { vault, key } = copy();
        let (key, vault) = (file(KEY_FILE, key.expose()), file(FILE, &vault));
        let end = vec![0; 1024];
        let all = |parts: &[&[u8]]| parts.concat();
        let opened = open(&sealed(&all(&[&key, &vault, &end])), &Opener::Key(secret()));
        opened.expect("the parts are a whole");
        let other = "this is no backup of a vault: its archive does not hold a vault's key and then a vault";
        let link = |header: &mut Header| header.set_entry_type(EntryType::Symlink);
        let long = |header: &mut Header| header.set_entry_type(EntryType::GNULongName);
        for odd in [
            end.clone(),
            all(&[&key, &end]),
            all(&[&vault, &key, &end]),
            all(&[&file("./vault.key", b"x"), &vault, &end]),
            all(&[&file("a/../vault.key", b"x"), &vault, &end]),
            all(&[&with(KEY_FILE, b"", link), &vault, &end]),
            all(&[&with("././@LongLink", b"vault.key\0", long), &key, &vault, &end]),
            all(&[&file(KEY_FILE, &[0; 5000]), &vault, &end]),
        ] {
            assert_eq!(why(&odd), other);
        }
        for size in [1 << 40, u64::MAX] {
            let huge = with(FILE, b"", |header| header.set_size(size));
            assert!(why(&all(&[&key, &huge, &end])).starts_with("this is no backup of a vault: "));
        }
        let more = all(&[&key, &vault, &file("more", b""), &end]);
        assert!(why(&more).contains("there is more in its archive"));
        for odd in [&b"not an archive"[..], &[b'x'; 600]] {
            assert!(why(odd).contains("there is no tar archive in it"));
        }
        let cut = with(FILE, b"", |header| header.set_size(700));
        assert!(why(&all(&[&key, &cut, &[0; 512]])).contains("its archive is cut short"));
    }

    #[test]
    fn a_vault_in_a_backup_is_read_as_any_other() {
        let Copy { vault, key } = copy();
        let key = file(KEY_FILE, key.expose());
        let of = |vault: &[u8]| [&key[..], &file(FILE, vault), &[0; 1024]].concat();
        let mut rollback = vault.clone();
        rollback[18] = 1;
        assert!(why(&of(&rollback)).starts_with("in the backup, the vault is damaged: "));
        for odd in [&b""[..], b"hello", &[0; 4096], &vault[..4096], &vault[..vault.len() - 100]] {
            assert!(
                why(&of(odd)).starts_with("in the backup, the vault is damaged: "),
                "{}",
                odd.len()
            );
        }
        let other = Kek::generate().unwrap();
        let other = [&file(KEY_FILE, other.to_text().expose())[..], &file(FILE, &vault)].concat();
        assert!(why(&other).contains("the key file is of another vault"));
        assert!(
            why(&[&file(KEY_FILE, b"x")[..], &file(FILE, &vault)].concat()).contains("checksum")
        );
    }
}
