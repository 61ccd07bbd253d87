//! Load by `wrk`: a script that posts prepared bodies in turn, and the figures that it reports.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A load on a server.
pub struct Load<'a> {
    /// URL without bodies, or of the file to get.
    pub url: String,
    /// Bodies to post in turn, or paths to get, which begin with a slash; none: the URL is fetched with GET.
    pub bodies: &'a [String],
    /// Connections, each with one call at a time.
    pub connections: usize,
    /// Duration of the load.
    pub time: Duration,
}

/// The results.
pub struct Measured {
    /// Calls per second.
    pub calls: f64,
    /// Bytes per second.
    pub bytes: f64,
    /// 99th percentile of the latency, in seconds.
    pub p99: f64,
    /// Number of calls.
    pub count: f64,
}

impl Load<'_> {
    /// Loads the server; `directory` is for the script.
    ///
    /// # Errors
    /// `wrk` is missing, or a call failed.
    pub fn run(&self, directory: &Path) -> Result<Measured, String> {
        let script = directory.join("load.lua");
        self.write(directory, &script).map_err(|why| format!("{}: {why}", script.display()))?;
        let (connections, time) = (self.connections.to_string(), format!("{}s", self.time.as_secs()));
        let mut wrk = Command::new("wrk");
        // One thread, so that the load generator leaves most of a small machine to the server.
        wrk.args(["-t1", "--timeout", "60s", "-c", &connections, "-d", &time, "-s"]).arg(&script).arg(&self.url);
        let printed = ringbook_testbed::output(&mut wrk).ok_or("wrk failed; apt-get install wrk brings it")?;
        let line = printed.lines().find_map(|line| line.strip_prefix(MARK));
        let numbers: Vec<f64> =
            line.unwrap_or_default().split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [count, micros, bytes, p99, failed] = numbers[..] else {
            return Err(format!("wrk said what is not understood: {printed}"));
        };
        if failed > 0.0 || count == 0.0 {
            return Err(format!("{failed} of {count} calls failed at {}", self.url));
        }
        let seconds = micros / 1e6;
        Ok(Measured { calls: count / seconds, bytes: bytes / seconds, p99: p99 / 1e6, count })
    }

    fn write(&self, directory: &Path, script: &Path) -> std::io::Result<()> {
        if self.bodies.is_empty() {
            return fs::write(script, REPORT);
        }
        let bodies = directory.join("bodies.txt");
        fs::write(&bodies, self.bodies.join("\n"))?;
        fs::write(script, format!("local bodies = \"{}\"\n{POST}{REPORT}", bodies.display()))
    }
}

/// The prefix of the line of figures.
const MARK: &str = "figures ";

/// Requests are made before the clock starts.
const POST: &str = r#"
local requests, at = {}, 0
init = function()
  for body in io.lines(bodies) do
    if body:sub(1, 1) == "/" then
      requests[#requests + 1] = wrk.format("GET", body)
    else
      requests[#requests + 1] = wrk.format("POST", nil, nil, body)
    end
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
"#;

const REPORT: &str = r#"
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
    latency:percentile(99), failed))
end
"#;
