//! Reading a whole book: the printed command, pages, the loop by id, the members of records.

use ringbook_testbed::http_client::{connect, post};
use serde_json::{Value, json};

use super::harness::{Demo, Server, program};
use super::stores::named;

/// The members of a contact, in the documented order.
const MEMBERS: [&str; 12] = [
    "id",
    "last_name",
    "first_name",
    "patronymic",
    "full_name",
    "emails",
    "phone_numbers",
    "personal_manager_id",
    "personal_manager_full_name",
    "organization_id",
    "organization_name",
    "groups",
];

/// The data and the total of a page.
fn page(server: &Server, params: Value) -> (Vec<Value>, u64) {
    let answer = server.call("get.contacts", params);
    let data = answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    (data, answer["result"]["metadata"]["total_items"].as_u64().expect("a total"))
}

#[test]
fn the_printed_command_returns_contacts() {
    let mut demo = Demo::start(30);
    let line = demo.server.line();
    let (start, body) = line.trim_end().split_once(" -d '").expect("a line of curl");
    assert_eq!(start, format!("curl -s {}", demo.json["url"].as_str().expect("a URL")));
    assert_eq!(demo.json["url"], format!("http://{}/v2.0", demo.server.address));
    let answer = demo.server.post(body.strip_suffix('\'').expect("its end")).json();
    assert_eq!(answer["result"]["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(demo.server.startup_line, format!("listening on http://{}\n", demo.server.address));
}

#[test]
fn demo_json_has_the_documented_members() {
    let demo = Demo::start(10);
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&demo.json), ["url", "agent", "customers"]);
    assert_eq!(keys(&demo.json["agent"]), ["id", "user_id", "login", "password", "access_token"]);
    let customers = demo.json["customers"].as_array().expect("customers");
    let names: Vec<&str> = customers.iter().filter_map(|customer| customer["name"].as_str()).collect();
    assert_eq!(names, ["Demo", "Second", "Other"]);
    for customer in customers {
        let members = ["id", "name", "user_id", "login", "password", "access_token", "device_key"];
        assert_eq!(keys(customer), members);
        let login = json!({"login": customer["login"], "password": customer["password"]});
        let session = demo.server.call("login.user", login);
        assert_eq!(session["result"]["data"]["app_id"], customer["id"], "{session}");
    }
}

#[test]
fn every_record_has_every_member() {
    let demo = Demo::start(1000);
    let (data, _) = page(&demo.server, json!({"access_token": demo.token("demo"), "limit": 10_000}));
    for record in &data {
        let record = record.as_object().expect("an object");
        assert!(record.keys().eq(MEMBERS), "{record:?}");
        let list = |member: &str| record[member].as_array().expect("a list").clone();
        assert!((1..=10).contains(&list("phone_numbers").len()) && list("emails").len() <= 10);
        let parts = ["last_name", "first_name", "patronymic"].map(|member| record[member].as_str());
        let full: Vec<&str> = parts.into_iter().flatten().collect();
        assert_eq!(record["full_name"], full.join(" "));
        assert_eq!(record["organization_id"].is_null(), record["organization_name"].is_null());
        assert_eq!(record["personal_manager_id"].is_null(), record["personal_manager_full_name"].is_null());
        let ids: Vec<u64> = list("groups").iter().filter_map(|group| group["group_id"].as_u64()).collect();
        assert!(ids.is_sorted() && ids.len() == list("groups").len());
    }
}

#[test]
fn pages_of_any_size_give_the_same_list() {
    let demo = Demo::start(150);
    let token = demo.token("demo");
    for sort in [json!([]), json!([{"field": "last_name"}]), json!([{"field": "first_name", "order": "desc"}])] {
        for filter in [json!({}), json!({"field": "last_name", "operator": "ilike", "value": "%а%"})] {
            let ask = |limit: usize, offset: usize| {
                let params =
                    json!({"access_token": token, "sort": sort, "filter": filter, "limit": limit, "offset": offset});
                page(&demo.server, params)
            };
            let (whole, total) = ask(10_000, 0);
            assert_eq!(whole.len() as u64, total);
            for size in [1, 7] {
                let mut joined = Vec::new();
                loop {
                    let (data, of) = ask(size, joined.len());
                    assert_eq!(of, total);
                    if data.is_empty() {
                        break;
                    }
                    joined.extend(data);
                }
                assert_eq!(joined, whole, "{sort} {filter} {size}");
            }
        }
    }
}

#[test]
fn the_loop_by_id_reads_every_contact_once() {
    let demo = Demo::start(300);
    let token = demo.token("demo");
    let (whole, _) = page(&demo.server, json!({"access_token": token}));
    let (mut joined, mut last) = (Vec::new(), json!(0));
    loop {
        let filter = json!({"field": "id", "operator": ">", "value": last});
        let (data, left) = page(&demo.server, json!({"access_token": token, "limit": 50, "filter": filter}));
        assert_eq!(left as usize, whole.len() - joined.len());
        let Some(record) = data.last() else { break };
        last = record["id"].clone();
        joined.extend(data);
    }
    assert_eq!(joined, whole);
}

#[test]
fn addresses_of_both_families_are_served() {
    let root = super::harness::place();
    let data = root.path().join("data");
    Server::demo(&data, 10).stop();
    let json: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return eprintln!("this machine has no IPv6");
    }
    // A flag given twice would be refused, so the variable sets the address.
    let mut command = program(["serve"]);
    command.args(named(&data)).env("RINGBOOK_LISTEN", "[::1]:0");
    let server = Server::run(command, &data);
    assert!(server.startup_line.starts_with("listening on http://[::1]:"), "{}", server.startup_line);
    let params = json!({"access_token": json["customers"][0]["access_token"], "limit": 1});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params}).to_string();
    let answer = connect(server.address).request(post(body)).json();
    assert_eq!(answer["result"]["metadata"]["total_items"], 10);
    server.stop();
}
