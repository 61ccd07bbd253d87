//! Phone books in XML: every shape is well-formed and holds what the book holds, judged by `xmllint`.

use std::io::Write as _;
use std::net::Shutdown;
use std::process::{Command, Stdio};

use serde_json::json;

use super::Switch;
use crate::harness::eventually;
use ringbook_testbed::http_client::{WAIT_MAX, connect, connect_socket};

/// What `xmllint` says about a document: the value of an XPath expression.
#[track_caller]
fn xpath(document: &str, expression: &str) -> String {
    let mut command = Command::new("xmllint");
    command.args(if document.starts_with("<!DOCTYPE html") { &["--html"][..] } else { &["--nonet"][..] });
    command.args(["--xpath", expression, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("xmllint of libxml2-utils runs: `cargo xtask setup` installs it");
    child.stdin.take().expect("a pipe").write_all(document.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{expression}: {said}\n{document}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

/// A shape, the query for contacts, where the entries, the name of the first one and its numbers are, and that name.
const SHAPES: [(&str, &str, &str, &str, &str); 17] = [
    ("yealink", "", "//DirectoryEntry", "//Name", "//Telephone"),
    ("yealink-book", "", "//Unit", "//Unit/@Name", "//Unit/@*[starts-with(name(), 'Phone')]"),
    ("grandstream", "", "//Contact", "//LastName", "//phonenumber"),
    ("snom", "?q=", "//MenuItem", "//MenuItem/@name", "//ExtraText"),
    ("snom-tbook", "", "//contact", "//last_name", "//number/@no"),
    ("vtech", "", "//DIR_ENTRY", "//DIR_ENTRY_NAME_LAST", "//*[starts-with(name(), 'DIR_ENTRY_NUMBER') and text()]"),
    ("cisco", "?q=", "//DirectoryEntry", "//DirectoryEntry/Name", "//Telephone"),
    ("fanvil", "", "//DirectoryEntry", "//Name", "//Telephone|//Mobile|//Other"),
    ("fanvil-search", "?q=", "//MenuItem", "//Prompt", "//MenuItem/URI"),
    ("gigaset", "?command=get_list&type=pb", "//entry", "//ln", "//hm|//mb|//of"),
    ("gigaset-central", "", "//entry", "//entry/@surname", "//entry/@*[name() != 'name' and name() != 'surname']"),
    ("polycom", "?q=", "//li", "//a", "//a/@href[starts-with(., 'tel:')]"),
    ("polycom-directory", "", "//item", "//ln", "//ct"),
    ("htek", "", "//DirectoryEntry", "//Name", "//Telephone"),
    ("mitel", "?q=", "//MenuItem", "//Prompt", "//URI"),
    ("thomson", "", "//DirectoryEntry", "//Name", "//Telephone"),
    ("avaya", "", "//DirectoryEntry", "//LastName", "//Number"),
];

/// Shapes that show a last name by itself.
const PARTED: [&str; 7] =
    ["grandstream", "snom-tbook", "vtech", "gigaset", "gigaset-central", "polycom-directory", "avaya"];

#[test]
fn every_shape_holds_what_the_book_holds() {
    let switch = Switch::start("--minute-limit none");
    let hostile = r#"A & <b> "c" 'd' ]]> é 😀 ё"#;
    let contact = json!({"last_name": hostile, "first_name": "%s &amp;", "phone_numbers": ["+74951234567", "100"]});
    switch.made("create.contacts", contact);
    for (shape, query, entries, name, numbers) in SHAPES {
        let document = switch.text(&format!("/phone/KEY/{shape}{query}"));
        let one_per_number =
            ["snom", "cisco", "fanvil-search", "polycom", "polycom-directory", "htek", "mitel", "thomson"];
        let expected = if one_per_number.contains(&shape) { "2" } else { "1" };
        assert_eq!(xpath(&document, &format!("count({entries})")), expected, "{shape}: {document}");
        assert_eq!(xpath(&document, &format!("count({numbers})")), "2", "{shape}: {document}");
        let shown = if PARTED.contains(&shape) { hostile.to_owned() } else { format!("{hostile} %s &amp;") };
        assert_eq!(xpath(&document, &format!("string(({name})[1])")), shown, "{shape}");
        let first = xpath(&document, &format!("string(({numbers})[1])"));
        assert!(first.ends_with("+74951234567"), "{shape}: {first}");
    }
}

#[test]
fn an_empty_book_is_well_formed_in_every_shape() {
    let switch = Switch::start("--minute-limit none");
    for (shape, query, ..) in SHAPES {
        for query in [query, "", "?menu=1", "?input=1", "?q=nobody&page=7", "?number=5", "?group=99", "?hm=1&first=9"] {
            let document = switch.text(&format!("/phone/KEY/{shape}{query}"));
            assert_eq!(xpath(&document, "count(/*)"), "1", "{shape}{query}: {document}");
        }
    }
    let document = switch.text("/phone/KEY/yealink");
    assert_eq!(xpath(&document, "string(//Name)"), "No entries");
}

#[test]
fn searches_groups_and_pages_lead_on() {
    let switch = Switch::start("--minute-limit none");
    let group = switch.made("create.group_contacts", json!({"name": "Sales & Co"}));
    let contacts: Vec<_> = (0..70)
        .map(|n| {
            let groups = if n % 2 == 0 { json!([group]) } else { json!([]) };
            json!({"last_name": format!("Name {n:02}"), "phone_numbers": [format!("55500{n:02}")], "groups": groups})
        })
        .collect();
    contacts.iter().for_each(|contact| {
        switch.made("create.contacts", contact.clone());
    });
    let count = |path: &str, what: &str| xpath(&switch.text(path), &format!("count({what})"));
    assert_eq!(count("/phone/KEY/yealink", "//DirectoryEntry"), "70");
    assert_eq!(count("/phone/KEY/yealink?term=name%200", "//DirectoryEntry"), "16", "both words");
    assert_eq!(count("/phone/KEY/yealink?q=0017", "//DirectoryEntry"), "1", "by a part of a number");
    assert_eq!(count(&format!("/phone/KEY/yealink?group={group}"), "//DirectoryEntry"), "35");
    assert_eq!(count("/phone/KEY/gigaset?set_first=Name*&first=61&count=20", "//entry"), "10");
    assert_eq!(count("/phone/KEY/gigaset?hm=5550033", "//entry"), "1");
    let menu = switch.text("/phone/KEY/yealink?menu=1");
    let url = xpath(&menu, "string(//MenuItem[Name='Sales & Co']/URL)");
    let base = format!("http://{}/phone/{}/yealink", switch.demo.server.address, switch.key);
    assert_eq!(url, format!("{base}?group={group}"));
    let response = switch.get("/phone/KEY/grandstream/phonebook.xml?limit=10");
    assert_eq!(response.header("x-truncated"), Some("70"));
    // From page to page until there is no next one.
    let mut path = "/phone/KEY/cisco?q=".to_owned();
    let mut names = Vec::new();
    for page in 1.. {
        let document = switch.text(&path);
        let on_page: usize = xpath(&document, "count(//DirectoryEntry)").parse().expect("a number");
        names.extend((1..=on_page).map(|at| xpath(&document, &format!("string(//DirectoryEntry[{at}]/Name)"))));
        let next = xpath(&document, "string(//SoftKeyItem[Name='Next']/URL)");
        if next.is_empty() {
            assert_eq!((page, on_page), (3, 6));
            break;
        }
        assert_eq!(on_page, 32);
        path = next.split_once(&switch.demo.server.address.to_string()).expect("the public address").1.to_owned();
    }
    assert_eq!(names.len(), 70);
    assert!(names.is_sorted());
}

/// The browser of a Fanvil appends what was typed to the address of the input screen.
#[test]
fn what_is_typed_into_a_fanvil_is_found_in_pages() {
    let switch = Switch::start("--minute-limit none");
    for n in 0..25 {
        switch.contact(&format!("Name {n:02}"), "F", &format!("55500{n:02}"));
    }
    let input = switch.text("/phone/KEY/fanvil-search");
    assert_eq!(xpath(&input, "name(/*)"), "FanvilIPPhoneInputScreen");
    let (url, parameter) = (xpath(&input, "string(//URL)"), xpath(&input, "string(//InputField/Parameter)"));
    let path = |url: &str| url.split_once(&switch.demo.server.address.to_string()).expect("the address").1.to_owned();
    let first = switch.text(&format!("{}&{parameter}=name", path(&url)));
    assert_eq!(xpath(&first, "count(/FanvilIPPhoneDirectory/MenuItem)"), "20");
    assert_eq!(xpath(&first, "string(//MenuItem[1]/URI)"), "5550000");
    let second = switch.text(&path(&xpath(&first, "string(//SoftKey[Name='Next']/URI)")));
    assert_eq!(xpath(&second, "count(/FanvilIPPhoneDirectory/MenuItem)"), "5");
    assert_eq!(xpath(&second, "count(//SoftKey[Name='Next'])"), "0");
    assert_eq!(xpath(&second, "count(//SoftKey[Name='Previous'])"), "1");
}

/// Telephones with pages show menus in pages, too.
#[test]
fn a_menu_of_many_groups_has_pages() {
    let switch = Switch::start("--minute-limit none");
    for n in 0..40 {
        switch.made("create.group_contacts", json!({"name": format!("Group {n:02}")}));
    }
    for (shape, lines_max, name, address) in [
        ("cisco", 32, "Name", "URL"),
        ("mitel", 16, "Prompt", "URI"),
        ("snom", 20, "@name", "Url"),
        ("yealink", 202, "Name", "URL"),
    ] {
        let mut path = format!("/phone/KEY/{shape}?menu=1");
        let mut names: Vec<String> = Vec::new();
        loop {
            let document = switch.text(&path);
            let count: usize = xpath(&document, "count(//MenuItem)").parse().expect("a number");
            assert!(count <= lines_max, "{shape}: {count}");
            let read = |at: usize| xpath(&document, &format!("string(//MenuItem[{at}]/{name})"));
            names.extend((1..=count).map(read).filter(|name| name.starts_with("Group")));
            let next = xpath(&document, &format!("string(//MenuItem[{name}='Next']/{address})"));
            match next.split_once(&switch.demo.server.address.to_string()) {
                Some((_, next)) => next.clone_into(&mut path),
                None => break,
            }
        }
        assert_eq!(names.len(), 40, "{shape}");
        assert!(names.is_sorted(), "{shape}: {names:?}");
    }
}

#[test]
fn a_mobile_number_has_its_own_place() {
    let switch = Switch::start("--minute-limit none");
    switch.contact("Moving", "M", "+79161234567");
    for (shape, mark) in [
        ("yealink", "<Telephone label=\"Mobile\">+79161234567<"),
        ("grandstream", "<Phone type=\"Cell\"><phonenumber>+79161234567<"),
        ("snom-tbook", "no=\"+79161234567\" type=\"mobile\""),
        ("vtech", "<DIR_ENTRY_NUMBER_MOBILE>+79161234567<"),
        ("fanvil", "<Mobile>+79161234567<"),
        ("gigaset", "<mb>+79161234567<"),
        ("gigaset-central", " mobile1=\"+79161234567\""),
        ("avaya", "<Type>Mobile<"),
    ] {
        let document = switch.text(&format!("/phone/KEY/{shape}"));
        assert!(document.contains(mark), "{shape}: {document}");
        assert_eq!(document.matches("79161234567").count(), 1, "{shape}: {document}");
    }
    let three_cx = switch.get("/lookup/KEY/3cx?number=79161234567").json();
    assert_eq!(three_cx["contacts"][0]["phone_mobile"], "+79161234567");
}

#[test]
fn a_network_directory_says_what_is_not_found() {
    let switch = Switch::start("--minute-limit none");
    switch.contact("Home", "H", "5550001");
    let found = |query: &str| switch.text(&format!("/phone/KEY/gigaset?command=get_list&type=pb&{query}"));
    for (query, total, term) in [
        ("ln=Ho*", "1", ""),
        ("nn=Ho*", "1", ""),
        ("mb=5550001", "1", ""),
        ("of=555*&first=1&count=20", "1", ""),
        ("ln=X*", "0", "ln"),
        ("hm=777", "0", "hm"),
        ("fn=*&nn=X*", "0", "nn"),
        ("st=Main*", "0", "st"),
    ] {
        let document = found(query);
        assert_eq!(xpath(&document, "string(/list/@total)"), total, "{query}: {document}");
        assert_eq!(xpath(&document, "string(/list/@notfound)"), term, "{query}: {document}");
    }
}

#[test]
fn an_unchanged_book_is_not_sent_again() {
    let switch = Switch::start("--minute-limit none");
    switch.contact("One", "O", "5550001");
    let first = switch.get("/phone/KEY/yealink");
    let etag = first.header("etag").expect("a validator").to_owned();
    assert_eq!(first.header("content-length"), Some(first.body.len().to_string().as_str()));
    let mut client = connect(switch.demo.server.address);
    let path = format!("/phone/{}/yealink", switch.key);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", {etag}\r\n\r\n"));
    let unchanged = client.read_head();
    assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(etag.as_str())));
    let next = client.request(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(next.text(), first.text(), "nothing came between");
    assert_eq!(switch.get_with("/phone/KEY/htek", &format!("If-None-Match: {etag}\r\n")).status, 200, "another shape");
    // The head alone: an answer of status 304 has no length.
    let status = |etag: &str| {
        let mut client = connect(switch.demo.server.address);
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\n\r\n"));
        client.read_head().status
    };
    switch.contact("Two", "T", "5550002");
    assert_eq!(status(&etag), 200);
    let changed = switch.get("/phone/KEY/yealink");
    assert!(changed.text().contains("Two T"));
    switch.told("device set 4 --outside-prefix 9");
    let etag = changed.header("etag").expect("one");
    eventually(WAIT_MAX, "the key dials otherwise", || status(etag) == 200);
    assert!(switch.text("/phone/KEY/yealink").contains(">95550001<"));
}

#[test]
fn telephones_speak_old_and_odd_http() {
    let switch = Switch::start("--minute-limit none");
    switch.contact("One", "O", "5550001");
    let whole = switch.get("/phone/KEY/snom-tbook");
    let address = switch.demo.server.address;
    let path = format!("/phone/{}/snom-tbook", switch.key);
    let head = connect(address).io;
    let mut client = ringbook_testbed::http_client::HttpClient::new(head);
    client.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let head = client.read_head();
    assert_eq!((head.status, head.header("content-length")), (200, whole.header("content-length")));
    let posted = connect(address).request(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
    assert_eq!((posted.status, posted.text()), (200, whole.text()));
    let mut old = connect(address);
    let response = old.request(format!("GET {path} HTTP/1.0\r\n\r\n"));
    assert_eq!((response.status, response.text()), (200, whole.text()));
    old.expect_closed();
    let put = connect(address).request(format!("PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
    assert_eq!(put.status, 405);
    for path in ["/phone/KEY/nokia", "/phone/KEY", "/phone/", "/phone/KEY/yealink/a/b.xml", "/phone/KEY/yealink/x.cfg"]
    {
        assert_eq!(switch.get(path).status, 404, "{path}");
    }
    let basic = "Authorization: Basic cGhvbmU6eA==\r\n";
    assert_eq!(switch.get_with("/phone/yealink", basic).status, 404, "a wrong password gives no hint");
    assert!(switch.get("/phone/yealink").header("www-authenticate").is_some());
    let socket = connect_socket(address);
    socket.shutdown(Shutdown::Both).expect("closed");
}

#[test]
fn people_see_what_a_telephone_gets() {
    let switch = Switch::start("--dial-form 00");
    switch.contact("<script>", "A", "79161234567");
    let response = switch.get("/phone/KEY/yealink?check=1");
    let text = response.text();
    assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(response.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
    assert!(text.contains("1 of 1 contacts") && text.contains("0079161234567 (Mobile)"), "{text}");
    assert!(!text.contains("<script>"), "{text}");
}

/// Books are kept after they are written; one that is kept showed numbers as they were dialled before.
#[test]
fn a_book_that_was_written_before_follows_the_country_of_the_customer() {
    let switch = Switch::start("--dial-form national");
    // Small books are not kept.
    for n in 0..100 {
        switch.contact(&format!("Muster {n:03}"), "Max", &format!("+49301234{n:03}"));
    }
    let before = switch.get("/phone/KEY/yealink");
    assert!(before.text().contains(">0049301234007<"), "{}", before.text());
    switch.told("customer set 1 --country DE --yes");
    eventually(WAIT_MAX, "the country of the customer", || {
        let after = switch.get("/phone/KEY/yealink");
        after.text().contains(">0301234007<") && after.header("etag") != before.header("etag")
    });
}
