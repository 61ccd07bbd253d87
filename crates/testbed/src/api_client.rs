//! A blocking client of the API: one connection, one call at a time.
//!
//! It returns replies as text and does not parse JSON, so that measuring a call measures the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest wait for the server to listen.
const START_TIME_MAX: Duration = Duration::from_secs(60);
const RETRY_INTERVAL: Duration = Duration::from_millis(1);
/// Longest wait for a reply.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// The path that calls are posted to.
pub const PATH: &str = "/v2.0";

/// A connection to a server.
pub struct ApiClient {
    stream: BufReader<TcpStream>,
    token: String,
}

impl ApiClient {
    /// Connects, and waits until that is possible.
    ///
    /// # Errors
    /// No connection for a minute.
    pub fn connect(address: &str, token: &str) -> Result<Self, String> {
        let start = Instant::now();
        loop {
            match TcpStream::connect(address) {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    let _ = stream.set_read_timeout(Some(ANSWER_TIME_MAX));
                    return Ok(Self { stream: BufReader::new(stream), token: token.to_owned() });
                }
                Err(why) if start.elapsed() > START_TIME_MAX => {
                    return Err(format!("cannot connect to {address}: {why}"));
                }
                Err(_) => std::thread::sleep(RETRY_INTERVAL),
            }
        }
    }

    /// Asks for contacts; `question` holds members of `params`, each with a comma before it.
    ///
    /// # Errors
    /// The server refuses, or the connection breaks.
    pub fn contacts(&mut self, question: &str) -> Result<String, String> {
        let answer = self.post(&contacts(&self.token, question)).map_err(|why| format!("the call failed: {why}"))?;
        if answer.contains(r#""result":{"data":"#) {
            Ok(answer)
        } else {
            Err(format!("unexpected answer: {answer:.400}"))
        }
    }

    /// Posts a body whose call must succeed.
    ///
    /// # Errors
    /// The server refuses, or the connection breaks.
    pub fn success(&mut self, body: &str) -> Result<String, String> {
        let answer = self.post(body).map_err(|why| format!("the call failed: {why}"))?;
        if answer.contains(r#""result":{"#) { Ok(answer) } else { Err(format!("unexpected answer: {answer:.400}")) }
    }

    /// Calls a method; `members` holds members of `params`, each with a comma before it.
    ///
    /// # Errors
    /// The connection breaks, or no answer comes.
    pub fn call(&mut self, method: &str, members: &str) -> std::io::Result<String> {
        self.post(&call(&self.token, method, members))
    }

    /// Posts a body; whatever the server answers.
    ///
    /// # Errors
    /// The connection breaks, or no answer comes.
    pub fn post(&mut self, body: &str) -> std::io::Result<String> {
        self.stream.get_mut().write_all(&request(body))?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// The bytes that post a body.
pub fn request(body: &str) -> Vec<u8> {
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n\r\n", body.len());
    (head + body).into_bytes()
}

/// The body of a call; `members` holds members of `params`, each with a comma before it.
pub fn call(token: &str, method: &str, members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"access_token":"{token}"{members}}}}}"#)
}

/// The body of a question for contacts.
pub fn contacts(token: &str, question: &str) -> String {
    call(token, "get.contacts", question)
}

/// The mnemonic of a refusal; `None` for an answer that is none.
pub fn mnemonic(answer: &str) -> Option<&str> {
    let error = answer.split(r#""error":{"#).nth(1)?;
    error.split(r#""mnemonic":""#).nth(1)?.split('"').next()
}

/// The question who has a phone number.
pub fn by_phone(phone: &str) -> String {
    format!(r#","filter":{{"field":"phone_numbers","operator":"=","value":"{phone}"}}"#)
}

/// The question for so many contacts behind an id.
pub fn after(id: u64, limit: usize) -> String {
    format!(r#","limit":{limit},"filter":{{"field":"id","operator":">","value":{id}}}"#)
}
