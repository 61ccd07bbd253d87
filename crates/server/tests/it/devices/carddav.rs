//! CardDAV, synchronized by vdirsyncer, and asked with the requests of other clients.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use super::Switch;
use ringbook_testbed::http_client::{Response, connect};

const BOOK: &str = "/dav/books/device-4/contacts/";

impl Switch {
    /// Sends a request with the key as the password; `DEPTH` may be empty.
    #[track_caller]
    fn dav(&self, verb: &str, path: &str, depth: &str, body: &str) -> Response {
        let basic = base64(&format!("anybody:{}", self.key));
        let depth = if depth.is_empty() { String::new() } else { format!("Depth: {depth}\r\n") };
        connect(self.demo.server.address).request(format!(
            "{verb} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {basic}\r\n{depth}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// The body of an answer of status 207.
    #[track_caller]
    fn multistatus(&self, verb: &str, path: &str, depth: &str, body: &str) -> String {
        let response = self.dav(verb, path, depth, body);
        assert_eq!(response.status, 207, "{verb} {path}: {} {}", response.head, response.text());
        response.text().to_owned()
    }
}

pub(super) fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = char::from(LETTERS[(word >> (18 - 6 * at) & 63) as usize]);
            out.push(if at > chunk.len() { '=' } else { letter });
        }
    }
    out
}

/// Runs a client whose settings are in this directory.
fn client(home: &Path, program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("HOME", home).env("XDG_CONFIG_HOME", home.join("config")).env("LC_ALL", "C.UTF-8");
    command.env("VDIRSYNCER_CONFIG", home.join("vdirsyncer.conf")).stdin(Stdio::null());
    command.output().unwrap_or_else(|error| panic!("{program} runs ({error}): `cargo xtask setup` installs it"))
}

#[test]
fn vdirsyncer_keeps_a_copy_that_khard_reads() {
    let switch = Switch::start("--minute-limit none");
    let home = tempfile::tempdir().expect("a directory");
    let at = |name: &str| home.path().join(name).display().to_string();
    let url = format!("http://{}/", switch.demo.server.address);
    let settings = format!(
        "[general]\nstatus_path = \"{}\"\n[pair book]\na = \"remote\"\nb = \"local\"\ncollections = [\"from a\"]\n\
         [storage remote]\ntype = \"carddav\"\nurl = \"{url}\"\nusername = \"x\"\npassword = \"{}\"\nread_only = true\n\
         [storage local]\ntype = \"filesystem\"\npath = \"{}\"\nfileext = \".vcf\"\n",
        at("status"),
        switch.key,
        at("cards")
    );
    std::fs::write(home.path().join("vdirsyncer.conf"), settings).expect("written");
    std::fs::create_dir_all(home.path().join("cards/contacts")).expect("made");
    std::fs::create_dir_all(home.path().join("config/khard")).expect("made");
    let khard =
        format!("[addressbooks]\n[[book]]\npath = {}\n[general]\ndefault_action = list\n", at("cards/contacts"));
    std::fs::write(home.path().join("config/khard/khard.conf"), khard).expect("written");
    let sync = || {
        for step in ["discover", "sync"] {
            let output = client(home.path(), "vdirsyncer", &[step]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{step}: {said}\n{}", String::from_utf8_lossy(&output.stdout));
        }
        let output = client(home.path(), "khard", &["phone", "--parsable"]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut lines: Vec<String> = text.lines().map(|line| line.replace('\t', " ")).collect();
        lines.sort();
        lines
    };
    let first = switch.contact("Жук", "Анна, \"x\" & Co", "+79161234567");
    switch.contact("Smith", "Zoe", "101");
    let copy = sync();
    assert_eq!(copy.len(), 2, "{copy:?}");
    assert!(copy[0].starts_with("+79161234567 Жук Анна, \"x\" & Co") || copy[0].contains("Жук"), "{copy:?}");
    switch.call("update.contacts", json!({"id": first, "phone_numbers": ["+79160000000"]}));
    switch.contact("New", "N", "102");
    let copy = sync();
    assert_eq!((copy.len(), copy.iter().filter(|line| line.starts_with("+79160000000")).count()), (3, 1), "{copy:?}");
    switch.call("delete.contacts", json!({"id": first}));
    assert_eq!(sync().len(), 2);
}

#[test]
fn clients_find_the_book_from_the_well_known_address() {
    let switch = Switch::start("--minute-limit none");
    let address = switch.demo.server.address;
    let moved =
        connect(address).request("PROPFIND /.well-known/carddav HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!((moved.status, moved.header("location")), (301, Some("/dav/")));
    let options = connect(address).request("OPTIONS /dav/ HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(options.status == 200 && options.header("dav").is_some_and(|dav| dav.contains("addressbook")));
    let nobody = connect(address).request("PROPFIND /dav/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(nobody.status, 401);
    assert!(nobody.header("dav").is_some() && nobody.header("www-authenticate").is_some());
    let principal = r#"<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><A:current-user-principal/>
        <A:principal-URL/><A:resourcetype/></A:prop></A:propfind>"#;
    let found = switch.multistatus("PROPFIND", "/dav/", "0", principal);
    assert!(found.contains("<d:href>/dav/principals/device-4/</d:href>"), "{found}");
    let home = r#"<propfind xmlns="DAV:"><prop><C:addressbook-home-set xmlns:C="urn:ietf:params:xml:ns:carddav"/></prop></propfind>"#;
    let found = switch.multistatus("PROPFIND", "/dav/principals/device-4/", "0", home);
    assert!(found.contains("<d:href>/dav/books/device-4/</d:href>"), "{found}");
    let listing = r#"<d:propfind xmlns:d="DAV:" xmlns:s="http://calendarserver.org/ns/" xmlns:m="http://me.com/_namespace/">
        <d:prop><d:resourcetype/><d:displayname/><s:getctag/><d:sync-token/><d:current-user-privilege-set/><s:me-card/>
        <m:guardian/></d:prop></d:propfind>"#;
    let found = switch.multistatus("PROPFIND", "/dav/books/device-4/", "1", listing);
    assert!(found.contains(&format!("<d:href>{BOOK}</d:href>")) && found.contains("<c:addressbook/>"), "{found}");
    assert!(found.contains("Contacts (desk)") && found.contains("HTTP/1.1 404 Not Found"), "{found}");
    assert!(!found.contains("<d:write"), "nothing says that the book can be written");
    for (path, status) in [("/dav/books/device-1/contacts/", 404), ("/dav/x/", 404), (BOOK, 403)] {
        assert_eq!(switch.dav("PROPFIND", path, "infinity", "").status, status, "{path}");
    }
}

#[test]
fn a_copy_follows_by_its_token() {
    let switch = Switch::start("--minute-limit none");
    let first = switch.contact("One", "O", "101");
    let sync = |token: &str, depth: &str| {
        let body = format!(
            "<sync-collection xmlns=\"DAV:\"><sync-token>{token}</sync-token><sync-level>1</sync-level>\
             <prop><getetag/></prop></sync-collection>"
        );
        switch.dav("REPORT", BOOK, depth, &body)
    };
    let token = |answer: &str| {
        let (_, rest) = answer.split_once("<d:sync-token>").expect("a token");
        rest.split_once("</d:sync-token>").expect("its end").0.to_owned()
    };
    let begin = sync("", "0").text().to_owned();
    assert!(begin.contains(&format!("{BOOK}{first}.vcf")), "{begin}");
    let second = switch.contact("Two", "T", "102");
    switch.call("delete.contacts", json!({"id": first}));
    let next = sync(&token(&begin), "0").text().to_owned();
    assert!(next.contains(&format!("{BOOK}{second}.vcf")) && next.contains("HTTP/1.1 404 Not Found"), "{next}");
    let last = sync(&token(&next), "0").text().to_owned();
    assert!(!last.contains("<d:response>"), "nothing is new: {last}");
    for (token, depth, status) in
        [("x", "0", 403), ("x", "1", 400), ("http://ringbook.invalid/ns/sync/a9-1-1-1", "", 403)]
    {
        let refused = sync(token, depth);
        assert!(
            refused.status == status && refused.text().contains("valid-sync-token"),
            "{token} {depth}: {}",
            refused.head
        );
    }
}

#[test]
fn contacts_are_fetched_searched_and_not_written() {
    let switch = Switch::start("--minute-limit none");
    let group = switch.made("create.group_contacts", json!({"name": "Sales"}));
    let first = switch.made(
        "create.contacts",
        json!({"last_name": "One", "phone_numbers": ["79161234567"], "emails": ["a@b.example"], "groups": [group]}),
    );
    switch.contact("Two", "T", "102");
    let path = format!("{BOOK}{first}.vcf");
    let card = switch.dav("GET", &path, "", "");
    assert_eq!((card.status, card.header("content-type")), (200, Some("text/vcard; charset=utf-8")));
    assert!(card.text().contains("\r\nFN:One\r\n") && card.text().contains("+79161234567\r\n"), "{}", card.text());
    let multiget = format!(
        "<C:addressbook-multiget xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><D:prop><D:getetag/>\
         <C:address-data version=\"4.0\"/></D:prop><D:href>{path}</D:href><D:href>{BOOK}999999.vcf</D:href></C:addressbook-multiget>"
    );
    let found = switch.multistatus("REPORT", BOOK, "0", &multiget);
    assert!(found.contains("VERSION:4.0") && found.contains("HTTP/1.1 404 Not Found"), "{found}");
    assert!(
        found.contains(&format!("<d:getetag>{}</d:getetag>", card.header("etag").expect("one").replace('"', "&quot;"))),
        "{found}"
    );
    let query = |filter: &str| {
        let body = format!(
            "<c:addressbook-query xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\"><d:prop><d:getetag/></d:prop>\
             {filter}</c:addressbook-query>"
        );
        switch.dav("REPORT", BOOK, "1", &body)
    };
    let matches = |name: &str, text: &str| {
        let filter = format!("<c:filter><c:prop-filter name=\"{name}\">{text}</c:prop-filter></c:filter>");
        query(&filter).text().matches("<d:response>").count()
    };
    for (name, text, expected) in [
        ("FN", "<c:text-match>n</c:text-match>", 1),
        ("N", "<c:text-match match-type=\"equals\">two</c:text-match>", 1),
        ("TEL", "<c:text-match>916 123</c:text-match>", 1),
        ("EMAIL", "<c:is-not-defined/>", 1),
        ("EMAIL", "<c:text-match negate-condition=\"yes\">a@</c:text-match>", 1),
        ("CATEGORIES", "<c:text-match>sales</c:text-match>", 1),
        ("CATEGORIES", "<c:text-match>nobody</c:text-match>", 0),
    ] {
        assert_eq!(matches(name, text), expected, "{name} {text}");
    }
    assert!(query("<c:limit><c:nresults>1</c:nresults></c:limit>").text().contains("number-of-matches-within-limits"));
    assert_eq!(query("<c:filter><c:prop-filter name=\"BDAY\"/></c:filter>").status, 403);
    for verb in ["PUT", "DELETE", "PROPPATCH", "MKCOL", "MOVE"] {
        let refused = switch.dav(verb, &path, "", "BEGIN:VCARD");
        assert!(refused.status == 403 && refused.text().contains("need-privileges"), "{verb}: {}", refused.head);
    }
    let bomb = "<!DOCTYPE a [<!ENTITY b \"x\">]><propfind xmlns=\"DAV:\"><prop>&b;</prop></propfind>";
    assert_eq!(switch.dav("PROPFIND", BOOK, "0", bomb).status, 400);
}
