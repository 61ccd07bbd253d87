//! `cargo xtask fuzz`: the plain runner of the fuzz targets, or with `--coverage` one target under libFuzzer.
//!
//! Coverage comes from a pass of LLVM that stable rustc includes, so that neither a nightly compiler nor cargo-fuzz is
//! needed. Sanitizers are not used: the workspace contains no unsafe code.

use std::path::Path;
use std::process::Command;

use ringbook_testbed::output;
use ringbook_testbed::workspace::{cargo, root};

use crate::run_tool;

/// Compiler options that count executed edges and report operands of comparisons.
const COVERAGE_FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Fewer branches would be told apart.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];
/// Seconds of a run if `--seconds` is absent.
const SECONDS_DEFAULT: u64 = 60;
/// Maximum length of an input, in bytes.
const INPUT_BYTES_MAX: u32 = 1 << 16;
/// Seconds after which an input counts as a failure.
const INPUT_SECONDS_MAX: u32 = 20;
/// Memory at which a run counts as a failure, in MiB.
const MEMORY_MIB_MAX: u32 = 4096;

/// Runs the chore.
///
/// # Errors
/// An argument is invalid, the build fails, or an input failed.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let [first, rest @ ..] = arguments else { return run_plain(arguments) };
    if first != "--coverage" {
        return run_plain(arguments);
    }
    let (target, seconds) = match rest {
        [target] => (target, SECONDS_DEFAULT),
        [target, option, seconds] if option == "--seconds" => {
            (target, seconds.parse().map_err(|_| "fuzz: --seconds takes a number".to_owned())?)
        }
        _ => return Err("usage: cargo xtask fuzz --coverage TARGET [--seconds S]".to_owned()),
    };
    run_coverage(target, seconds)
}

fn run_plain(arguments: &[String]) -> Result<(), String> {
    run_tool::run("ringbook-fuzz", &["--release"], arguments)
}

fn run_coverage(target: &str, seconds: u64) -> Result<(), String> {
    let fuzz = root().join("fuzz");
    if !fuzz.join("fuzz_targets").join(target).with_extension("rs").exists() {
        return Err(format!("fuzz: unknown target {target}"));
    }
    let program = build(target)?;
    let (corpus, artifacts) = (fuzz.join("corpus").join(target), fuzz.join("artifacts"));
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut command = Command::new(program);
    // The first folder receives new inputs; the others are read only.
    command.arg(&corpus).arg(fuzz.join("corpus-seeds").join(target));
    command.arg(format!("-artifact_prefix={}/coverage-{target}-", artifacts.display()));
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-max_len={INPUT_BYTES_MAX}"));
    command.arg(format!("-timeout={INPUT_SECONDS_MAX}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"));
    command.arg("-print_final_stats=1");
    let status = command.status().map_err(|error| format!("cannot run the target {target}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "{target} failed; `cargo xtask fuzz {target} --file FILE` repeats it with the file that is named above"
    ))
}

/// Builds a target with coverage; returns its path. Naming the platform keeps the options from build scripts, which
/// are not linked with libFuzzer.
fn build(target: &str) -> Result<std::path::PathBuf, String> {
    let version = output(Command::new("rustc").arg("-vV")).ok_or("cannot run rustc")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not name its host")?;
    let folder = root().join("target/fuzz-coverage");
    let mut build = cargo(&["build", "--package", "ringbook-fuzz", "--features", "libfuzzer", "--profile", "fuzz"]);
    build.args(["--bin", target, "--target", host, "--target-dir"]).arg(&folder);
    build.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", COVERAGE_FLAGS.join(" "));
    match build.status() {
        Ok(status) if status.success() => Ok(folder.join(Path::new(host)).join("fuzz").join(target)),
        Ok(_) => Err(format!("the target {target} does not build; libFuzzer needs a C++ compiler")),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}
