//! Look-ups of callers: who is found, in which form, and what a switch reads where nobody is.

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use serde_json::json;

use super::Switch;
use crate::harness::{Server, added, eventually};
use crate::stores::place;
use ringbook_testbed::http_client::{WAIT_MAX, connect};

#[test]
fn a_caller_is_found_by_the_forms_of_a_number() {
    let switch = Switch::start("--outside-prefix 9");
    switch.contact("Ivanova", "Anna", "+49301234567");
    switch.contact("Short", "Ext", "1010");
    for (number, name, kind) in [
        ("%2B49301234567", "Ivanova Anna", "exact"),
        ("+49%2030%20123-45-67", "Ivanova Anna", "exact"),
        ("sip:49301234567%40pbx.example", "Ivanova Anna", "exact"),
        ("0049301234567", "Ivanova Anna", "exact"),
        ("90049301234567", "Ivanova Anna", "exact"),
        ("0301234567", "Ivanova Anna", "suffix"),
        ("1010", "Short Ext", "exact"),
        ("010", "", "none"),
        ("anonymous", "", "none"),
        ("", "", "none"),
    ] {
        let found = switch.get(&format!("/lookup/KEY/json?number={number}")).json();
        assert_eq!((&found["match"], found["name"].as_str().unwrap_or("")), (&json!(kind), name), "{number}: {found}");
    }
    switch.contact("Petrov", "Pyotr", "+7301234567");
    let found = switch.get("/lookup/KEY/json?number=0301234567").json();
    assert_eq!(found["match"], "none", "two numbers end so: {found}");
}

#[test]
fn the_text_is_a_name_and_nothing_else() {
    let switch = Switch::start("");
    switch.contact("Жук", "Анна 100%", "101");
    let text = |query: &str| switch.text(&format!("/lookup/KEY/text?{query}"));
    assert_eq!(text("number=101"), "Жук Анна 100");
    assert_eq!(text("number=101&order=first&max=4"), "Анна");
    assert_eq!(text("number=101&charset=ascii"), "Zhuk Anna 100");
    assert_eq!(text("number=102&name=Trunk%20Name"), "Trunk Name");
    assert_eq!(text("number=102"), "");
    let response = switch.get("/lookup/WRONG/text?number=101&name=Trunk");
    assert_eq!((response.status, response.text()), (200, "Trunk"));
    let response = switch.get("/lookup/KEY/text?number=101");
    assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(response.header("content-length"), Some("19"));
    let basic = switch.get_with("/lookup/text?number=101", "Authorization: Basic eDp3cm9uZw==\r\n");
    assert_eq!((basic.status, basic.text()), (200, ""));
    assert_eq!(
        switch.get("/lookup/json?number=101").header("www-authenticate"),
        Some("Basic realm=\"ringbook\", charset=\"UTF-8\"")
    );
}

#[test]
fn a_dial_plan_reads_manager_groups_and_blacklist() {
    let switch = Switch::start("");
    let phones = json!([{"phone_number": "+74950000000"}, {"phone_number": "105"}]);
    let manager =
        switch.made("create.employees", json!({"last_name": "Boss", "first_name": "B", "phone_numbers": phones}));
    let organization = switch.made("create.contact_organizations", json!({"name": "Acme & Co"}));
    let group = switch.made("create.group_contacts", json!({"name": "Board"}));
    let contact = |last: &str| {
        switch.made(
            "create.contacts",
            json!({"last_name": last, "phone_numbers": ["+79161234567"], "personal_manager_id": manager,
                "organization_id": organization, "groups": [group], "emails": ["a@b.example"]}),
        )
    };
    let first = contact("First");
    switch.made("create.phone_number_to_blacklist", json!({"phone_number": "79161234567", "add_comment": "no"}));
    let found = switch.get("/lookup/KEY/json?number=79161234567").json();
    assert_eq!(
        found,
        json!({"number": "79161234567", "found": true, "match": "exact", "name": "First", "blacklisted": true, "total": 1,
            "contacts": [{"id": first, "name": "First", "last_name": "First", "first_name": "", "patronymic": "",
                "organization": "Acme & Co", "groups": ["Board"], "phones": ["+79161234567"], "emails": ["a@b.example"],
                "manager": {"id": manager, "name": "Boss B", "extension": "105"}}]})
    );
    assert_eq!(
        switch.text("/lookup/KEY/form?number=79161234567"),
        "name=First&number=79161234567&organization=Acme+%26+Co&groups=Board&manager=105&manager_name=Boss+B&match=exact\
         &total=1&blacklisted=1"
    );
    assert!(switch.text("/lookup/KEY/xml?number=79161234567").contains("<organization>Acme &amp; Co</organization>"));
    assert_eq!(switch.text("/lookup/KEY/text?number=79161234567&with=org"), "First (Acme & Co)");
    let three_cx = switch.get("/lookup/KEY/3cx?number=79161234567").json();
    assert_eq!(three_cx["contacts"][0]["phone_business"], "79161234567", "the number that was asked for");
    contact("Second");
    assert_eq!(switch.text("/lookup/KEY/text?number=79161234567"), "Acme & Co", "they share it");
    switch.contact("Third", "T", "79161234567");
    assert_eq!(switch.text("/lookup/KEY/text?number=79161234567"), "First (+2)");
}

#[test]
fn a_key_of_a_group_finds_nobody_else() {
    let switch = Switch::start("--minute-limit none");
    let group = switch.made("create.group_contacts", json!({"name": "Sales"}));
    let member = json!({"last_name": "In", "phone_numbers": ["5550001"], "groups": [group]});
    switch.made("create.contacts", member);
    switch.contact("Out", "O", "5550002");
    switch.told(&format!("device set 4 --group {group}"));
    let name = |number: &str| switch.text(&format!("/lookup/KEY/text?number={number}"));
    eventually(WAIT_MAX, "only the group is seen", || name("5550002").is_empty());
    assert_eq!(name("5550001"), "In");
    assert_eq!(switch.get("/lookup/KEY/json?number=0005550002").json()["match"], "none", "nor by its last digits");
}

#[test]
fn the_template_for_a_switch_has_the_address_and_no_secret() {
    let switch = Switch::start("");
    let response = switch.get("/lookup/3cx.xml");
    let text = response.text();
    assert!(text.contains(&format!("Default=\"http://{}\"", switch.demo.server.address)), "{text}");
    assert!(!text.contains(&switch.key));
    // The page of the contact that is calling.
    assert!(text.contains("<Output Type=\"ContactUrl\" Value=\"[PagesUrl]/#contact=[Id]\""), "{text}");
    assert!(text.contains("Name=\"PagesUrl\""), "{text}");
}

#[test]
fn a_template_without_a_client_area_names_no_page() {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add C");
    let server = Server::serve(&data, &["--client-area", "off", "--public-url", "https://book.example"]);
    let response = connect(server.address).request("GET /lookup/3cx.xml HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = response.text();
    assert!(text.contains("Default=\"https://book.example\"") && !text.contains("PagesUrl"), "{text}");
}

#[test]
fn kamailio_asks_for_the_name_in_a_route() {
    let switch = Switch::start("");
    switch.contact("Жук", "Анна", "+79161234567");
    let home = tempfile::tempdir().expect("a directory");
    let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let url = format!("http://{}/lookup/{}/text", switch.demo.server.address, switch.key);
    let settings = format!(
        "debug=0\nlog_stderror=yes\nfork=no\nchildren=1\nlisten=udp:127.0.0.1:{port}\nloadmodule \"http_client.so\"\n\
         loadmodule \"pv.so\"\nloadmodule \"xlog.so\"\nrequest_route {{\n\
         http_client_query(\"{url}?number=$fU&name=Trunk\", \"$var(name)\");\n\
         xlog(\"L_ERR\", \"caller=[$var(name)] code=[$rc]\\n\");\nexit;\n}}\n"
    );
    let (config, log) = (home.path().join("kamailio.cfg"), home.path().join("log"));
    std::fs::write(&config, settings).expect("written");
    let file = std::fs::File::create(&log).expect("a log");
    let mut command = Command::new("kamailio");
    command.arg("-f").arg(&config).args(["-DD", "-E", "-w"]).arg(home.path()).arg("-Y").arg(home.path());
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
    let mut kamailio = started.expect("kamailio runs: `cargo xtask setup` installs it");
    let client = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let call = |number: &str| {
        let message = format!(
            "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{number}\r\n\
             From: <sip:{number}@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        // Nobody may listen yet.
        let _ = client.send_to(message.as_bytes(), ("127.0.0.1", port));
    };
    for (number, expected) in [("+79161234567", "caller=[Жук Анна] code=[200]"), ("555", "caller=[Trunk] code=[200]")]
    {
        eventually(WAIT_MAX, expected, || {
            let said = String::from_utf8_lossy(&std::fs::read(&log).expect("a log")).into_owned();
            let ended = kamailio.try_wait().expect("it can be waited for");
            assert!(ended.is_none(), "kamailio has ended; `cargo xtask setup` installs it with http_client: {said}");
            call(number);
            said.contains(expected)
        });
    }
    kamailio.kill().expect("it runs");
    kamailio.wait().expect("it ends");
}
