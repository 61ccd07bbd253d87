//! A blocking client of the API: one connection, one call at a time.
//!
//! It returns replies as text and does not parse JSON, so that measuring a call measures the server.

use std::net::TcpStream;

pub use crate::http_client::PATH;
use crate::http_client::{HttpClient, WAIT_MAX, get, post};
use crate::wait::wait_for;

/// A connection to a server.
pub struct ApiClient {
    http: HttpClient<TcpStream>,
    token: String,
}

impl ApiClient {
    /// Connects to `HOST:PORT`, and waits until the server accepts connections.
    ///
    /// # Errors
    /// The address is invalid, or there is no connection within [`WAIT_MAX`].
    pub fn connect(address: &str, token: &str) -> Result<Self, String> {
        let parsed = address.parse().map_err(|error| format!("{address}: {error}"))?;
        let mut error = String::new();
        let http =
            wait_for(WAIT_MAX, || HttpClient::try_connect(parsed).map_err(|cause| error = cause.to_string()).ok());
        let http = http.ok_or_else(|| format!("cannot connect to {address}: {error}"))?;
        Ok(Self { http, token: token.to_owned() })
    }

    /// Calls `get.contacts`; `query` holds members of `params`, each with a comma before it.
    ///
    /// # Errors
    /// The server refuses, or the connection breaks.
    pub fn contacts(&mut self, query: &str) -> Result<String, String> {
        let answer = self.post(&contacts(&self.token, query)).map_err(|why| format!("the call failed: {why}"))?;
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

    /// Gets a path and returns the body of the response, whatever its status.
    ///
    /// # Errors
    /// The connection breaks, or no answer comes.
    pub fn get(&mut self, path: &str) -> std::io::Result<String> {
        let response = self.http.try_request(get(path))?;
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    }

    /// Posts a body and returns the body of the response, whatever its status.
    ///
    /// # Errors
    /// The connection breaks, or no answer comes.
    pub fn post(&mut self, body: &str) -> std::io::Result<String> {
        let response = self.http.try_request(post(body))?;
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    }
}

/// The body of a call; `members` holds members of `params`, each with a comma before it.
pub fn call(token: &str, method: &str, members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"access_token":"{token}"{members}}}}}"#)
}

/// The body of a call of `get.contacts`.
pub fn contacts(token: &str, query: &str) -> String {
    call(token, "get.contacts", query)
}

/// The mnemonic of a refusal; `None` if the reply is not one.
pub fn mnemonic(answer: &str) -> Option<&str> {
    let error = answer.split(r#""error":{"#).nth(1)?;
    error.split(r#""mnemonic":""#).nth(1)?.split('"').next()
}

/// A filter for contacts with a phone number.
pub fn by_phone(phone: &str) -> String {
    format!(r#","filter":{{"field":"phone_numbers","operator":"=","value":"{phone}"}}"#)
}

/// A filter for at most `limit` contacts with ids above `id`.
pub fn after(id: u64, limit: usize) -> String {
    format!(r#","limit":{limit},"filter":{{"field":"id","operator":">","value":{id}}}"#)
}
