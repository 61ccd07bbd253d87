//! Texts as values: sizes, times, addresses, ids, names. Each reader says what would be right; the message goes
//! after the text that was given.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use phone_number::{AREA_CODE_DIGITS_MAX, Country, OUTSIDE_PREFIX_DIGITS_MAX, RuleError};
use ringbook_book::id::ID_MAX;
use tracing_subscriber::filter::Targets;

use super::{Memory, WrongSetting};
use ringbook_app::access::{Block, ParseBlockError, Rights};
use ringbook_app::books::Reads;
use ringbook_clock::{Moment, timezone};
use ringbook_ldap::{Anonymous, PlainBind};
use ringbook_store::DeviceId;
use ringbook_telemetry::LogFormat;

/// The longest name of an agent, a customer, a user or a key.
pub const NAME_CHARS_MAX: usize = 255;
/// The longest login.
pub const LOGIN_CHARS_MAX: usize = 255;
/// The longest description of a user.
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// The largest limit of calls.
pub const LIMIT_MAX: u64 = 1_000_000_000_000;
/// The most contacts that a demo makes.
pub const CONTACTS_MAX: u64 = 10_000_000;
/// The longest time that a setting may name, in seconds.
pub const TIME_SECONDS_MAX: f64 = 86_400.0;
/// The shortest time that a setting may name, in seconds.
pub const TIME_SECONDS_MIN: f64 = 0.1;
/// The largest size of a body or a head.
pub const PART_BYTES_MAX: u64 = 1 << 30;
/// The smallest size of a body or a head.
pub const PART_BYTES_MIN: u64 = 1 << 10;
/// The smallest bound of answers: what an upload of the most contacts is answered with when all are wrong, and every
/// single record, must fit.
const ANSWER_BYTES_MIN: u64 = 8 << 20;
/// Largest number of deletions that a book can be set to remember.
const DELETIONS_KEPT_MAX: u64 = 100_000_000;
/// The least memory for books.
pub const MEMORY_BYTES_MIN: u64 = 1 << 20;
/// Most memory for request bodies or replies.
pub const BUDGET_BYTES_MAX: u64 = 1 << 40;
/// The longest time of `--log-slow-ms`: an hour.
pub const SLOW_MILLIS_MAX: u64 = 3_600_000;
/// The most days that requests are kept: ten years.
pub const REPORT_DAYS_MAX: u64 = 3_653;
/// The longest public address.
pub const PUBLIC_URL_BYTES_MAX: usize = 255;
/// The largest bound of the request report.
pub const REPORT_BYTES_MAX: u64 = 1 << 50;
/// The most connections.
pub const CONNECTIONS_MAX: u64 = 1_000_000;

/// `true` or `false`; also `1` and `0`.
pub fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

/// Whether a part of the server runs.
pub fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("is neither on nor off".to_owned()),
    }
}

/// A whole number within bounds.
pub fn number(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (min..=max).contains(number));
    number.ok_or_else(|| format!("is not a whole number from {min} to {max}"))
}

/// An id.
pub fn id(text: &str) -> Result<u64, String> {
    number(text, 1, ID_MAX)
}

/// Something, or the word `none`.
pub fn or_none<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    match text {
        "none" => Ok(None),
        _ => read(text).map(Some).map_err(|reason| format!("{reason}; `none` is allowed, too")),
    }
}

/// The code of a country with a numbering plan, or none.
pub fn country(text: &str) -> Result<Option<String>, String> {
    or_none(text, |text| match Country::of(text) {
        Some(country) => Ok(country.id().to_owned()),
        None => Err(RuleError::Country.to_string()),
    })
}

/// An area code, or none.
pub fn area_code(text: &str) -> Result<Option<String>, String> {
    or_none(text, |text| digits(text, AREA_CODE_DIGITS_MAX, RuleError::AreaCode))
}

/// A prefix for outside lines, or none.
pub fn outside_prefix(text: &str) -> Result<Option<String>, String> {
    or_none(text, |text| digits(text, OUTSIDE_PREFIX_DIGITS_MAX, RuleError::OutsidePrefix))
}

fn digits(text: &str, max: usize, error: RuleError) -> Result<String, String> {
    let is_right = (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_right { Ok(text.to_owned()) } else { Err(error.to_string()) }
}

/// A limit of calls, or none. A limit of 0 lets no call through.
pub fn limit(text: &str) -> Result<Option<u64>, String> {
    or_none(text, |text| number(text, 0, LIMIT_MAX))
}

/// A size in bytes: a number and, if need be, a unit, `KiB` for 1024 and `KB` for 1000.
pub fn size(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(NO_SIZE.to_owned()),
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(|| NO_SIZE.to_owned())
}

const NO_SIZE: &str = "is not a size: write one like 500000, 64KiB, 1MiB or 2GB";

/// A size of a part of a request, in bytes.
pub fn part_size(text: &str) -> Result<usize, String> {
    let bytes = size(text)?;
    let fits = (PART_BYTES_MIN..=PART_BYTES_MAX).contains(&bytes);
    let bytes = fits.then_some(bytes).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| "is not a size from 1KiB to 1GiB".to_owned())
}

/// The size of the largest answer, in bytes.
pub fn answer_size(text: &str) -> Result<usize, String> {
    let fits = |bytes: &u64| (ANSWER_BYTES_MIN..=PART_BYTES_MAX).contains(bytes);
    let bytes = Some(size(text)?).filter(fits).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| "is not a size from 8MiB to 1GiB".to_owned())
}

/// A budget of bytes in flight.
pub fn budget(text: &str) -> Result<usize, String> {
    let fits = |bytes: &u64| (MEMORY_BYTES_MIN..=BUDGET_BYTES_MAX).contains(bytes);
    let bytes = Some(size(text)?).filter(fits).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| "is not a size from 1MiB to 1TiB".to_owned())
}

/// A time in milliseconds.
pub fn millis(text: &str) -> Result<Duration, String> {
    number(text, 0, SLOW_MILLIS_MAX).map(Duration::from_millis)
}

/// A share like `70%`, or a size.
pub fn memory(text: &str) -> Result<Memory, String> {
    if let Some(share) = text.strip_suffix('%') {
        let percent = number(share.trim(), 1, 100).ok().and_then(|percent| u8::try_from(percent).ok());
        return percent
            .map(|percent| Memory::Share { percent })
            .ok_or_else(|| "is not a percentage from 1% to 100%".into());
    }
    match size(text) {
        Ok(bytes) if bytes >= MEMORY_BYTES_MIN => Ok(Memory::Bytes(bytes)),
        Ok(_) => Err("is less than the minimum of 1MiB".to_owned()),
        Err(_) => Err("is neither a percentage like 70% nor a size like 2GiB".to_owned()),
    }
}

/// How recent reads are.
pub fn reads(text: &str) -> Result<Reads, String> {
    match text {
        "linearizable" => Ok(Reads::Linearizable),
        "local" => Ok(Reads::Local),
        _ => Err("is neither linearizable nor local".to_owned()),
    }
}

/// How many deletions a book remembers.
pub fn deletions(text: &str) -> Result<usize, String> {
    let number = number(text, 0, DELETIONS_KEPT_MAX)?;
    usize::try_from(number).map_err(|error| error.to_string())
}

/// How many days requests are kept.
pub fn report_days(text: &str) -> Result<u32, String> {
    let days = number(text, 1, REPORT_DAYS_MAX)?;
    u32::try_from(days).map_err(|error| error.to_string())
}

/// The size of the request report of one account, or of all.
pub fn report_size(text: &str) -> Result<u64, String> {
    let fits = |bytes: &u64| (MEMORY_BYTES_MIN..=REPORT_BYTES_MAX).contains(bytes);
    Some(size(text)?).filter(fits).ok_or_else(|| "is not a size from 1MiB to 1PiB".to_owned())
}

/// A time in seconds, `0.5` included.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().ok();
    let number = number.filter(|number| (TIME_SECONDS_MIN..=TIME_SECONDS_MAX).contains(number));
    number
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("is not a time from {TIME_SECONDS_MIN} to {TIME_SECONDS_MAX} seconds"))
}

/// An address to listen on. Names are not looked up, but `localhost` is known.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| "is not ADDRESS:PORT: write one like 127.0.0.1:8080, 0.0.0.0:80 or [::]:8080".to_owned())
}

/// The address that clients reach a server at, without slashes at its end.
pub fn public_url(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>'&?#@".contains(&byte));
    if host.is_empty() || host.starts_with('/') || !is_plain || text.len() > PUBLIC_URL_BYTES_MAX {
        return Err("is not an address: write one like https://book.example or http://10.0.0.5:8080".to_owned());
    }
    Ok(text.to_owned())
}

/// Who may bind without encryption.
pub fn plain_bind(text: &str) -> Result<PlainBind, String> {
    let known = PlainBind::ALL.iter().find(|(word, _)| *word == text);
    known.map(|(_, policy)| *policy).ok_or_else(|| "is none of refuse, private, allow".to_owned())
}

/// A block of addresses with the device key that its clients have the rights of.
pub fn ldap_anonymous(text: &str) -> Result<Anonymous, String> {
    let example = || "is not CIDR=ID: write one like 10.0.0.0/8=3".to_owned();
    let (addresses, key) = text.split_once('=').ok_or_else(example)?;
    let device = id(key).ok().and_then(|id| DeviceId::new(id).ok()).ok_or_else(example)?;
    Ok(Anonymous { block: block(addresses)?, device })
}

/// A path; there is no file without a name.
pub fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(PathBuf::from(text)) }
}

/// A block of addresses whose proxies are trusted; a bare address is the block of that one.
pub fn proxies(text: &str) -> Result<IpNet, String> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map(|net| net.trunc()).map_err(|_| format!("is {ParseBlockError}"))
}

/// A block of addresses that calls may come from.
pub fn block(text: &str) -> Result<Block, String> {
    Block::parse(text).map_err(|cause| format!("is {cause}"))
}

/// How to write the log.
pub fn log_format(text: &str) -> Result<LogFormat, String> {
    text.parse().map_err(|_| "is not a log format: give text or json".to_owned())
}

/// Which events to log.
pub fn log_filter(text: &str) -> Result<String, String> {
    let read = text.parse::<Targets>();
    read.map(|_| text.to_owned())
        .map_err(|cause| format!("is not a log filter ({cause}): write one like info or info,ringbook_http=debug"))
}

/// A time zone, as the database of zones spells it.
pub fn zone(text: &str) -> Result<String, String> {
    let zone = timezone(text).map(str::to_owned);
    zone.ok_or_else(|| "is not a time zone: write an IANA name like Europe/Berlin or UTC".to_owned())
}

/// What a user may do.
pub fn rights(text: &str) -> Result<Rights, String> {
    if text.trim() == "all" {
        return Ok(Rights::all());
    }
    Rights::parse(text).map_err(|cause| format!("names no rights: {cause}"))
}

/// A moment in UTC.
pub fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).map_err(|_| "is not a time in UTC: write one like '2030-12-31 23:59:59'".to_owned())
}

/// A name that is not empty.
pub fn name(text: &str) -> Result<String, String> {
    line(text, 1, NAME_CHARS_MAX)
}

/// A name that may be empty.
pub fn optional_name(text: &str) -> Result<String, String> {
    line(text, 0, NAME_CHARS_MAX)
}

/// A login: no blanks, so that nobody has to guess about them.
pub fn login(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_whitespace) {
        return Err("must not contain spaces".to_owned());
    }
    line(text, 1, LOGIN_CHARS_MAX)
}

/// A description.
pub fn description(text: &str) -> Result<String, String> {
    line(text, 0, DESCRIPTION_CHARS_MAX)
}

/// One line of text, without blanks around it.
fn line(text: &str, min: usize, max: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    match text.chars().count() {
        0 if min > 0 => Err("is empty".to_owned()),
        chars if chars > max => Err(format!("has {chars} characters, at most {max} are kept")),
        _ => Ok(text.to_owned()),
    }
}

/// The one value at a place.
pub(super) fn one<T>(
    values: &[String],
    place: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, WrongSetting> {
    match values {
        [text] => read(text).map_err(|reason| wrong(place, text, &reason)),
        _ => Err(WrongSetting::new(format_args!("{place} takes one value, not a list"))),
    }
}

/// The error of a value at a place.
pub(super) fn wrong(place: &str, text: &str, reason: &str) -> WrongSetting {
    WrongSetting::new(format_args!("{place}: {text:?} {reason}"))
}
