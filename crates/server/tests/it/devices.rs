//! Device keys over sockets: what they open, what they do not, and what is written about them.

use serde_json::{Value, json};

use super::harness::{Demo, eventually, operate, outcome, told};
use ringbook_testbed::http_client::{Response, WAIT_MAX, connect};

mod carddav;
mod carddav_clients;
mod ldap;
mod ldap_clients;
mod ldap_filters;
mod looking_up;
mod phone_books;

/// A demo with an empty book and a device key for it.
pub struct Switch {
    pub demo: Demo,
    pub key: String,
}

impl Switch {
    /// With these options for the key.
    pub fn start(options: &str) -> Switch {
        let demo = Demo::start(0);
        let added = told(&demo.data(), format!("device add desk --customer 1 {options}").trim_end());
        let key = added["key"].as_str().expect("a key").to_owned();
        let switch = Switch { demo, key };
        eventually(WAIT_MAX, "the key is known", || switch.get("/lookup/KEY/json?number=1").status == 200);
        switch
    }

    /// Gets a path in which `KEY` stands for the key.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.get_with(path, "")
    }

    /// The same with further headers, each ended by CR LF.
    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &str) -> Response {
        let path = path.replace("KEY", &self.key);
        let headers = headers.replace("KEY", &self.key);
        connect(self.demo.server.address).request(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"))
    }

    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let response = self.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.head);
        response.text().to_owned()
    }

    /// Calls the API as the owner of the book.
    #[track_caller]
    pub fn call(&self, method: &str, params: Value) -> Value {
        let mut params = params;
        params["access_token"] = json!(self.demo.token("demo"));
        let reply = self.demo.server.call(method, params);
        assert_eq!(outcome(&reply), "ok", "{method}: {reply}");
        reply["result"]["data"].clone()
    }

    /// Makes a record; returns its id.
    #[track_caller]
    pub fn made(&self, method: &str, params: Value) -> u64 {
        self.call(method, params)["id"].as_u64().expect("an id")
    }

    /// Makes a contact with a last name, a first name and a number.
    #[track_caller]
    pub fn contact(&self, last: &str, first: &str, number: &str) -> u64 {
        self.made("create.contacts", json!({"last_name": last, "first_name": first, "phone_numbers": [number]}))
    }

    /// An operator's command on the data of the server.
    #[track_caller]
    pub fn told(&self, line: &str) -> Value {
        told(&self.demo.data(), line)
    }
}

#[test]
fn a_device_key_is_no_token_and_a_token_no_device_key() {
    let switch = Switch::start("");
    let as_token = switch.demo.server.call("get.contacts", json!({"access_token": switch.key}));
    assert_eq!(outcome(&as_token), "access_token_invalid");
    switch.demo.server.wait_for_log("a device key was used as an access token: refused device=4");
    let token = switch.demo.token("demo");
    let as_key = switch.get(&format!("/lookup/{token}/json?number=1"));
    assert_eq!((as_key.status, as_key.body.len()), (404, 0));
    switch.demo.server.wait_for_log("an access key was used as a device key: refused");
    let unknown = switch.get("/lookup/000000000000000000000000/json?number=1");
    assert_eq!((unknown.status, unknown.body.len(), unknown.head), (404, 0, as_key.head), "no hint");
    assert!(!switch.demo.server.log().contains(&switch.key) && !switch.demo.server.log().contains(token));
}

#[test]
fn the_operator_narrows_blocks_and_removes_a_key() {
    let switch = Switch::start("--minute-limit none");
    let status = || switch.get("/lookup/KEY/json?number=1").status;
    let becomes = |line: &str, wanted: u16| {
        switch.told(line);
        eventually(WAIT_MAX, line, || status() == wanted);
    };
    becomes("device block 4", 403);
    becomes("device unblock 4", 200);
    becomes("device set 4 --allow 10.0.0.0/8", 403);
    becomes("device set 4 --allow 10.0.0.0/8 --allow 127.0.0.0/8", 200);
    becomes("device set 4 --expires 2020-01-01+00:00:00", 403);
    becomes("device set 4 --expires none --allow all", 200);
    becomes("allow remove 127.0.0.0/8 --customer 1", 403);
    becomes("allow add 127.0.0.1 --customer 1", 200);
    becomes("customer set 1 --active false", 403);
    becomes("customer set 1 --active true", 200);
    becomes("device set 4 --minute-limit 0", 429);
    assert_eq!(switch.get("/lookup/KEY/json?number=1").header("retry-after"), Some("60"));
    assert_eq!(switch.get("/lookup/KEY/text?number=1&name=Ann").text(), "Ann", "a text is never an error");
    becomes("device set 4 --minute-limit none", 200);
    becomes("device remove 4", 404);
}

#[test]
fn the_list_shows_how_keys_are_set_and_used() {
    let switch = Switch::start("--dial-form 00 --outside-prefix 9 --name-order first --charset ascii");
    switch.get_with("/lookup/json?number=1", "Authorization: Bearer KEY\r\nUser-Agent: Yealink SIP-T46S 66.84\r\n");
    let row = || switch.told("device list")[3].clone();
    eventually(WAIT_MAX, "the use is noted", || row()["user_agent"] == "Yealink SIP-T46S 66.84");
    let mut row = row();
    assert!(row["used_at"].as_str().is_some_and(|at| at.len() == 19), "{row}");
    row["used_at"] = Value::Null;
    assert_eq!(
        row,
        json!({"id": 4, "customer_id": 1, "name": "desk", "group_ids": [], "dial_form": "00", "outside_prefix": "9",
            "name_order": "first", "charset": "ascii", "allow": [], "minute_limit": 600, "expires_at": null,
            "blocked": false, "used_at": null, "used_from": "127.0.0.1", "user_agent": "Yealink SIP-T46S 66.84"})
    );
}

#[test]
fn wrong_settings_of_a_key_are_refused() {
    let demo = Demo::start(0);
    for (line, code, said) in [
        ("device add x", 2, "--customer is missing"),
        ("device add x --customer 9", 1, "there is no such customer"),
        ("device add x --customer 1 --group 99999", 1, "there is no such group of this customer"),
        ("device add x --customer 1 --group all --group 1", 2, "stands alone"),
        ("device add x --customer 1 --dial-form plus", 2, "is none of e164, digits, 00, national"),
        ("device add x --customer 1 --outside-prefix 9w", 2, "is not 1 to 8 digits"),
        ("device add x --customer 1 --charset koi8-r", 2, "is none of utf-8, ascii"),
        ("device set 1", 2, "nothing to change"),
        ("device set 7 --name y", 1, "there is no such device key"),
    ] {
        let output = operate(&demo.data(), line);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {text}");
        assert!(text.contains(said), "{line}: {text}");
    }
}

#[test]
fn requests_of_devices_stand_in_the_report_with_numbers_masked() {
    let switch = Switch::start("");
    switch.get("/lookup/KEY/text?number=%2B49301234567");
    let found = switch.call(
        "get.api_requests",
        json!({"date_from": "2020-01-01 00:00:00", "date_till": "2020-03-01 00:00:00", "limit": 1}),
    );
    assert_eq!(found, json!([]), "nothing in those months");
    let clock = ringbook_clock::Clock::System.now();
    let report = switch.call(
        "get.api_requests",
        json!({"date_from": clock.plus(-3600).to_string(), "date_till": clock.plus(3600).to_string(),
            "filter": {"field": "api_request_method", "operator": "=", "value": "lookup.text"}}),
    );
    let row = &report[0];
    assert_eq!((&row["token_name"], &row["employee_login"]), (&json!("desk"), &json!("device-4")), "{report}");
    assert_eq!(row["api_request_body"], json!("{\"number\":\"+*******4567\"}"));
    assert!(!report.to_string().contains(&switch.key));
}

#[test]
fn the_lines_that_the_demo_prints_work() {
    let mut demo = Demo::start(1_000);
    let api = demo.server.line();
    assert!(api.contains("get.contacts"), "{api}");
    let page = demo.server.line();
    assert!(page.starts_with("in a browser: "), "{page}");
    let mut get = || {
        let line = demo.server.line();
        let url =
            line.trim_end().strip_prefix("curl -s '").and_then(|rest| rest.strip_suffix('\'')).expect("a line of curl");
        let path = url.strip_prefix(&format!("http://{}", demo.server.address)).expect("the address");
        connect(demo.server.address).request(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).text().to_owned()
    };
    let (name, book) = (get(), get());
    assert!(name.starts_with("Иванов Сергей"), "{name}");
    assert_eq!(book.matches("<DirectoryEntry>").count(), 3, "{book}");
    let line = demo.server.line();
    let output = std::process::Command::new("sh").args(["-c", line.trim_end()]).output().expect("a shell");
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(found.contains("telephoneNumber: +"), "{line}: {found} {}", String::from_utf8_lossy(&output.stderr));
}
