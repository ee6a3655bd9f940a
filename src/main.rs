//! The `kovra` program. Everything it can do is in the library; this is the part that talks.

mod cli;

use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is overwritten first, whichever crate had it (`spec/threat-model.md` 6.1.1).
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    cli::main()
}
