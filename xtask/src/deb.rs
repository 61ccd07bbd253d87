//! `cargo xtask deb`: a Debian package of the server, built with dpkg-deb from `packaging/`.
//!
//! cargo-deb could build it from metadata in Cargo.toml, but would have to be compiled first, for minutes; the steps
//! here are few.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ringbook_testbed::workspace::{cargo, root, target, without_settings};
use ringbook_testbed::{output, quietly};

/// How the program is built, and how tightly the package is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Optimised, for users.
    Release,
    /// As the tests build it, barely compressed, for the test of the package itself.
    Debug,
}

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, or a step fails.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut revision = "1".to_owned();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--revision" => revision = words.next().ok_or("--revision takes a Debian revision such as 1")?.clone(),
            other => return Err(format!("deb: unknown argument {other}")),
        }
    }
    println!("{}", build(Profile::Release, &revision)?.display());
    Ok(())
}

/// Builds the program and the package; returns the file of the package.
///
/// # Errors
/// dpkg-deb is missing, or a step fails.
pub fn build(profile: Profile, revision: &str) -> Result<PathBuf, String> {
    let architecture = output(Command::new("dpkg").arg("--print-architecture"))
        .ok_or("dpkg is missing: a Debian package can be built on Debian or Ubuntu only")?;
    let program = compile(profile)?;
    let version = version(&program)?;
    let directory = target().join("deb");
    let staging = directory.join(format!("root-{revision}"));
    let _ = fs::remove_dir_all(&staging);
    stage(&program, &staging)?;
    let control = control(&program, &staging, &format!("{version}-{revision}"), &architecture)?;
    write(&staging.join("DEBIAN/control"), &control, 0o644)?;
    write(&staging.join("DEBIAN/conffiles"), "/etc/ringbook.toml\n", 0o644)?;
    for script in ["postinst", "prerm", "postrm"] {
        copy(&root().join("packaging/debian").join(script), &staging.join("DEBIAN").join(script), 0o755)?;
    }
    let package = directory.join(format!("ringbook_{version}-{revision}_{architecture}.deb"));
    let compression: &[&str] = if profile == Profile::Release { &["-Zxz"] } else { &["-Zgzip", "-z1"] };
    let mut dpkg_deb = Command::new("dpkg-deb");
    quietly(dpkg_deb.args(compression).args(["--root-owner-group", "--build"]).arg(&staging).arg(&package))?;
    fs::remove_dir_all(&staging).map_err(|error| format!("{}: {error}", staging.display()))?;
    Ok(package)
}

fn compile(profile: Profile) -> Result<PathBuf, String> {
    let (options, directory): (&[&str], _) = match profile {
        Profile::Release => (&["--release"], "release"),
        Profile::Debug => (&[], "debug"),
    };
    quietly(cargo(&["build", "--quiet", "--package", "ringbook", "--bin", "ringbook"]).args(options))?;
    Ok(target().join(directory).join("ringbook"))
}

/// The version that the program prints.
fn version(program: &Path) -> Result<String, String> {
    let printed = output(without_settings(program).arg("--version")).unwrap_or_default();
    let version = printed.rsplit(' ').next().filter(|version| !version.is_empty());
    version.map(str::to_owned).ok_or_else(|| format!("{} --version prints no version", program.display()))
}

/// Puts every file of the package into place.
fn stage(program: &Path, staging: &Path) -> Result<(), String> {
    let installed = staging.join("usr/bin/ringbook");
    copy(program, &installed, 0o755)?;
    quietly(Command::new("strip").arg(&installed))?;
    let packaging = root().join("packaging");
    copy(&packaging.join("ringbook.service"), &staging.join("usr/lib/systemd/system/ringbook.service"), 0o644)?;
    copy(&packaging.join("ringbook.toml"), &staging.join("etc/ringbook.toml"), 0o640)?;

    let manual = staging.join("usr/share/man/man1");
    directory(&manual)?;
    quietly(without_settings(program).arg("man").arg(&manual))?;
    for page in fs::read_dir(&manual).map_err(|error| format!("{}: {error}", manual.display()))?.flatten() {
        compress(&page.path())?;
    }
    for (shell, file) in [
        ("bash", "usr/share/bash-completion/completions/ringbook"),
        ("zsh", "usr/share/zsh/vendor-completions/_ringbook"),
        ("fish", "usr/share/fish/vendor_completions.d/ringbook.fish"),
    ] {
        let script = output(without_settings(program).args(["completions", shell]));
        let script = script.ok_or_else(|| format!("ringbook completions {shell} failed"))?;
        write(&staging.join(file), &(script + "\n"), 0o644)?;
    }

    let documents = staging.join("usr/share/doc/ringbook");
    let license = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\n\
                   Copyright: the ringbook authors\nLicense: Apache-2.0\n On Debian systems, the full text is in \
                   /usr/share/common-licenses/Apache-2.0.\n";
    write(&documents.join("copyright"), license, 0o644)?;
    copy(&root().join("CHANGELOG.md"), &documents.join("changelog"), 0o644)?;
    compress(&documents.join("changelog"))?;
    for document in fs::read_dir(root().join("docs")).map_err(|error| format!("docs: {error}"))?.flatten() {
        if document.path().is_file() {
            copy(&document.path(), &documents.join(document.file_name()), 0o644)?;
        }
    }
    // Whatever the umask was.
    quietly(Command::new("find").arg(staging).args(["-type", "d", "-exec", "chmod", "0755", "{}", "+"]))?;
    quietly(Command::new("find").arg(&manual).args(["-type", "f", "-exec", "chmod", "0644", "{}", "+"]))
}

/// The description of the package for dpkg.
fn control(program: &Path, staging: &Path, version: &str, architecture: &str) -> Result<String, String> {
    let size = output(Command::new("du").args(["-sk", "--apparent-size"]).arg(staging)).unwrap_or_default();
    let kibibytes = size.split_whitespace().next().ok_or("du does not print a size")?;
    let library = libc_version(program)?;
    Ok(format!(
        "Package: ringbook\nVersion: {version}\nArchitecture: {architecture}\n\
         Maintainer: the ringbook authors <ringbook@packages.invalid>\nInstalled-Size: {kibibytes}\n\
         Depends: libc6 (>= {library}), libgcc-s1, adduser, init-system-helpers\nRecommends: ca-certificates\n\
         Section: net\nPriority: optional\nDescription: address book of a telephone system, as a server\n \
         ringbook answers who is calling and which manager a caller belongs to, over\n \
         JSON-RPC 2.0 and HTTP, from an SQLite database in /var/lib/ringbook or from\n PostgreSQL.\n"
    ))
}

/// The release of the C library that the program needs: the latest of its symbol versions `GLIBC_2.N`.
fn libc_version(program: &Path) -> Result<String, String> {
    const MARK: &[u8] = b"GLIBC_2.";
    let bytes = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let starts = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).map(|(at, _)| at);
    let minors = starts.filter_map(|at| {
        let digits: Vec<u8> = bytes[at + MARK.len()..].iter().copied().take_while(u8::is_ascii_digit).collect();
        String::from_utf8(digits).ok()?.parse::<u32>().ok()
    });
    let latest = minors.max().ok_or_else(|| format!("{} is not linked with glibc", program.display()))?;
    Ok(format!("2.{latest}"))
}

/// Replaces a file by its gzip, without a time stamp.
fn compress(file: &Path) -> Result<(), String> {
    quietly(Command::new("gzip").args(["-9", "-n", "-f"]).arg(file))
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    directory(to.parent().unwrap_or(to))?;
    fs::copy(from, to).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))?;
    set_mode(to, mode)
}

fn write(file: &Path, text: &str, mode: u32) -> Result<(), String> {
    directory(file.parent().unwrap_or(file))?;
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    set_mode(file, mode)
}

fn directory(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn set_mode(file: &Path, mode: u32) -> Result<(), String> {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).map_err(|error| format!("{}: {error}", file.display()))
}
