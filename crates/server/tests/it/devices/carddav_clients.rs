//! CardDAV by the requests of clients that cannot be run here: files of `requests/`, in which a line with `>` begins a
//! request or adds a header, `=` says what its answer must be, and `!` makes a contact in between.

use serde_json::json;

use super::Switch;
use super::carddav::base64;
use ringbook_testbed::http_client::{Response, connect};

const HOME: &str = "/dav/books/device-4/";

/// A request as it is put together, and what it is compared with.
#[derive(Default)]
struct Step {
    head: Vec<String>,
    body: String,
    expected: Vec<String>,
}

struct Conversation<'s> {
    switch: &'s Switch,
    card: String,
    token: String,
}

impl Conversation<'_> {
    fn filled(&self, text: &str) -> String {
        let places = [("{PRINCIPAL}", "/dav/principals/device-4/"), ("{HOME}", HOME), ("{CARD}", &self.card)];
        let text = places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value));
        text.replace("{BOOK}", &format!("{HOME}contacts/")).replace("{TOKEN}", &self.token)
    }

    /// Sends a request and judges the answer.
    #[track_caller]
    fn take(&mut self, step: &Step) {
        let Some((line, headers)) = step.head.split_first() else { return };
        let basic = base64(&format!("anybody:{}", self.switch.key));
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let body = self.filled(&step.body);
        let line = self.filled(line);
        let request = format!(
            "{line} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {basic}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = connect(self.switch.demo.server.address).request(request);
        for expected in &step.expected {
            let expected = self.filled(expected);
            self.judge(&line, &response, &expected);
        }
    }

    #[track_caller]
    fn judge(&mut self, line: &str, response: &Response, expected: &str) {
        let text = response.text();
        let (word, rest) = expected.split_once(' ').unwrap_or((expected, ""));
        let holds = match word {
            "has" => text.contains(rest),
            "lacks" => !text.contains(rest),
            "once" => text.matches(rest).count() == 1,
            "Location:" => response.header("location") == Some(rest),
            "DAV:" => response.header("dav").is_some_and(|classes| classes.split(", ").any(|class| class == rest)),
            "token" => {
                let token = text.split_once("<d:sync-token>").and_then(|(_, rest)| rest.split_once("</d:sync-token>"));
                self.token = token.map_or_else(String::new, |(token, _)| token.to_owned());
                !self.token.is_empty()
            }
            status => status.parse() == Ok(response.status),
        };
        assert!(holds, "{line}: {expected}: {}\n{text}", response.head);
    }
}

/// Has the requests of a file made of a book with two contacts.
fn converse(file: &str) {
    let switch = Switch::start("--minute-limit none");
    let first = switch.contact("First", "F", "+79161234567");
    switch.contact("Second", "S", "102");
    let card = format!("{HOME}contacts/{first}.vcf");
    let mut conversation = Conversation { switch: &switch, card, token: String::new() };
    let mut step = Step::default();
    for line in file.lines().chain([""]) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("#", _) => {}
            (">", rest) => step.head.push(rest.to_owned()),
            ("=", rest) => step.expected.push(rest.to_owned()),
            ("!", rest) => {
                let [what, last, first, number] = rest.split(' ').collect::<Vec<_>>()[..] else { panic!("{rest}") };
                assert_eq!(what, "contact");
                let contact = json!({"last_name": last, "first_name": first, "phone_numbers": [number]});
                switch.made("create.contacts", contact);
            }
            ("", _) => conversation.take(&std::mem::take(&mut step)),
            _ => step.body.push_str(line),
        }
    }
}

#[test]
fn thunderbird_reads_follows_and_may_not_write() {
    converse(include_str!("requests/thunderbird.txt"));
}

#[test]
fn davx5_reads_in_parts_and_takes_its_change_back() {
    converse(include_str!("requests/davx5.txt"));
}

#[test]
fn ios_climbs_to_the_principal_and_follows() {
    converse(include_str!("requests/ios.txt"));
}

#[test]
fn macos_finds_one_book() {
    converse(include_str!("requests/macos.txt"));
}
