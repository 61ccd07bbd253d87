//! The program `ringbook`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringbook::cli::run(std::env::args_os())
}

/// Gives memory of answered calls back to the system: the allocator of glibc keeps most of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
