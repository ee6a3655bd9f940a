//! Linux: the Secret Service as key store, the kernel's own keys for a time, names and environments of
//! processes from /proc, files without a name, folders in memory, and a switch of its own against core dumps.

#[cfg(not(feature = "keyring"))]
pub(super) use super::no_key_store::KeyStore;
pub(super) use super::unix::*;
pub(super) use kernel_keys::{KEEPS, forget, keep, kept};
#[cfg(feature = "keyring")]
pub(super) use secret_service::KeyStore;

use super::Volume;
use rustix::fs::{AtFlags, CWD, FsWord, Mode, OFlags, RenameFlags};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The setting ends with `exec`, so a command that is run keeps its own.
pub(super) fn forbid_core_dumps() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// The clock goes on while the machine sleeps.
pub(super) fn boot() -> Option<(String, Duration)> {
    let name = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Some((name.trim_end().to_owned(), Duration::try_from(time).ok()?))
}

pub(super) fn program_of(process: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// File systems of other machines, by statfs(2): NFS, SMB, CIFS, SMB2, AFS, Ceph, 9P, Coda, and FUSE, behind which
/// most of the others are.
const NETWORKS: [FsWord; 9] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x5346_414f,
    0x00c3_6400,
    0x0102_1997,
    0x7375_7245,
    0x6573_5546,
];

pub(super) fn volume(path: &Path) -> io::Result<Volume> {
    let found = rustix::fs::statfs(path)?;
    let block = u64::try_from(found.f_bsize).unwrap_or(0);
    let is_network = NETWORKS.contains(&found.f_type);
    Ok(Volume { free: found.f_bavail.saturating_mul(block), is_network })
}

/// `MAX_ARG_STRLEN` of execve(2): 32 pages of 4 KiB.
pub(super) const VARIABLE_LIMIT: Option<usize> = Some(32 * 4096);

/// More ancestors than anyone has, so that processes that come and go can't keep this busy.
const GENERATIONS: usize = 64;

pub(super) fn an_ancestor_has(name: &str) -> bool {
    let start = format!("{name}=");
    let has = |process: &u32| {
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let value = |variable: &[u8]| variable.strip_prefix(start.as_bytes()).map(<[u8]>::len);
        environment.split(|byte| *byte == 0).filter_map(value).any(|length| length > 0)
    };
    std::iter::successors(parent(), |process| parent_of(*process))
        .take(GENERATIONS)
        .any(|p| has(&p))
}

/// From proc_pid_stat(5): the fourth field, and the second is a name in parentheses that may hold any.
fn parent_of(process: u32) -> Option<u32> {
    let stat = std::fs::read(format!("/proc/{process}/stat")).ok()?;
    let after_name = stat.rsplit(|byte| *byte == b')').next()?;
    let parent = std::str::from_utf8(after_name).ok()?.split_ascii_whitespace().nth(1)?;
    parent.parse().ok().filter(|parent| *parent > 0)
}

/// A bit for each signal that this process ignores, from signal 1 on.
pub(super) fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// A file for its owner alone that has no name, and so goes away with this process, however that ends.
/// `None` where file system or kernel have no such thing, or it could not be given a name.
pub(super) fn unnamed_file(folder: &Path) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(folder, flags, Mode::from_raw_mode(0o600)).ok().map(File::from)?;
    std::fs::symlink_metadata(descriptor(&file)).is_ok().then_some(file)
}

/// Gives a name to a file that has none, if nothing has that name.
pub(super) fn give_name(file: &File, path: &Path) -> io::Result<()> {
    Ok(rustix::fs::linkat(CWD, descriptor(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

fn descriptor(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// Renames a file, if nothing has the new name.
pub(super) fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    Ok(rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

/// Where folders in memory can be made, the user's own first.
pub(super) fn memory_roots() -> Vec<PathBuf> {
    const TMPFS: FsWord = 0x0102_1994;
    let user = rustix::process::geteuid().as_raw();
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_absolute());
    let shared = ["/dev/shm".into(), format!("/run/user/{user}").into()];
    let in_memory = |root: &PathBuf| rustix::fs::statfs(root).is_ok_and(|fs| fs.f_type == TMPFS);
    own.into_iter().chain(shared).filter(in_memory).collect()
}

#[cfg(feature = "keyring")]
mod secret_service {
    use crate::secret::Secret;
    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Entry, Error};
    use std::sync::Arc;
    use zbus_secret_service_keyring_store::Store;

    const SERVICE: &str = "kovra";

    pub(in super::super) struct KeyStore(Arc<Store>);

    impl KeyStore {
        /// Connects to the session's bus, and opens a session of the service.
        pub(in super::super) fn open() -> Result<Self, &'static str> {
            Store::new().map(Self).map_err(|_| "no keyring (Secret Service) answers here")
        }

        fn entry(&self, name: &str) -> Result<Entry, &'static str> {
            self.0.build(SERVICE, name, None).map_err(|_| "the keyring refused the request")
        }

        pub(in super::super) fn store(&self, name: &str, key: &Secret) -> Result<(), &'static str> {
            let stored = self.entry(name)?.set_secret(key.expose());
            stored.map_err(|_| "the keyring did not store the key")
        }

        pub(in super::super) fn load(&self, name: &str) -> Result<Secret, &'static str> {
            self.entry(name)?.get_secret().map(Secret::new).map_err(|e| match e {
                Error::NoEntry => "the keyring has no key for this vault",
                _ => "the keyring is locked or refused the request",
            })
        }

        pub(in super::super) fn forget(&self, name: &str) -> Result<(), &'static str> {
            match self.entry(name)?.delete_credential() {
                Ok(()) | Err(Error::NoEntry) => Ok(()),
                Err(_) => Err("the keyring is locked or refused the request"),
            }
        }
    }
}

/// keyrings(7): the kernel keeps a key for whoever reaches the keyring that it is in. Without a session of its own,
/// a process has the user's keyring.
mod kernel_keys {
    use super::super::Keeper;
    use crate::secret::Secret;
    use linux_keyutils::{
        Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission,
    };
    use rustix::io::Errno;
    use zeroize::Zeroizing;

    pub(in super::super) const KEEPS: bool = true;

    /// Longer than anything that is kept, in bytes.
    const LONGEST: usize = 1024;

    pub(in super::super) fn keep(
        name: &str,
        secret: &[u8],
        seconds: u32,
    ) -> Result<Keeper, &'static str> {
        let (keeper, ring) = own_ring().map_err(why)?;
        let key = ring.add_key(name, secret).map_err(why)?;
        limit(key, keeper, seconds).map_err(|error| {
            let _ = key.invalidate();
            why(error)
        })?;
        Ok(keeper)
    }

    /// What is kept for all sessions is for each to read, those too that do not reach the user's keyring from
    /// their own.
    fn limit(key: Key, keeper: Keeper, seconds: u32) -> Result<(), KeyError> {
        if keeper == Keeper::User {
            let owner = KeyPermissionsBuilder::builder().user(Permission::ALL);
            key.set_perms(owner.posessor(Permission::ALL).build())?;
        }
        key.set_timeout(seconds as usize)
    }

    /// The session's where it is private, else the user's.
    fn own_ring() -> Result<(Keeper, KeyRing), KeyError> {
        let session = ring(KeyRingIdentifier::Session)?;
        // A user whom no session was ever without has no such ring.
        if ring(KeyRingIdentifier::UserSession) == Ok(session) {
            return Ok((Keeper::User, ring(KeyRingIdentifier::User)?));
        }
        Ok((Keeper::Session, session))
    }

    fn ring(id: KeyRingIdentifier) -> Result<KeyRing, KeyError> {
        KeyRing::from_special_id(id, false)
    }

    pub(in super::super) fn kept(name: &str) -> Vec<Secret> {
        found(name).filter_map(|key| key.ok().and_then(read)).collect()
    }

    /// In both places: what a session keeps may be later than what the user does, or the reverse.
    fn found(name: &str) -> impl Iterator<Item = Result<Key, KeyError>> {
        let places = [KeyRingIdentifier::Session, KeyRingIdentifier::User];
        places.into_iter().map(move |place| ring(place)?.search(name))
    }

    fn read(key: Key) -> Option<Secret> {
        let mut buffer = Zeroizing::new([0; LONGEST]);
        let length = key.read(&mut *buffer).ok()?;
        buffer.get(..length).map(Secret::copy_of)
    }

    pub(in super::super) fn forget(name: &str) -> Result<bool, &'static str> {
        let mut any = false;
        for key in found(name) {
            match key.and_then(|key| key.invalidate()) {
                Ok(()) => any = true,
                // The same key by its other place, which is gone by now, or one whose time is over.
                Err(error) if is_nothing(error) => {}
                Err(error) => return Err(why(error)),
            }
        }
        Ok(any)
    }

    /// Whether it only says that nothing is there, or that nothing can be.
    fn is_nothing(error: KeyError) -> bool {
        use KeyError::{KeyDoesNotExist, KeyExpired, KeyRevoked, PermissionDenied};
        matches!(error, KeyDoesNotExist | KeyExpired | KeyRevoked | PermissionDenied | NO_CALL)
    }

    /// A kernel, or a filter of a container, that has no such calls.
    const NO_CALL: KeyError = KeyError::Unknown(Errno::NOSYS.raw_os_error());

    fn why(error: KeyError) -> &'static str {
        use KeyError::{
            AccessDenied, KeyDoesNotExist, KeyExpired, KeyRevoked, OutOfMemory, PermissionDenied,
            QuotaExceeded,
        };
        match error {
            PermissionDenied | NO_CALL => "the kernel keeps no keys here, as in most containers",
            AccessDenied => "the kernel refuses this process the keyring, or the key that is in it",
            QuotaExceeded => {
                "the keys that the kernel keeps for this user are as many as they may be"
            }
            KeyRevoked | KeyExpired | KeyDoesNotExist => {
                "this session's keyring is no longer valid"
            }
            OutOfMemory => "the kernel has no memory for it",
            _ => "the kernel refused to keep it",
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_the_kernel_refuses_is_told_in_words() {
            let full = why(KeyError::QuotaExceeded);
            assert!(full.contains("as many as they may be"), "{full}");
            for container in [KeyError::PermissionDenied, KeyError::Unknown(38)] {
                assert!(why(container).contains("as in most containers"));
                assert!(is_nothing(container));
            }
            assert!(!is_nothing(KeyError::AccessDenied));
        }
    }
}
