//! The program `ringbook`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringbook::cli::run(std::env::args_os())
}
