//! Demo address books on disk, created once and kept between runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::running::quietly;
use crate::server::RunningServer;

/// Creates the demo unless an earlier run has, and removes the quotas of its first customer.
///
/// # Errors
/// The program fails.
pub fn provide(program: &Path, data: &Path, contacts: u64) -> Result<(), String> {
    if !data.join("demo.json").exists() {
        eprintln!("── demo book of {contacts} contacts");
        // Whatever is there is unfinished.
        let _ = fs::remove_dir_all(data);
        let parent = data.parent().unwrap_or(data);
        fs::create_dir_all(parent).map_err(|why| format!("{}: {why}", parent.display()))?;
        let mut demo = Command::new(program);
        demo.arg("demo").arg("--data").arg(data).args(["--contacts", &contacts.to_string()]);
        RunningServer::start(demo.args(["--listen", "127.0.0.1:0"]))?;
    }
    let mut set = Command::new(program);
    set.args(["customer", "set", "1", "--day-limit", "none", "--minute-limit", "none", "--data"]);
    quietly(set.arg(data))
}

/// The access token of the first customer.
///
/// # Errors
/// `demo.json` is missing or holds no access token.
pub fn token(data: &Path) -> Result<String, String> {
    token_of(data, 0)
}

/// The access token of a customer, by its position; the first is at 0.
///
/// # Errors
/// `demo.json` is missing or holds no such customer.
pub fn token_of(data: &Path, at: usize) -> Result<String, String> {
    let file = data.join("demo.json");
    let text = fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    let customers = text.split(r#""customers""#).nth(1).unwrap_or_default();
    let value = customers.split(r#""access_token": ""#).nth(at + 1).and_then(|rest| rest.split('"').next());
    value.map(str::to_owned).ok_or_else(|| format!("{} holds no access token of customer {}", file.display(), at + 1))
}
