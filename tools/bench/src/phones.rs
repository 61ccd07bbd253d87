//! Rows 19 to 23: what telephones, switches and softphones ask, against the API of the same server and against peers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ringbook_testbed::api_client::{self, by_phone, contacts};
use ringbook_testbed::quietly;
use ringbook_testbed::server::RunningServer;

use crate::figures::{self, Comparison, Goal, Line};
use crate::ldap_load::{Directory, Entry, Filter};
use crate::load::{Load, Measured};
use crate::nginx::free_address;
use crate::setup::{Setup, Survey, survey};
use crate::{Options, nginx, slapd};

/// The rows measured here: look-ups, whole books, LDAP, CardDAV, look-ups of the API beside whole books.
pub const ROWS: [u32; 5] = [19, 20, 21, 22, 23];

/// Contacts of the book, unless a smaller one is asked for.
const CONTACTS_MAX: u64 = 100_000;
const CONNECTIONS: usize = 64;
/// Connections for whole books, as for pages.
const BOOK_CONNECTIONS: usize = 4;
/// Contacts of a whole book.
const BOOK: usize = 5_000;
/// Contacts of a first synchronization.
const COPIED: u64 = 20_000;
/// Telephones that fetch whole books, and how often each does.
const TELEPHONES: usize = 32;
const FETCHED_EVERY: Duration = Duration::from_secs(1);
/// Connections of look-ups whose latency is measured beside them.
const LOOKUP_CONNECTIONS: usize = 4;

/// Measures the requested rows.
///
/// # Errors
/// A program is missing, or a server does not answer as it should.
pub fn measure(options: &Options) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    if options.asks_for(&[19, 20, 21, 23]) {
        let bench = PhoneRows::start(options, options.contacts.min(CONTACTS_MAX))?;
        if options.asks_for(&[19]) {
            lines.push(bench.look_ups()?);
        }
        if options.asks_for(&[20]) {
            lines.push(bench.books()?);
        }
        if options.asks_for(&[21]) {
            lines.extend(bench.directory()?);
        }
        if options.asks_for(&[23]) {
            lines.push(bench.beside_telephones()?);
        }
    }
    if options.asks_for(&[22]) {
        lines.push(PhoneRows::start(options, COPIED)?.first_copy()?);
    }
    Ok(lines)
}

/// A running server with a device key.
struct PhoneRows<'a> {
    setup: Setup,
    options: &'a Options,
    server: RunningServer,
    ldap: String,
    key: String,
    survey: Survey,
}

impl<'a> PhoneRows<'a> {
    fn start(options: &'a Options, contacts: u64) -> Result<Self, String> {
        let setup = Setup::prepare(contacts)?;
        let key = device_key(&setup)?;
        let ldap = free_address()?;
        let server = RunningServer::start(setup.serve().args(["--ldap-listen", &ldap]))?;
        let survey = survey(&mut setup.client(&server)?)?;
        Ok(Self { setup, options, server, ldap, key, survey })
    }

    fn load(&self, url: String, bodies: &[String], connections: usize) -> Result<Measured, String> {
        Load { url, bodies, connections, time: self.options.time }.run(&self.setup.scratch)
    }

    /// Look-ups of numbers by the API.
    fn by_api(&self, connections: usize) -> Result<Measured, String> {
        let bodies: Vec<String> =
            self.survey.phones.iter().map(|phone| contacts(&self.setup.token, &by_phone(phone))).collect();
        self.load(format!("http://{}{}", self.server.address, api_client::PATH), &bodies, connections)
    }

    fn line<T>(
        &self,
        row: u32,
        texts: (&str, &str),
        goal: Goal,
        shown: fn(f64) -> String,
        rounds: Rounds<'_, T>,
    ) -> Result<Line, String> {
        let mut pairs = Vec::new();
        for _ in 0..self.options.rounds {
            let (ours, floor) = ((rounds.ours)()?, (rounds.floor)()?);
            pairs.push(((rounds.figure)(&ours), (rounds.figure)(&floor)));
        }
        let (subject, floor) = (texts.0.to_owned(), texts.1.to_owned());
        Ok(Comparison { row, subject, floor, pairs, shown, goal }.line())
    }

    /// Row 19: the name of a caller, against the same question to the API.
    fn look_ups(&self) -> Result<Line, String> {
        let paths: Vec<String> =
            self.survey.phones.iter().map(|phone| format!("/lookup/{}/text?number=%2B{phone}", self.key)).collect();
        let url = format!("http://{}", self.server.address);
        let rounds = Rounds {
            ours: &|| self.load(url.clone(), &paths, CONNECTIONS),
            floor: &|| self.by_api(CONNECTIONS),
            figure: |measured: &Measured| measured.calls,
        };
        let texts = ("`/lookup` of a number, 64 connections: calls", "`get.contacts` of a number, 64 connections");
        self.line(19, texts, Goal::AtLeast(0.9), figures::calls, rounds)
    }

    /// Row 20: a whole book for Yealink, against nginx sending the same bytes.
    fn books(&self) -> Result<Line, String> {
        let path = format!("/phone/{}/yealink?limit={BOOK}", self.key);
        let book = self.setup.client(&self.server)?.get(&path).map_err(|why| why.to_string())?;
        let nginx = nginx::start(&self.setup.scratch, &book)?;
        self.setup.client(&nginx)?;
        let ours = format!("http://{}{path}", self.server.address);
        let floor = format!("http://{}/page.json", nginx.address);
        let rounds = Rounds {
            ours: &|| self.load(ours.clone(), &[], BOOK_CONNECTIONS),
            floor: &|| self.load(floor.clone(), &[], BOOK_CONNECTIONS),
            figure: |measured: &Measured| measured.bytes,
        };
        let subject = format!("whole Yealink book of {BOOK} contacts, {} bytes", book.len());
        self.line(20, (&subject, "nginx, from a file"), Goal::AtLeast(0.7), figures::rate, rounds)
    }

    /// Row 21: searches in LDAP, against the API, and against slapd with the same entries.
    fn directory(&self) -> Result<Vec<Line>, String> {
        let ours = Directory {
            address: self.ldap.clone(),
            name: "phone".to_owned(),
            password: self.key.clone(),
            base: "dc=phonebook".to_owned(),
        };
        let entries = ours.entries()?;
        let (_slapd, peer) = slapd::start(&self.setup.scratch, &entries)?;
        // Waits until slapd accepts connections.
        self.setup.client_at(&peer.address)?;
        let numbers = numbers(&entries);
        let parts = parts(&entries);
        let time = self.options.time;
        let run = |directory: &Directory, filters: &[Filter]| {
            let messages: Vec<Vec<u8>> = filters.iter().map(|filter| directory.search(filter)).collect();
            directory.load(&messages, CONNECTIONS, time)
        };
        let calls = |measured: &Measured| measured.calls;
        let count = entries.len();
        let number = "LDAP search of a number, 64 connections: searches";
        let part = "LDAP search of a part of a name, 64 connections: searches";
        Ok(vec![
            self.line(
                21,
                (number, "`get.contacts` of a number, 64 connections"),
                Goal::AtLeast(0.8),
                figures::calls,
                Rounds { ours: &|| run(&ours, &numbers), floor: &|| self.by_api(CONNECTIONS), figure: calls },
            )?,
            self.line(
                21,
                (number, &format!("slapd, {count} entries, equality indexes")),
                Goal::AtLeast(10.0),
                figures::calls,
                Rounds { ours: &|| run(&ours, &numbers), floor: &|| run(&peer, &numbers), figure: calls },
            )?,
            self.line(
                21,
                (part, &format!("slapd, {count} entries, substring index")),
                Goal::AtLeast(10.0),
                figures::calls,
                Rounds { ours: &|| run(&ours, &parts), floor: &|| run(&peer, &parts), figure: calls },
            )?,
        ])
    }

    /// Row 22: the first copy of a book over CardDAV, against nginx sending the bytes of each answer.
    fn first_copy(&self) -> Result<Line, String> {
        let answers = self.copy(&self.server.address)?;
        let bytes: usize = answers.iter().map(String::len).sum();
        let largest = answers.iter().max_by_key(|answer| answer.len()).ok_or("no answer")?;
        let nginx = nginx::start(&self.setup.scratch, largest)?;
        self.setup.client(&nginx)?;
        let fetch = |count: usize| {
            let mut client = self.setup.client(&nginx)?;
            (0..count).try_fold(0, |bytes, _| {
                client.get("/page.json").map(|page| bytes + page.len()).map_err(|why| why.to_string())
            })
        };
        let rounds = Rounds {
            ours: &|| timed(|| Ok(self.copy(&self.server.address)?.iter().map(String::len).sum())),
            floor: &|| timed(|| fetch(answers.len())),
            figure: |rate: &f64| *rate,
        };
        let subject = format!("first CardDAV copy of {COPIED} contacts, {} answers, {bytes} bytes", answers.len());
        self.line(22, (&subject, "nginx, from a file"), Goal::Unset, figures::rate, rounds)
    }

    /// The answers to a client that begins to follow the book and takes the contacts with it.
    fn copy(&self, address: &str) -> Result<Vec<String>, String> {
        let failed = |why: std::io::Error| format!("CardDAV at {address}: {why}");
        let mut stream = TcpStream::connect(address).map_err(failed)?;
        let (mut answers, mut token) = (Vec::new(), String::new());
        loop {
            let body = format!(
                "<d:sync-collection xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\"><d:sync-token>{token}\
                 </d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/><c:address-data/></d:prop></d:sync-collection>"
            );
            let head = format!(
                "REPORT /dav/books/device-1/contacts/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
                 Depth: 0\r\nContent-Length: {}\r\n\r\n",
                self.key,
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).map_err(failed)?;
            let answer = read_answer(&mut stream).map_err(failed)?;
            let next = answer.split("<d:sync-token>").nth(1).and_then(|rest| rest.split('<').next());
            token = next.ok_or_else(|| format!("no token in {answer:.300}"))?.to_owned();
            let is_last = !answer.contains("HTTP/1.1 507");
            answers.push(answer);
            if is_last {
                return Ok(answers);
            }
        }
    }

    /// Row 23: look-ups of the API while telephones fetch whole books, against the same without them.
    fn beside_telephones(&self) -> Result<Line, String> {
        let path = format!("/phone/{}/yealink?limit={BOOK}", self.key);
        let is_over = AtomicBool::new(false);
        let with_telephones = || {
            is_over.store(false, Ordering::Relaxed);
            thread::scope(|scope| {
                for _ in 0..TELEPHONES {
                    scope.spawn(|| self.telephone(&path, &is_over));
                }
                let measured = self.by_api(LOOKUP_CONNECTIONS);
                is_over.store(true, Ordering::Relaxed);
                measured
            })
        };
        let rounds = Rounds {
            ours: &with_telephones,
            floor: &|| self.by_api(LOOKUP_CONNECTIONS),
            figure: |measured: &Measured| measured.p99,
        };
        let subject = format!(
            "`get.contacts` of a number, {LOOKUP_CONNECTIONS} connections, 99th percentile, while {TELEPHONES} telephones \
             fetch a book of {BOOK} contacts once a second each"
        );
        self.line(23, (&subject, "the same without telephones"), Goal::AtMost(1.2), figures::time, rounds)
    }

    /// A telephone that fetches its book until the measurement is over.
    fn telephone(&self, path: &str, is_over: &AtomicBool) {
        let Ok(mut client) = self.setup.client(&self.server) else { return };
        while !is_over.load(Ordering::Relaxed) {
            let begin = Instant::now();
            if client.get(path).is_err() {
                return;
            }
            thread::park_timeout(FETCHED_EVERY.saturating_sub(begin.elapsed()));
        }
    }
}

/// What is measured in turn, and the figure of a measurement.
struct Rounds<'r, T> {
    ours: &'r dyn Fn() -> Result<T, String>,
    floor: &'r dyn Fn() -> Result<T, String>,
    figure: fn(&T) -> f64,
}

/// Bytes per second of what returns a number of bytes.
fn timed(work: impl FnOnce() -> Result<usize, String>) -> Result<f64, String> {
    let begin = Instant::now();
    let bytes = work()?;
    Ok(bytes as f64 / begin.elapsed().as_secs_f64())
}

/// Reads an answer with a length.
fn read_answer(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut received = Vec::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
            let length = text.split("content-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
            let length: usize = length.ok_or_else(|| std::io::Error::other(format!("no length: {text}")))?;
            while received.len() < head + 4 + length {
                let count = stream.read(&mut buffer)?;
                if count == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                received.extend_from_slice(&buffer[..count]);
            }
            return Ok(String::from_utf8_lossy(&received[head + 4..]).into_owned());
        }
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&buffer[..count]);
    }
}

/// The device key of the first customer of the demo, without a limit.
fn device_key(setup: &Setup) -> Result<String, String> {
    let file = setup.data.join("demo.json");
    let text = std::fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    let key = text.split(r#""device_key": ""#).nth(1).and_then(|rest| rest.split('"').next());
    let key = key.ok_or_else(|| format!("{} has no device key: remove the directory", file.display()))?.to_owned();
    let mut set = Command::new(&setup.ringbook);
    set.args(["device", "set", "1", "--minute-limit", "none", "--data"]).arg(&setup.data);
    quietly(&mut set)?;
    Ok(key)
}

/// Searches of numbers of entries spread over the book.
fn numbers(entries: &[Entry]) -> Vec<Filter> {
    let number = |entry: &Entry| {
        let values = entry.iter().find(|(name, _)| name == "telephoneNumber")?;
        let number = values.1.first()?;
        Some(Filter::Equal(vec![("telephoneNumber", number.clone()), ("mobile", number.clone())]))
    };
    entries.iter().step_by(97).filter_map(number).collect()
}

/// Searches of parts of last names: six letters of names that have them, so that few entries match.
fn parts(entries: &[Entry]) -> Vec<Filter> {
    let part = |entry: &Entry| {
        let (_, names) = entry.iter().find(|(name, _)| name == "sn")?;
        let letters: Vec<char> = names.first()?.chars().filter(|letter| letter.is_alphabetic()).collect();
        let is_word = names.first()?.chars().count() == letters.len() && letters.len() >= 7;
        is_word.then(|| Filter::Contains("cn", letters[1..7].iter().collect()))
    };
    entries.iter().step_by(97).filter_map(part).collect()
}
