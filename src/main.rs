//! The `kovra` program. Everything it can do is in the library; this is the part that talks.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
