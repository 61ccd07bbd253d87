//! LDAP, asked by `ldapsearch` of OpenLDAP and with bytes that no client sends.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::{Place, Server, added, eventually, key, place, program, told};
use ringbook_testbed::http_client::{WAIT_MAX, connect, connect_socket};

const CERTIFICATE: &str = include_str!("../../../../http/src/tests/one.pem");
const PRIVATE_KEY: &str = include_str!("../../../../http/src/tests/one.key");

/// A server with LDAP, a customer and a device key.
pub(super) struct Directory {
    server: Server,
    pub ldap: SocketAddr,
    ldaps: SocketAddr,
    token: String,
    pub key: String,
    root: Place,
}

impl Directory {
    /// With the contacts of a CSV file.
    pub fn start(csv: &str, arguments: &[&str]) -> Directory {
        let root = place();
        let data = root.path().join("data");
        added(&data, "customer add Acme");
        added(&data, "user add acme --customer 1");
        told(&data, "allow add 127.0.0.1 --customer 1");
        let (_, token) = key(&data, 1);
        import(&data, &token, csv);
        let device = told(&data, "device add desk --customer 1 --minute-limit none");
        std::fs::write(root.path().join("cert.pem"), CERTIFICATE).expect("written");
        std::fs::write(root.path().join("key.pem"), PRIVATE_KEY).expect("written");
        let path = |name: &str| root.path().join(name).display().to_string();
        let (certificate, private) = (path("cert.pem"), path("key.pem"));
        let ports = ["--ldap-listen", "127.0.0.1:0", "--ldaps-listen", "127.0.0.1:0"];
        let tls = ["--tls-cert", &certificate, "--tls-key", &private, "--phones-listen", "127.0.0.1:0"];
        let mut server = Server::serve(&data, &[&ports[..], &tls[..], arguments].concat());
        let mut address = |scheme: &str| {
            let line = server.line();
            let place = line.trim_end().strip_prefix(&format!("listening on {scheme}://"));
            place.and_then(|place| place.parse().ok()).unwrap_or_else(|| panic!("{scheme}: {line}"))
        };
        let plain = address("http");
        let (ldap, ldaps) = (address("ldap"), address("ldaps"));
        server.address = plain;
        let key = device["key"].as_str().expect("a key").to_owned();
        Directory { server, ldap, ldaps, token, key, root }
    }

    /// Runs `ldapsearch` with these words; `KEY` stands for the key.
    fn search(&self, words: &[&str]) -> Output {
        let url = format!("ldap://{}", self.ldap);
        self.search_at(&url, words)
    }

    fn search_at(&self, url: &str, words: &[&str]) -> Output {
        let mut command = Command::new("ldapsearch");
        command.args(["-x", "-LLL", "-o", "ldif-wrap=no", "-H", url]);
        command.env("LDAPTLS_REQCERT", "allow").env("LDAPTLS_CACERT", self.root.path().join("cert.pem"));
        command.args(words.iter().map(|word| word.replace("KEY", &self.key)));
        command.output().expect("ldapsearch of ldap-utils runs: `cargo xtask setup` installs it")
    }

    /// The lines of this attribute that a search finds, bound with the key.
    #[track_caller]
    fn found(&self, attribute: &str, filter: &str) -> Vec<String> {
        let output = self.search(&["-D", "cn=phone, dc=any", "-w", "KEY", "-b", "dc=phonebook", filter, attribute]);
        assert!(output.status.success(), "{filter}: {}", String::from_utf8_lossy(&output.stderr));
        lines(&output, attribute)
    }
}

/// The values of an attribute in LDIF.
fn lines(output: &Output, attribute: &str) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let start = format!("{attribute}: ");
    text.lines().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
}

/// Fills the book over a server without TLS.
fn import(data: &Path, token: &str, csv: &str) {
    let server = Server::serve(data, &[]);
    let file = data.with_extension("csv");
    std::fs::write(&file, csv).expect("written");
    let url = format!("http://{}", server.address);
    let mut command = program(["import", &file.display().to_string(), "--url", &url]);
    let output = command.env("RINGBOOK_TOKEN", token).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.stop();
}

pub(super) const CONTACTS: &str = "last_name,first_name,organization,phone,email\n\
    Ivanova,Anna,Acme,+79161234567,anna@a.example\n\
    Ivanov,Boris,Acme,+79167654321,\n\
    Smith,Zoe,Other,101,zoe@o.example\n\
    Adams,,,+49301234567,\n";

#[test]
fn telephones_find_names_and_numbers() {
    let directory = Directory::start(CONTACTS, &[]);
    for (filter, expected) in [
        ("(|(cn=iv*)(sn=iv*))", &["Ivanov Boris", "Ivanova Anna"][..]),
        ("(&(telephoneNumber=*)(sn=*nov*))", &["Ivanov Boris", "Ivanova Anna"]),
        ("(|(telephoneNumber=+79161234567)(Mobile=+79161234567)(ipPhone=1))", &["Ivanova Anna"]),
        ("(telephoneNumber=00 7 916 123-45-67)", &["Ivanova Anna"]),
        ("(telephoneNumber=9161234567)", &["Ivanova Anna"]),
        ("(|(telephoneNumber=*4567)(mobile=*4567)(homeTelephoneNumber=*4567))", &["Adams", "Ivanova Anna"]),
        ("(mobile=7916*)", &["Ivanov Boris", "Ivanova Anna"]),
        ("(telephoneNumber=10*)", &["Smith Zoe"]),
        ("(!(o=acme))", &["Adams", "Smith Zoe"]),
        ("(!(sn=iv*))", &["Adams", "Smith Zoe"]),
        ("(&(objectClass=inetOrgPerson)(mail=*@A.example))", &["Ivanova Anna"]),
        ("(givenName=*)", &["Ivanov Boris", "Ivanova Anna", "Smith Zoe"]),
        ("(cn=smith zoe)", &["Smith Zoe"]),
        ("(|(l=x)(street=x)(sn=adams))", &["Adams"]),
        ("(!(l=x))", &[]),
        ("(sn>=ivanova)", &["Ivanova Anna", "Smith Zoe"]),
        ("(sn<=IVANOV)", &["Adams", "Ivanov Boris"]),
        ("(!(sn<=ivanov))", &["Ivanova Anna", "Smith Zoe"]),
        ("(givenName>=b)", &["Ivanov Boris", "Smith Zoe"]),
        ("(!(givenName>=b))", &["Adams", "Ivanova Anna"]),
        ("(o<=acme)", &["Ivanov Boris", "Ivanova Anna"]),
        ("(&(cn>=smith a)(cn<=smith zz))", &["Smith Zoe"]),
        ("(telephoneNumber>=1)", &[]),
        ("(!(telephoneNumber>=1))", &[]),
        ("(uid<=5)", &[]),
        ("(cn=a%_*)", &[]),
        ("(telephoneNumber=zoe)", &[]),
    ] {
        assert_eq!(directory.found("cn", filter), expected, "{filter}");
    }
    let anna = "(cn=ivanova anna)";
    assert_eq!(directory.found("telephoneNumber", anna), ["+79161234567"]);
    assert_eq!(directory.found("mobile", anna), ["+79161234567"], "by the numbering plan of its country");
    assert_eq!(directory.found("mobile", "(sn=adams)"), [""; 0], "a number of Berlin");
    assert_eq!(directory.found("mail", anna), ["anna@a.example"]);
    assert_eq!(directory.found("o", anna), ["Acme"]);
}

#[test]
fn names_that_begin_with_the_first_name_are_ordered_so() {
    let directory = Directory::start(CONTACTS, &[]);
    told(&directory.root.path().join("data"), "device set 1 --name-order first");
    let all = ["Adams", "Anna Ivanova", "Boris Ivanov", "Zoe Smith"];
    eventually(WAIT_MAX, "the key shows first names first", || {
        directory.found("cn", "(sn=ivanov)") == ["Boris Ivanov"]
    });
    for (filter, expected) in [
        ("(cn>=boris)", &all[2..]),
        ("(cn>=boris ivanov)", &all[2..]),
        ("(cn>=boris j)", &all[3..]),
        ("(cn<=anna j)", &all[..2]),
        ("(cn<=boris)", &all[..2]),
        ("(!(cn>=boris j))", &all[..3]),
        ("(cn<=adams)", &all[..1]),
        ("(!(cn<=adams))", &all[1..]),
    ] {
        let mut found = directory.found("cn", filter);
        found.sort();
        assert_eq!(found, expected, "{filter}");
    }
}

#[test]
fn entries_are_read_again_by_their_names() {
    let directory = Directory::start(CONTACTS, &[]);
    let dn = directory.found("dn", "(sn=smith)").remove(0);
    let read = |base: &str, scope: &str| {
        let words = ["-D", "x", "-w", "KEY", "-b", base, "-s", scope, "(objectclass=*)", "cn"];
        directory.search(&words)
    };
    assert_eq!(lines(&read(&dn, "base"), "cn"), ["Smith Zoe"]);
    assert_eq!(lines(&read(&dn, "one"), "cn"), [""; 0]);
    assert_eq!(read("uid=999,dc=phonebook", "base").status.code(), Some(32));
    assert_eq!(lines(&read("dc=phonebook", "base"), "dn"), ["dc=phonebook"]);
    let compare = |value: &str| {
        let mut command = Command::new("ldapcompare");
        command.args(["-x", "-H", &format!("ldap://{}", directory.ldap), "-D", "x", "-w", &directory.key, &dn, value]);
        command.output().expect("ldapcompare runs").status.code()
    };
    assert_eq!([compare("sn:SMITH"), compare("sn:Jones"), compare("telephoneNumber:101")], [Some(6), Some(5), Some(6)]);
    let mut whoami = Command::new("ldapwhoami");
    whoami.args(["-x", "-H", &format!("ldap://{}", directory.ldap), "-D", "x", "-w", &directory.key]);
    assert_eq!(String::from_utf8_lossy(&whoami.output().expect("it runs").stdout).trim_end(), "u:device-1");
}

#[test]
fn pages_and_orders_are_honoured() {
    let rows: String = (0..620).map(|n| format!("Name {:03},{}\n", 619 - n, 5_550_000 + n)).collect();
    let directory = Directory::start(&format!("last_name,phone\n{rows}"), &[]);
    let words = |more: &[&'static str]| {
        let base = ["-D", "x", "-w", "KEY", "-b", "dc=x"];
        [&base[..], more, &["(sn=*)", "sn"]].concat()
    };
    let cut = directory.search(&words(&[]));
    assert_eq!((cut.status.code(), lines(&cut, "sn").len()), (Some(4), 500), "the limit, with what there is");
    let few = directory.search(&words(&["-z", "7"]));
    assert_eq!((few.status.code(), lines(&few, "sn").len()), (Some(4), 7));
    let paged = directory.search(&words(&["-E", "pr=100/noprompt"]));
    let mut names = lines(&paged, "sn");
    assert_eq!((paged.status.code(), names.len()), (Some(0), 620));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 620);
    let sorted = directory.search(&words(&["-E", "pr=100/noprompt", "-E", "sss=-sn"]));
    let names = lines(&sorted, "sn");
    assert_eq!((sorted.status.code(), names.len()), (Some(0), 620));
    assert!(names.is_sorted_by(|one, other| one >= other));
    let limited = directory.search(&words(&["-E", "pr=100/noprompt", "-z", "150"]));
    assert_eq!((limited.status.code(), lines(&limited, "sn").len()), (Some(4), 150));
    let unknown = directory.search(&words(&["-E", "!sss=l"]));
    assert_eq!(unknown.status.code(), Some(12));
}

#[test]
fn only_a_device_key_opens_the_directory() {
    let directory = Directory::start(CONTACTS, &[]);
    let code = |words: &[&str]| directory.search(words).status.code();
    assert_eq!(code(&["-b", "dc=x", "(sn=*)"]), Some(50), "nobody");
    assert_eq!(code(&["-D", "x", "-w", "wrong", "-b", "dc=x", "(sn=*)"]), Some(49));
    assert_eq!(code(&["-D", "x", "-w", &directory.token, "-b", "dc=x", "(sn=*)"]), Some(49), "a token of the API");
    assert_eq!(code(&["-P", "2", "-D", "x", "-w", "KEY", "-b", "dc=x", "(sn=*)"]), Some(0), "version 2");
    assert_eq!(code(&["-ZZ", "-D", "x", "-w", "KEY", "-b", "dc=x", "(sn=*)"]), Some(0), "StartTLS");
    let ldaps = format!("ldaps://{}", directory.ldaps);
    let over_tls = directory.search_at(&ldaps, &["-D", "x", "-w", "KEY", "-b", "dc=x", "(sn=smith)", "cn"]);
    assert_eq!(lines(&over_tls, "cn"), ["Smith Zoe"], "{over_tls:?}");
    let root = directory.search(&["-b", "", "-s", "base", "(objectClass=*)", "supportedControl", "supportedExtension"]);
    assert_eq!(lines(&root, "supportedControl").len(), 2, "everybody may read the root entry");
    let mut modify = Command::new("ldapdelete");
    modify.args(["-x", "-H", &format!("ldap://{}", directory.ldap), "-D", "x", "-w", &directory.key, "uid=1,dc=x"]);
    assert_eq!(modify.output().expect("it runs").status.code(), Some(53));
    told(&directory.root.path().join("data"), "device block 1");
    eventually(WAIT_MAX, "the key is blocked", || code(&["-D", "x", "-w", "KEY", "-b", "dc=x", "(sn=*)"]) == Some(49));
    assert!(!directory.server.log().contains(&directory.key));
}

#[test]
fn addresses_may_be_known_without_a_password_and_passwords_kept_off_the_wire() {
    let directory = Directory::start(CONTACTS, &["--ldap-anonymous", "127.0.0.0/8=1", "--ldap-plain-bind", "refuse"]);
    let found = directory.search(&["-b", "dc=x", "(sn=smith)", "cn"]);
    assert_eq!(lines(&found, "cn"), ["Smith Zoe"]);
}

#[test]
fn the_listener_of_old_telephones_answers_nothing_else() {
    let directory = Directory::start(CONTACTS, &[]);
    let status = |path: &str| {
        let path = path.replace("KEY", &directory.key);
        connect(directory.server.address).request(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).status
    };
    assert_eq!([status("/lookup/KEY/text?number=101"), status("/phone/KEY/yealink")], [200, 200]);
    for path in ["/v2.0", "/", "/dav/", "/.well-known/carddav", "/metrics", "/healthz"] {
        assert_eq!(status(path), 404, "{path}");
    }
}

/// The bytes of a bind with a password, and of a search below it.
fn bind(password: &str) -> Vec<u8> {
    let mut body = vec![2, 1, 3, 4, 1, b'x', 0x80, password.len() as u8];
    body.extend_from_slice(password.as_bytes());
    let mut message = vec![2, 1, 1, 0x60, body.len() as u8];
    message.extend_from_slice(&body);
    let mut bytes = vec![0x30, message.len() as u8];
    bytes.extend_from_slice(&message);
    bytes
}

#[test]
fn bytes_that_are_no_messages_end_the_connection() {
    let directory = Directory::start("last_name,phone\nA,101\n", &[]);
    let hostile: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x80, 0, 0],
        &[0x30, 3, 2, 1, 0xff],
        &[0x30, 12, 2, 1, 1, 0x63, 7, 4, 0, 10, 1, 9, 10, 1],
        &[0x30, 0x05, 0x02, 0x01, 0x01, 0x7f, 0x00],
    ];
    for bytes in hostile {
        let mut socket = connect_socket(directory.ldap);
        socket.write_all(bytes).expect("sent");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).expect("it ends");
        let notice = b"1.3.6.1.4.1.1466.20036";
        assert!(answer.windows(notice.len()).any(|part| part == notice), "{bytes:?}: {answer:?}");
    }
    // Requests in one packet are answered one after another.
    let mut socket = connect_socket(directory.ldap);
    let unbind = [0x30, 5, 2, 1, 2, 0x42, 0];
    socket.write_all(&[&bind(&directory.key)[..], &bind("")[..], &unbind[..]].concat()).expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("it ends");
    let answered = |code| answer.windows(3).filter(|part| *part == [10, 1, code]).count();
    assert_eq!((answered(0), answered(53)), (1, 1), "{answer:?}");
}
