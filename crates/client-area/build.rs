//! Embeds the files of the client area: plain, gzip and brotli, under a path that has their common hash, so that browsers may
//! keep them for ever. Writes the list that `src/assets.rs` includes, and fills in `index.html`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// The modules whose imports are needed for the first screen.
const FIRST: [&str; 2] = ["js/main.js", "js/screens/find/find.js"];
/// Bytes of the hash in the path.
const HASH_BYTES: usize = 8;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    println!("cargo::rerun-if-changed=assets");
    let mut files = Vec::new();
    collect(&root, &root, &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    for (name, path) in &files {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(fs::read(path)?);
    }
    let version = hash.finalize().iter().take(HASH_BYTES).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let base = format!("/client/{version}");
    let mut list = format!("/// The path of the files, with their hash.\npub const BASE: &str = {base:?};\n\n");
    list.push_str("pub(crate) static FILES: &[File] = &[\n");
    for (at, (name, path)) in files.iter().enumerate().filter(|(_, (name, _))| name != "index.html") {
        let packed = pack(&out, &at.to_string(), &fs::read(path)?)?;
        entry(&mut list, &format!("{base}/{name}"), kind(name), path, &packed);
    }
    list.push_str("];\n\npub(crate) static INDEX: File = ");
    let index = index(&root, &base)?;
    let page = out.join("index.html");
    fs::write(&page, &index)?;
    let packed = pack(&out, "index.html", index.as_bytes())?;
    let mut one = String::new();
    entry(&mut one, "/", kind("index.html"), &page, &packed);
    list.push_str(one.trim().trim_end_matches(','));
    list.push_str(";\n");
    fs::write(out.join("files.rs"), list)
}

/// The compressed forms of a file.
struct Packed {
    gzip: PathBuf,
    brotli: PathBuf,
}

fn entry(list: &mut String, name: &str, kind: &str, plain: &Path, Packed { gzip, brotli }: &Packed) {
    let _ = writeln!(
        list,
        "    File {{ path: {name:?}, kind: {kind:?}, plain: include_bytes!({plain:?}), gzip: include_bytes!({gzip:?}), \
         brotli: include_bytes!({brotli:?}) }},"
    );
}

/// Writes the compressed forms of a file.
fn pack(out: &Path, name: &str, bytes: &[u8]) -> io::Result<Packed> {
    let packed = Packed { gzip: out.join(format!("{name}.gz")), brotli: out.join(format!("{name}.br")) };
    fs::write(&packed.gzip, gzip(bytes)?)?;
    fs::write(&packed.brotli, brotli(bytes)?)?;
    Ok(packed)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for found in fs::read_dir(folder)? {
        let path = found?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|kind| ["html", "css", "js", "svg"].iter().any(|known| kind == *known)) {
            let name = path.strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().into_owned();
            files.push((name, path));
        }
    }
    Ok(())
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=UTF-8",
        Some("css") => "text/css; charset=UTF-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=UTF-8",
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &BrotliEncoderParams::default())?;
    Ok(packed)
}

/// The page, with the path of the files and with the modules of the first screen, which a browser then reads all at once
/// instead of one after another.
fn index(root: &Path, base: &str) -> io::Result<String> {
    let mut needed = BTreeSet::new();
    let mut waiting: Vec<String> = FIRST.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = waiting.pop() {
        if needed.insert(name.clone()) {
            waiting.extend(imports(&name, &fs::read_to_string(root.join(&name))?));
        }
    }
    let preloads: Vec<String> =
        needed.iter().map(|name| format!("<link rel=\"modulepreload\" href=\"{base}/{name}\">")).collect();
    let page = fs::read_to_string(root.join("index.html"))?;
    Ok(page.replace("{assets}", base).replace("{preloads}", &preloads.join("\n")))
}

/// The modules that a module imports by a statement at the start of a line.
fn imports(name: &str, text: &str) -> Vec<String> {
    let statements = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from "));
    let relative = statements.filter_map(|line| line.split('"').nth(1));
    relative.map(|target| resolve(name, target)).collect()
}

fn resolve(name: &str, target: &str) -> String {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
