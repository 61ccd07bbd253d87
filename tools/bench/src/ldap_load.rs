//! A load of LDAP searches: connections on one thread, each with one search at a time, as `wrk` does for HTTP.

use std::time::{Duration, Instant};

use ldap_wire::{Reader, Writer, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::load::Measured;

const BIND: u8 = 0x60;
const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
/// Size limit of a search, as telephones send it.
const HITS_MAX: i64 = 50;
const READ_BYTES: usize = 16 << 10;

/// Who binds to which directory.
#[derive(Clone)]
pub struct Directory {
    /// `HOST:PORT`.
    pub address: String,
    /// The name to bind as.
    pub name: String,
    /// The password.
    pub password: String,
    /// The base of searches.
    pub base: String,
}

/// A filter of a search.
pub enum Filter {
    /// One of these attributes equals the value.
    Equal(Vec<(&'static str, String)>),
    /// The attribute contains the value.
    Contains(&'static str, String),
}

/// An entry that was found: its attributes with their values.
pub type Entry = Vec<(String, Vec<String>)>;

fn message(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut bytes = Writer::default();
    bytes.nested(0x30, |message| {
        message.number(2, 1);
        write(message);
    });
    bytes.into_bytes()
}

impl Directory {
    fn bind(&self) -> Vec<u8> {
        message(|message| {
            message.nested(BIND, |bind| {
                bind.number(2, 3);
                bind.text(4, &self.name);
                bind.text(0x80, &self.password);
            });
        })
    }

    /// The message of a search for names and numbers.
    pub fn search(&self, filter: &Filter) -> Vec<u8> {
        message(|message| {
            message.nested(SEARCH, |search| {
                self.head(search, HITS_MAX);
                match filter {
                    Filter::Equal(values) => search.nested(0xa1, |any| {
                        for (name, value) in values {
                            any.nested(0xa3, |equal| {
                                equal.text(4, name);
                                equal.text(4, value);
                            });
                        }
                    }),
                    Filter::Contains(name, value) => search.nested(0xa4, |part| {
                        part.text(4, name);
                        part.nested(0x30, |parts| parts.text(0x81, value));
                    }),
                }
                search.nested(0x30, |names| {
                    ["cn", "telephoneNumber", "mobile"].iter().for_each(|name| names.text(4, name));
                });
            });
        })
    }

    fn head(&self, search: &mut Writer, size_limit: i64) {
        search.text(4, &self.base);
        search.number(10, 2);
        search.number(10, 0);
        search.number(2, size_limit);
        search.number(2, 0);
        search.bytes(1, &[0]);
    }

    /// Loads the directory with these messages in turn; each search must find something.
    ///
    /// # Errors
    /// A connection breaks, or a search finds nothing.
    pub fn load(&self, messages: &[Vec<u8>], connections: usize, time: Duration) -> Result<Measured, String> {
        let messages: std::sync::Arc<[Vec<u8>]> = messages.into();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| why.to_string())?;
        let failed = |why: std::io::Error| format!("a search at {} failed: {why}", self.address);
        runtime.block_on(async {
            let mut clients = Vec::new();
            for at in 0..connections {
                let mut client = Connection::open(&self.address).await.map_err(failed)?;
                client.exchange(&self.bind()).await.map_err(failed)?;
                clients.push((at, client));
            }
            let begin = Instant::now();
            let mut tasks = JoinSet::new();
            for (at, mut client) in clients {
                let messages = std::sync::Arc::clone(&messages);
                tasks.spawn(async move {
                    let mut times = Vec::new();
                    let mut bytes = 0;
                    for message in messages.iter().cycle().skip(at * messages.len() / connections) {
                        let sent = Instant::now();
                        let answer = client.exchange(message).await?;
                        if answer.entries == 0 {
                            return Err(std::io::Error::other(format!("code {} and no entry", answer.code)));
                        }
                        bytes += answer.bytes;
                        times.push(sent.elapsed().as_secs_f32());
                        if begin.elapsed() >= time {
                            break;
                        }
                    }
                    Ok((times, bytes))
                });
            }
            let (mut times, mut bytes) = (Vec::new(), 0);
            while let Some(done) = tasks.join_next().await {
                let (some, count) = done.map_err(|why| why.to_string())?.map_err(failed)?;
                times.extend(some);
                bytes += count;
            }
            let seconds = begin.elapsed().as_secs_f64();
            times.sort_unstable_by(f32::total_cmp);
            let count = times.len() as f64;
            let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
            Ok(Measured { calls: count / seconds, bytes: bytes as f64 / seconds, p99: f64::from(p99), count })
        })
    }

    /// All entries, page by page.
    ///
    /// # Errors
    /// A connection breaks.
    pub fn entries(&self) -> Result<Vec<Entry>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| why.to_string())?;
        let read = async {
            let mut client = Connection::open(&self.address).await?;
            client.exchange(&self.bind()).await?;
            let (mut entries, mut cookie) = (Vec::new(), Vec::new());
            loop {
                let answer = client.exchange(&self.page(&cookie)).await?;
                entries.extend(answer.found);
                cookie = answer.cookie;
                if cookie.is_empty() {
                    return Ok::<_, std::io::Error>(entries);
                }
            }
        };
        runtime.block_on(read).map_err(|why| format!("cannot read {}: {why}", self.address))
    }

    fn page(&self, cookie: &[u8]) -> Vec<u8> {
        let mut control = Writer::default();
        control.nested(0x30, |value| {
            value.number(2, 500);
            value.bytes(4, cookie);
        });
        let control = control.into_bytes();
        message(|message| {
            message.nested(SEARCH, |search| {
                self.head(search, 0);
                search.bytes(0x87, b"objectClass");
                search.nested(0x30, |_| {});
            });
            message.nested(0xa0, |controls| {
                controls.nested(0x30, |paged| {
                    paged.text(4, ldap_wire::oid::PAGED_RESULTS);
                    paged.bytes(4, &control);
                });
            });
        })
    }
}

/// What a request was answered with.
#[derive(Default)]
struct Answer {
    entries: usize,
    found: Vec<Entry>,
    code: i64,
    bytes: usize,
    cookie: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a request and reads its answer to the end. Entries are taken apart where they are read page by page.
    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        let malformed = |why| std::io::Error::other(format!("malformed answer: {why}"));
        self.stream.write_all(request).await?;
        let mut answer = Answer::default();
        loop {
            while let Some(length) = frame(&self.received).map_err(malformed)?.filter(|it| *it <= self.received.len()) {
                let is_done = answer.take(&self.received[..length]).map_err(malformed)?;
                answer.bytes += length;
                self.received.drain(..length);
                if is_done {
                    return Ok(answer);
                }
            }
            let start = self.received.len();
            self.received.resize(start + READ_BYTES, 0);
            let count = self.stream.read(&mut self.received[start..]).await?;
            self.received.truncate(start + count);
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Answer {
    /// Takes a message in; whether it is the last one.
    fn take(&mut self, message: &[u8]) -> Result<bool, ldap_wire::DecodeError> {
        let mut message = Reader::new(message).nested(0x30)?;
        message.number(2)?;
        let (tag, contents) = message.element()?;
        let mut contents = Reader::new(contents);
        if tag == ENTRY {
            self.entries += 1;
            self.found.push(entry(contents)?);
            return Ok(false);
        }
        self.code = contents.number(10)?;
        if tag == DONE && !message.is_empty() {
            let mut control = message.nested(0xa0)?.nested(0x30)?;
            control.text(4)?;
            let mut value = Reader::new(control.expect(4)?).nested(0x30)?;
            value.number(2)?;
            self.cookie = value.expect(4)?.to_vec();
        }
        Ok(true)
    }
}

fn entry(mut contents: Reader<'_>) -> Result<Entry, ldap_wire::DecodeError> {
    contents.text(4)?;
    let mut attributes = contents.nested(0x30)?;
    let mut entry = Vec::new();
    while !attributes.is_empty() {
        let mut attribute = attributes.nested(0x30)?;
        let name = attribute.text(4)?;
        let mut set = attribute.nested(0x31)?;
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.text(4)?);
        }
        entry.push((name, values));
    }
    Ok(entry)
}
