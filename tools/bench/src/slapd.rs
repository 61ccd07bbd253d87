//! The peer of LDAP: `slapd` of OpenLDAP on the same entries, with indexes for what is asked.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use ringbook_testbed::quietly;
use ringbook_testbed::server::RunningServer;

use crate::ldap_load::{Directory, Entry};
use crate::nginx::free_address;

const PROGRAM: &str = "/usr/sbin/slapd";
const BASE: &str = "dc=phonebook";
const NAME: &str = "cn=phone,dc=phonebook";
const PASSWORD: &str = "bench";

/// The attributes that are copied.
const ATTRIBUTES: [&str; 7] = ["cn", "sn", "givenName", "o", "mail", "telephoneNumber", "mobile"];

/// Starts a slapd with these entries; its database is kept between runs.
///
/// # Errors
/// It is missing, or does not take the entries.
pub fn start(directory: &Path, entries: &[Entry]) -> Result<(RunningServer, Directory), String> {
    let room = directory.join(format!("slapd-{}", entries.len()));
    let address = free_address()?;
    let config = room.join("slapd.conf");
    let failed = |why: std::io::Error| format!("{}: {why}", room.display());
    fs::create_dir_all(room.join("db")).map_err(failed)?;
    fs::write(&config, CONFIG.replace("ROOM", &room.display().to_string())).map_err(failed)?;
    if !room.join("loaded").exists() {
        eprintln!("── slapadd of {} entries", entries.len());
        let file = room.join("entries.ldif");
        fs::write(&file, ldif(entries)).map_err(failed)?;
        quietly(Command::new("/usr/sbin/slapadd").arg("-q").arg("-f").arg(&config).arg("-l").arg(&file))?;
        fs::write(room.join("loaded"), "").map_err(failed)?;
    }
    let mut slapd = Command::new(PROGRAM);
    slapd.args(["-d", "0", "-h", &format!("ldap://{address}/"), "-f"]).arg(&config);
    let server =
        RunningServer::start_at(&mut slapd, &address).map_err(|why| format!("{why}; apt-get install slapd"))?;
    let text = |text: &str| text.to_owned();
    Ok((server, Directory { address, name: text(NAME), password: text(PASSWORD), base: text(BASE) }))
}

/// The entries in LDIF; values in Base64, because they may begin and end with anything.
fn ldif(entries: &[Entry]) -> String {
    let mut text = format!("dn: {BASE}\nobjectClass: domain\ndc: phonebook\n\n");
    for (at, entry) in entries.iter().enumerate() {
        let _ = writeln!(text, "dn: uid={},{BASE}\nobjectClass: inetOrgPerson\nuid: {}", at + 1, at + 1);
        for (name, values) in entry.iter().filter(|(name, _)| ATTRIBUTES.contains(&name.as_str())) {
            for value in values {
                let _ = writeln!(text, "{name}:: {}", base64(value.as_bytes()));
            }
        }
        text.push('\n');
    }
    text
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = char::from(LETTERS[(word >> (18 - 6 * at) & 63) as usize]);
            out.push(if at > chunk.len() { '=' } else { letter });
        }
    }
    out
}

const CONFIG: &str = "\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ROOM/slapd.pid
threads 4
database mdb
maxsize 4294967296
suffix \"dc=phonebook\"
rootdn \"cn=phone,dc=phonebook\"
rootpw bench
directory ROOM/db
sizelimit 500
index objectClass,uid eq
index telephoneNumber,mobile eq
index cn sub,eq
";
