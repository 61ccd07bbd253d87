//! `ringbook completions`: what makes a shell complete this program's commands.

use clap::builder::EnumValueParser;
use clap::{Arg, ArgMatches, Command};
use clap_complete::{Shell, generate};

use super::output::{Answer, Json};
use super::{Failure, args};

const EXAMPLES: &str = "\
Examples:
  ringbook completions bash > /etc/bash_completion.d/ringbook
  ringbook completions zsh > \"${fpath[1]}/_ringbook\"
  ringbook completions fish > ~/.config/fish/completions/ringbook.fish";

pub(super) fn command() -> Command {
    let shell = Arg::new("SHELL").required(true).value_parser(EnumValueParser::<Shell>::new()).help("Which shell");
    Command::new("completions")
        .about("Print a script that completes commands in a shell")
        .after_help(EXAMPLES)
        .arg(shell)
}

/// The script.
pub(super) fn run(leaf: &ArgMatches) -> Result<Answer, Failure> {
    let shell = leaf.get_one::<Shell>("SHELL").copied().ok_or_else(|| Failure::usage("the shell is missing"))?;
    let mut script = Vec::new();
    generate(shell, &mut args::program(), "ringbook", &mut script);
    let script = String::from_utf8(script).map_err(Failure::failed)?;
    Ok(Answer::text(Json::Null, script))
}
