//! Demo books on disk, made once and kept between runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use ringbook_testbed::quietly;

use super::process::Running;

/// Makes the book unless an earlier run has, and lifts the limits of its customer.
///
/// # Errors
/// The program fails.
pub fn provide(program: &Path, data: &Path, contacts: u64) -> Result<(), String> {
    if !data.join("demo.json").exists() {
        eprintln!("── demo book of {contacts} contacts");
        // What is there was not finished.
        let _ = fs::remove_dir_all(data);
        let parent = data.parent().unwrap_or(data);
        fs::create_dir_all(parent).map_err(|why| format!("{}: {why}", parent.display()))?;
        let mut demo = Command::new(program);
        demo.arg("demo").arg("--data").arg(data).args(["--contacts", &contacts.to_string()]);
        Running::start(demo.args(["--listen", "127.0.0.1:0"]))?;
    }
    let mut set = Command::new(program);
    set.args(["customer", "set", "1", "--day-limit", "none", "--minute-limit", "none", "--data"]);
    quietly(set.arg(data))
}

/// The key of the first customer.
///
/// # Errors
/// There is no such file, or no key in it.
pub fn token(data: &Path) -> Result<String, String> {
    let file = data.join("demo.json");
    let text = fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    let customers = text.split(r#""customers""#).nth(1).unwrap_or_default();
    let value = customers.split(r#""access_token": ""#).nth(1).and_then(|rest| rest.split('"').next());
    value.map(str::to_owned).ok_or_else(|| format!("{} holds no key", file.display()))
}
