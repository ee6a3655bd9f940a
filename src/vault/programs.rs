//! The allowlist: programs that may get values of production and of high sensitivity, each by its
//! absolute path and the SHA-256 of its content.

use super::rows::Kind;
use super::{Batch, Error, View};
use crate::cbor::{Reader, Writer};
use crate::clock::Moment;
use crate::secret::Secret;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedProgram {
    /// Absolute.
    pub path: String,
    /// SHA-256 of its content when it was allowed.
    pub digest: [u8; 32],
    pub added: Moment,
}

impl View<'_> {
    /// Sorted by path.
    pub fn allowed_programs(&self) -> Result<Vec<AllowedProgram>, Error> {
        let rows = self.rows.all(Kind::Program)?;
        let mut programs =
            rows.iter().map(|row| decode(&row.metadata)).collect::<Result<Vec<_>, _>>()?;
        programs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(programs)
    }

    pub fn allowed_program(&self, path: &str) -> Result<Option<AllowedProgram>, Error> {
        let row = self.rows.get(Kind::Program, &self.program_lookup(path))?;
        row.map(|row| decode(&row.metadata)).transpose()
    }

    fn program_lookup(&self, path: &str) -> [u8; 32] {
        self.rows.keys.lookup(&[b"program", path.as_bytes()])
    }
}

impl Batch<'_> {
    /// Puts a program on the allowlist, in place of what stood there for its path.
    pub fn put_program(&self, program: &AllowedProgram) -> Result<(), Error> {
        let mut w = Writer::with_capacity(128 + program.path.len());
        w.array(3).text(&program.path).bytes(&program.digest).uint(program.added.millis());
        let view = self.view();
        let lookup = view.program_lookup(&program.path);
        view.rows.replace(Kind::Program, &lookup, w.as_bytes(), &Secret::empty())
    }

    pub fn remove_program(&self, path: &str) -> Result<(), Error> {
        let view = self.view();
        view.rows.erase(Kind::Program, &view.program_lookup(path))
    }
}

fn decode(bytes: &[u8]) -> Result<AllowedProgram, Error> {
    let mut r = Reader::new(bytes, "program");
    r.array()?;
    let (path, digest, added) = (r.text()?.to_owned(), *r.fixed()?, Moment::from_millis(r.uint()?));
    r.finish()?;
    Ok(AllowedProgram { path, digest, added })
}
