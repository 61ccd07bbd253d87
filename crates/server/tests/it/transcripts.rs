//! Golden transcripts: requests and replies, byte for byte, by topic.
//!
//! A file in `transcripts/` is a conversation with a demo of seed 1 and 1000 contacts. A line that begins with `-->` is a
//! body, the line after it the reply; other lines are comments. Values that differ from run to run have names:
//! `$demo`, `$second`, `$other` and `$agent` are tokens, `$demo_password` etc. passwords, `$session` is the token of the
//! last login, `$in_an_hour` and `$seconds` are times, `$limits` are the full limits of an account.
//! `RINGBOOK_BLESS=1` rewrites the files: review the difference before committing it.

use std::path::PathBuf;

use ringbook_clock::Clock;

use ringbook_testbed::http_client::{connect, post};

use super::harness::Demo;

/// The prefix of a line with a body.
const SENT: &str = "-->";
/// The prefix of a line with a reply.
const ANSWERED: &str = "<--";
const ACCOUNTS: [&str; 4] = ["agent", "demo", "second", "other"];

macro_rules! topics {
    ($($topic:ident)*) => {
        $(#[test]
        fn $topic() {
            replay(stringify!($topic));
        })*

        #[test]
        fn every_transcript_is_replayed() {
            let known = [$(stringify!($topic)),*];
            for file in std::fs::read_dir(folder()).expect("the transcripts") {
                let path = file.expect("a file").path();
                let topic = path.file_stem().expect("a name").to_string_lossy().into_owned();
                assert!(known.contains(&&*topic), "{} has no test", path.display());
            }
        }
    };
}

topics! { envelope contacts paging sorting operators trees jsquery regexp wrong_questions people tables sessions limits
changes uploads wrong_changes }

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/transcripts")
}

fn replay(topic: &str) {
    let path = folder().join(format!("{topic}.txt"));
    let told = std::fs::read_to_string(&path).expect("the transcript");
    let heard = conversation(&told);
    if std::env::var_os("RINGBOOK_BLESS").is_some() {
        std::fs::write(&path, heard).expect("written");
        return;
    }
    for (at, (told, heard)) in told.lines().zip(heard.lines()).enumerate() {
        assert_eq!(told, heard, "{topic}.txt, line {}", at + 1);
    }
    assert_eq!(told.lines().count(), heard.lines().count(), "{topic}.txt: the end");
}

/// The transcript with the replies of this run.
fn conversation(told: &str) -> String {
    let demo = Demo::start(1000);
    let mut client = connect(demo.server.address);
    let mut session = String::new();
    let mut heard = String::new();
    for line in told.lines().filter(|line| !line.starts_with(ANSWERED)) {
        heard.push_str(line);
        heard.push('\n');
        let Some(body) = line.strip_prefix(SENT) else { continue };
        let answer = client.request(post(filled(body.strip_prefix(' ').unwrap_or(body), &demo, &session)));
        assert_eq!(answer.status, 200, "{body}");
        if let Some(token) = answer.json()["result"]["data"]["access_token"].as_str() {
            session = token.to_owned();
        }
        heard.push_str(ANSWERED);
        heard.push(' ');
        let reply = answer.text().strip_suffix('\n').expect("a line break ends an answer");
        heard.push_str(&shown(reply, &demo, &session));
        heard.push('\n');
    }
    heard
}

/// The body with names replaced by values.
fn filled(body: &str, demo: &Demo, session: &str) -> String {
    let mut body = body.replace("$session", session);
    for account in ACCOUNTS {
        body = body.replace(&format!("${account}_password"), demo.text(account, "password"));
        body = body.replace(&format!("${account}"), demo.token(account));
    }
    body
}

/// The reply with values that differ from run to run replaced by names.
fn shown(answer: &str, demo: &Demo, session: &str) -> String {
    let mut answer = answer.to_owned();
    for account in ACCOUNTS {
        assert!(!answer.contains(demo.text(account, "password")), "a password: {answer}");
        answer = answer.replace(demo.token(account), &format!("${account}"));
    }
    if !session.is_empty() {
        answer = answer.replace(session, "$session");
    }
    if let Some((_, number)) = number_after(&answer, "\"expire_at\":") {
        let now = Clock::System.now().unix();
        assert!((3590..=3600).contains(&(number.parse::<i64>().expect("seconds") - now)), "{answer}");
    }
    for (member, name) in [
        ("expire_at", "$in_an_hour"),
        ("day_reset", "$seconds"),
        ("minute_reset", "$seconds"),
        ("day_remaining", "$points"),
        ("minute_remaining", "$points"),
    ] {
        let member = format!("\"{member}\":");
        if let Some((at, number)) = number_after(&answer, &member) {
            answer.replace_range(at..at + number.len(), name);
        }
    }
    answer
}

/// The digits after a text, and their position.
fn number_after(answer: &str, text: &str) -> Option<(usize, String)> {
    let at = answer.find(text)? + text.len();
    let digits: String = answer[at..].chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some((at, digits))
}
