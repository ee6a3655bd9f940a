//! `allow`: programs that may get values of production, and high ones without another question.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::env_name;
use crate::platform;
use crate::policy::Trust;
use crate::text::escape;
use crate::vault::AllowedProgram;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

/// SHA-256 of a file's content.
pub fn digest(path: &Path) -> Result<[u8; 32], Error> {
    let unsafe_file = |why| Error::Unsafe { path: path.to_owned(), why };
    let mut file = platform::open(path).map_err(unsafe_file)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(Error::io(path))? {
            0 => return Ok(hasher.finalize().into()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// Puts a program on the allowlist as it is, with what makes it load code as that is now, once the owner
/// has confirmed it.
pub fn add(
    session: &mut Session<'_>,
    path: &Path,
    loaders: &[(OsString, OsString)],
) -> Result<AllowedProgram, Error> {
    let program = AllowedProgram {
        path: path.to_string_lossy().into_owned(),
        digest: digest(path)?,
        added: session.now(),
        loaders: Some(env_name::digest(loaders)),
    };
    let before = session.view().allowed_program(&program.path)?;
    let event = session.event(Action::AllowAdd).for_program(path.display());
    let wish = Wish::of_trust(Trust::Allow, escape(&program.path), event);
    let about = About::Allow { program: &program, loaders };
    let consent = session.ask(vec![wish.on(&before.basis, &program.path)], &about)?;
    if digest(path)? != program.digest {
        let moved = crate::vault::Error::Moved(escape(&program.path));
        return session.record_failure(consent, moved.into());
    }
    session.write(consent, |batch, _| batch.put_program(&before.basis, &program))?;
    Ok(program)
}

/// Takes a program off the allowlist if it is on it. That needs no confirmation: it only narrows.
pub fn remove(session: &mut Session<'_>, path: &Path) -> Result<(), Error> {
    let name = path.to_string_lossy();
    let before = session.view().allowed_program(&name)?;
    if before.is_none() {
        return Err(Error::Nothing(format!("{} is not on the allowlist", escape(&name))));
    }
    let event = session.event(Action::AllowRemove).for_program(path.display());
    let wish = Wish::of_trust(Trust::Disallow, escape(&name), event).on(&before.basis, &name);
    let consent = session.ask(vec![wish], &About::Disallow(path))?;
    session.write(consent, |batch, _| batch.remove_program(&before.basis, &name))
}
