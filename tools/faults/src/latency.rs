//! Ordinary look-ups and their latencies.

use std::time::{Duration, Instant};

use ringbook_testbed::api_client::{ApiClient, by_phone, mnemonic};

/// Most phone numbers to look up.
const PHONES: usize = 10_000;

/// Latencies of calls.
#[derive(Default)]
pub struct Times {
    /// Ascending.
    micros: Vec<u64>,
    /// Calls that failed or got no reply.
    pub failed: u64,
}

impl Times {
    /// Adds a call that succeeded.
    pub fn note(&mut self, time: Duration) {
        self.micros.push(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds the calls of another connection.
    pub fn add(&mut self, other: Times) {
        self.micros.extend(other.micros);
        self.micros.sort_unstable();
        self.failed += other.failed;
    }

    /// Calls that succeeded.
    pub fn count(&self) -> u64 {
        self.micros.len() as u64
    }

    /// A percentile, in milliseconds; NaN without calls.
    pub fn percentile(&self, percent: usize) -> f64 {
        let at = (self.micros.len() * percent / 100).min(self.micros.len().saturating_sub(1));
        self.micros.get(at).map_or(f64::NAN, |micros| *micros as f64 / 1e3)
    }
}

/// Some phone numbers of the book.
///
/// # Errors
/// The call fails.
pub fn phones(client: &mut ApiClient) -> Result<Vec<String>, String> {
    let page = client.contacts(&format!(r#","limit":{PHONES},"fields":["phone_numbers"]"#))?;
    let lists = page.split(r#""phone_numbers":[""#).skip(1);
    Ok(lists.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect())
}

/// Looks phone numbers up on several connections for some time.
pub fn look_ups(address: &str, token: &str, phones: &[String], connections: usize, time: Duration) -> Times {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|at| scope.spawn(move || of_one(address, token, phones.iter().cycle().skip(at * 997), time)))
            .collect();
        let mut all = Times::default();
        for worker in workers {
            all.add(worker.join().expect("a worker does not panic"));
        }
        all
    })
}

/// One connection; reconnects when it breaks.
fn of_one<'a>(address: &str, token: &str, mut phones: impl Iterator<Item = &'a String>, time: Duration) -> Times {
    let (mut times, begin) = (Times::default(), Instant::now());
    while begin.elapsed() < time {
        let Ok(mut client) = ApiClient::connect(address, token) else {
            times.failed += 1;
            return times;
        };
        while begin.elapsed() < time {
            let Some(phone) = phones.next() else { return times };
            let asked = Instant::now();
            match client.call("get.contacts", &by_phone(phone)) {
                Ok(answer) if mnemonic(&answer).is_none() => {
                    times.note(asked.elapsed());
                }
                Ok(_) => times.failed += 1,
                Err(_) => {
                    times.failed += 1;
                    break;
                }
            }
        }
    }
    times
}
