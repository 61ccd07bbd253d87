//! The commands of the documents, run in a shell in their order and compared with what the documents print.
//!
//! A block of `sh` is a command, and the next block that is not one, if it follows before the next command, is its
//! output. `…` stands for anything in an output, and so do digits that differ from run to run: tokens and remaining
//! points. Every document runs on a demo of its own, beside which is the program as `ringbook`.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use super::harness::{Place, Server, place, program};

/// The address that the documents call.
const ADDRESS: &str = "127.0.0.1:8080";
/// What precedes the output of a block and its exit code.
const MARK: &str = "@@@block@@@";
/// Documents with commands.
const DOCUMENTS: [&str; 8] = [
    "README.md",
    "docs/changing.md",
    "docs/data.md",
    "docs/files.md",
    "docs/numbers.md",
    "docs/operating.md",
    "docs/performance.md",
    "docs/queries.md",
];
/// How the first command of blocks begins that need another machine, minutes, or what the test does itself.
const NOT_HERE: [&str; 13] = [
    // The demo that the document runs on.
    "cargo run",
    // Chores of the project.
    "cargo xtask",
    // A database server.
    "pg_dump",
    "pg_restore",
    "ringbook migrate-store /var/lib/ringbook",
    "ringbook serve --database",
    // They serve until a signal ends them.
    "ringbook serve --data",
    // The system that a package is installed on, and containers.
    "sudo",
    "podman",
    // Measurements.
    "cargo bench",
    // A server elsewhere.
    "ringbook import contacts.csv --url",
    "export RINGBOOK_TOKEN=…",
    "systemctl",
];

/// A fenced block.
#[derive(Debug)]
struct Block {
    line: usize,
    language: String,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut is_open = false;
    for (at, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if is_open => is_open = false,
            Some(language) => {
                is_open = true;
                found.push(Block { line: at + 1, language: language.to_owned(), text: String::new() });
            }
            None if is_open => {
                let block = found.last_mut().expect("a block is open");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!is_open, "a block is not closed");
    found
}

/// The commands of a document, each with the output that it must have.
fn commands(text: &str) -> Vec<(Block, Option<Block>)> {
    let mut found: Vec<(Block, Option<Block>)> = Vec::new();
    for block in blocks(text) {
        match block.language.as_str() {
            "sh" => found.push((block, None)),
            "json" | "" => {
                if let Some((_, output @ None)) = found.last_mut() {
                    *output = Some(block);
                }
            }
            _ => {}
        }
    }
    found.retain(|(command, _)| !NOT_HERE.iter().any(|start| command.text.starts_with(start)));
    found
}

/// Whether an output is what a document prints.
fn is_as_printed(printed: &str, output: &str) -> bool {
    let packed = |text: &str| text.lines().map(str::trim).collect::<String>();
    let (printed, output) = (packed(printed), packed(output));
    let Some((first, others)) = printed.split_once('…') else { return printed == output };
    let Some(mut rest) = output.strip_prefix(first) else { return false };
    let (middle, last) = others.rsplit_once('…').unwrap_or(("", others));
    for part in middle.split('…') {
        let Some(start) = rest.find(part) else { return false };
        rest = &rest[start + part.len()..];
    }
    rest.ends_with(last)
}

/// Directories as the documents assume them: a demo in `ringbook-demo`, the program on the path, files to import.
fn start() -> (Place, Server) {
    let root = place();
    // The documents name a directory, whatever store the other tests use.
    let data = root.path().join("ringbook-demo");
    let mut demo = program(["demo", "--listen", "127.0.0.1:0"]);
    demo.arg("--data").arg(&data);
    let server = Server::run(demo, &data);
    let bin = root.path().join("bin");
    std::fs::create_dir(&bin).expect("a directory");
    symlink(program([""]).get_program(), bin.join("ringbook")).expect("a link");
    let contacts =
        "Name,Phone,E-mail\nHopper Grace,+1 202 555 0101,grace@navy.example\nLem Staszek,+48 12 555 01 02,\n";
    std::fs::write(root.path().join("contacts.csv"), contacts).expect("written");
    (root, server)
}

/// The outputs of the commands, run one after another in one shell, with their exit codes.
fn run(root: &Path, server: &Server, commands: &[(Block, Option<Block>)]) -> Vec<(String, String)> {
    let mut script = String::new();
    for (block, _) in commands {
        let text = block.text.replace(ADDRESS, &server.address.to_string());
        let _ = write!(script, "{text}\necho \"{MARK}$?\"\n");
    }
    let mut shell = Command::new("bash");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RINGBOOK_")) {
        shell.env_remove(name);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    shell.current_dir(root).env("PATH", format!("{}:{path}", root.join("bin").display()));
    // What is printed by default is the address of the documents.
    shell.env("RINGBOOK_URL", format!("http://{}", server.address));
    let script = format!("exec 2>&1\n{script}");
    let output = shell.args(["-c", &script]).stdin(Stdio::null()).output().expect("bash runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8").replace(&server.address.to_string(), ADDRESS);
    let mut outputs = Vec::new();
    let mut before = String::new();
    for line in text.lines() {
        match line.split_once(MARK) {
            Some((rest, code)) => {
                before.push_str(rest);
                outputs.push((std::mem::take(&mut before), code.to_owned()));
            }
            None => {
                before.push_str(line);
                before.push('\n');
            }
        }
    }
    outputs
}

#[test]
fn the_documents_print_what_their_commands_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut wrong = String::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(document)).expect("the document");
        let commands = commands(&text);
        if commands.is_empty() {
            continue;
        }
        let (place, server) = start();
        let outputs = run(place.path(), &server, &commands);
        assert_eq!(outputs.len(), commands.len(), "{document}: {outputs:?}");
        for ((command, printed), (output, code)) in commands.iter().zip(&outputs) {
            let is_right = printed.as_ref().is_none_or(|printed| is_as_printed(&printed.text, output));
            if code != "0" || !is_right {
                let _ = writeln!(wrong, "{document}:{} exits with {code} and prints\n{output}", command.line);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_document_with_commands_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir(root.join("docs")).expect("the documents") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let path = format!("docs/{name}");
        let is_text = name.ends_with(".md");
        if is_text && std::fs::read_to_string(root.join(&path)).expect("a document").contains("```sh") {
            found.push(path);
        }
    }
    for path in found {
        assert!(DOCUMENTS.contains(&path.as_str()), "{path} has commands and is not run");
    }
}
