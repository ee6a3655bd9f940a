//! The allowlist: programs that may get values of production and of high sensitivity, each by its
//! absolute path and the SHA-256 of its content.

use super::batch::Content;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, View};
use crate::cbor::Writer;
use crate::clock::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedProgram {
    /// Absolute.
    pub path: String,
    /// SHA-256 of its content when it was allowed.
    pub digest: [u8; 32],
    pub added: Moment,
    /// Of what made programs load code where it was allowed ([`crate::env_name::digest`]); `None` if nobody
    /// looked.
    pub loaders: Option<[u8; 32]>,
}

impl View<'_> {
    /// Sorted by path.
    pub fn allowed_programs(&self) -> Result<Vec<AllowedProgram>, Error> {
        let rows = self.rows.all(Kind::PROGRAM)?;
        let mut programs = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        programs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(programs)
    }

    pub fn allowed_program(&self, path: &str) -> Result<Looked<Option<AllowedProgram>>, Error> {
        self.rows.look(Kind::PROGRAM, &self.program_lookup(path), decode)
    }

    fn program_lookup(&self, path: &str) -> Lookup {
        Name::Program(path).lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    /// Puts a program on the allowlist, in place of what stood there for its path.
    pub fn put_program(&mut self, on: &Basis, program: &AllowedProgram) -> Result<(), Error> {
        self.expect(on, &program.path)?;
        let mut w = Writer::with_capacity(128 + program.path.len());
        w.array(4).text(&program.path).bytes(&program.digest).uint(program.added.millis());
        w.bytes(program.loaders.as_ref().map_or(&[], |digest| digest));
        let lookup = self.view().program_lookup(&program.path);
        self.replace(Kind::PROGRAM, lookup, &Content::of(w.as_bytes(), true))
    }

    pub fn remove_program(&mut self, on: &Basis, path: &str) -> Result<(), Error> {
        self.expect(on, path)?;
        let lookup = self.view().program_lookup(path);
        self.erase(Kind::PROGRAM, &lookup)
    }
}

fn decode(row: &Opened) -> Result<AllowedProgram, Error> {
    let mut fields = Fields::of(&row.metadata, "program")?;
    Ok(AllowedProgram {
        path: fields.next()?.text()?.to_owned(),
        digest: *fields.next()?.fixed()?,
        added: Moment::from_millis(fields.next()?.uint()?),
        loaders: if fields.more() { fields.next()?.bytes()?.try_into().ok() } else { None },
    })
}
