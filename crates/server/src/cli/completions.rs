//! `ringbook completions`: shell completions.

use clap::builder::EnumValueParser;
use clap::{Arg, ArgMatches, Command};
use clap_complete::{Shell, generate};
use serde_json::Value;

use super::cli_error::CliError;
use super::output::CommandOutput;

const EXAMPLES: &str = "\
Examples:
  ringbook completions bash > /etc/bash_completion.d/ringbook
  ringbook completions zsh > \"${fpath[1]}/_ringbook\"
  ringbook completions fish > ~/.config/fish/completions/ringbook.fish";

pub(super) fn command() -> Command {
    let shell = Arg::new("SHELL").required(true).value_parser(EnumValueParser::<Shell>::new()).help("Shell");
    Command::new("completions").about("Print a completion script for a shell").after_help(EXAMPLES).arg(shell)
}

/// Prints the script.
pub(super) fn run(leaf: &ArgMatches, program: &mut Command) -> Result<CommandOutput, CliError> {
    let shell = leaf.get_one::<Shell>("SHELL").copied().ok_or_else(|| CliError::usage("the shell is missing"))?;
    let mut script = Vec::new();
    generate(shell, program, "ringbook", &mut script);
    let script = String::from_utf8(script).map_err(CliError::failed)?;
    Ok(CommandOutput::text(Value::Null, script))
}
