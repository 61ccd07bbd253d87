//! Sets up `tracing`: one line per event on stderr, as text or as JSON, with a filter that can be exchanged.
//!
//! A filter is a list like `info,ringbook_http=debug`: a level for all, then levels for modules.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use tracing::Subscriber;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

/// How an event is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object per line.
    Json,
}

impl FromStr for LogFormat {
    type Err = LogError;

    fn from_str(word: &str) -> Result<Self, LogError> {
        match word {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => Err(LogError::UnknownFormat(other.to_owned())),
        }
    }
}

/// Why logging could not be set up or changed.
#[derive(Debug)]
pub enum LogError {
    /// Neither `text` nor `json`.
    UnknownFormat(String),
    /// The filter cannot be read.
    BadFilter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Logging has been set up before, or is gone.
    NotOurs,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::UnknownFormat(word) => {
                write!(f, "unknown log format {word:?}: give text or json")
            }
            LogError::BadFilter { filter, cause } => write!(
                f,
                "log filter {filter:?}: {cause}; give a level, or levels by module \
                 like info,ringbook_http=debug"
            ),
            LogError::NotOurs => f.write_str("logging is already set up by somebody else"),
        }
    }
}

impl std::error::Error for LogError {}

/// Changes the filter of a running log.
#[derive(Clone, Debug)]
pub struct LogHandle {
    filter: reload::Handle<Targets, Registry>,
}

impl LogHandle {
    /// Exchanges the filter.
    ///
    /// # Errors
    /// When it cannot be read; the old one stays in use.
    pub fn reload(&self, filter: &str) -> Result<(), LogError> {
        let targets = targets(filter)?;
        self.filter.reload(targets).map_err(|_| LogError::NotOurs)
    }
}

/// Sends the events of the whole process to stderr.
///
/// # Errors
/// When the filter cannot be read, or logging has been set up before.
pub fn logging(format: LogFormat, filter: &str) -> Result<LogHandle, LogError> {
    let (subscriber, handle) = subscriber(format, filter, io::stderr)?;
    subscriber.try_init().map_err(|_| LogError::NotOurs)?;
    Ok(handle)
}

fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync, LogHandle), LogError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(targets(filter)?);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(OneLine(writer));
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let subscriber = Registry::default().with(filter).with(lines);
    Ok((subscriber, LogHandle { filter: handle }))
}

fn targets(filter: &str) -> Result<Targets, LogError> {
    filter.parse().map_err(|cause| LogError::BadFilter { filter: filter.to_owned(), cause: format!("{cause}") })
}

/// Keeps an event on one line, whatever its values hold: a line break inside becomes a space.
struct OneLine<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for OneLine<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self.0.make_writer())
    }
}

struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    /// Takes a whole event, which ends with the only line break that is meant.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let end = event.len().saturating_sub(1);
        if event[..end].iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            let mut line = event.to_vec();
            let breaks = line[..end].iter_mut();
            breaks.filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
            self.0.write_all(&line)?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, filter: &str, story: impl FnOnce(&LogHandle)) -> String {
        let paper = Paper::default();
        let pen = paper.clone();
        let (subscriber, handle) = subscriber(format, filter, move || pen.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || story(&handle));
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_event_is_one_line() {
        let text = written(LogFormat::Text, "info", |_| {
            tracing::info!(book = 7, "two\r\nlines");
            tracing::debug!("not asked for");
        });
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("two  lines") && text.contains("book=7"), "{text}");
    }

    #[test]
    fn json_is_an_object_per_line() {
        let text = written(LogFormat::Json, "info", |_| {
            tracing::warn!(book = 7, "say \"so\"\nagain");
        });
        assert!(text.starts_with('{') && text.ends_with("}\n"), "{text}");
        assert!(text.contains(r#""message":"say \"so\"\nagain""#), "{text}");
        assert!(text.contains(r#""level":"WARN""#) && text.contains(r#""book":7"#));
    }

    #[test]
    fn the_filter_changes_under_way() {
        let text = written(LogFormat::Text, "warn", |handle| {
            tracing::info!("first");
            handle.reload("debug").unwrap();
            tracing::debug!("second");
            assert!(handle.reload("nonsense=1=2").is_err());
            tracing::debug!("third");
        });
        assert!(!text.contains("first"));
        assert!(text.contains("second") && text.contains("third"), "{text}");
    }

    #[test]
    fn formats_have_two_names() {
        assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
        let fault = "xml".parse::<LogFormat>().unwrap_err().to_string();
        assert!(fault.contains("text or json"), "{fault}");
    }
}
