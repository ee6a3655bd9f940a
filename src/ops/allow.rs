//! `allow`: programs that may get values of production, and high ones without another question.

use super::{Error, Question, Session};
use crate::audit::{Action, Outcome};
use crate::vault::AllowedProgram;
use sha2::{Digest, Sha256};
use std::path::Path;

/// SHA-256 of a file's content.
pub fn digest(path: &Path) -> Result<[u8; 32], Error> {
    let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match std::io::Read::read(&mut file, &mut buffer).map_err(Error::io(path))? {
            0 => return Ok(hasher.finalize().into()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// Puts a program on the allowlist, once the owner has confirmed it.
pub fn add(session: &mut Session<'_>, path: &Path) -> Result<AllowedProgram, Error> {
    let program = AllowedProgram {
        path: path.to_string_lossy().into_owned(),
        digest: digest(path)?,
        added: session.now(),
    };
    let before = session.view().allowed_program(&program.path)?;
    let event = session.event(Action::AllowAdd, Outcome::Confirmed).for_program(path.display());
    session.confirm_or_record(&Question::Allow(&program), &event)?;
    session.write(event, |batch, _| batch.put_program(&before.basis, &program))?;
    Ok(program)
}

/// Takes a program off the allowlist if it is on it. That needs no confirmation: it only narrows.
pub fn remove(session: &mut Session<'_>, path: &Path) -> Result<(), Error> {
    let name = path.to_string_lossy();
    let before = session.view().allowed_program(&name)?;
    if before.is_none() {
        return Err(Error::Nothing(format!("{name} is not on the allowlist")));
    }
    let event = session.event(Action::AllowRemove, Outcome::Allowed).for_program(path.display());
    session.write(event, |batch, _| batch.remove_program(&before.basis, &name))
}
