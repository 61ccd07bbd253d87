//! The resources that calls use: who is charged for each, its bound, and what happens beyond it.
//!
//! This table is the one place that lists them. A test prints it into `docs/safety.md` and checks each row against the
//! options of `ringbook serve`, the metrics page, the mnemonics and the tests of the workspace.

use ringbook_app::access::{
    FAILURES_PER_ADDRESS_MAX, FAILURES_PER_LOGIN_MAX, FAILURES_PER_NETWORK_MAX, SESSIONS_PER_USER_MAX,
};
use ringbook_app::audit::{ReportBounds, WAITING_BYTES_MAX, WHOLE_MAX};
use ringbook_app::books::{LONG_ELEMENTS_MIN, PENDING_ELEMENTS_MAX};
use ringbook_book::book::decision::{CONTACTS_MAX, TABLE_ROWS_MAX};
use ringbook_book::command::GROUPS_PER_CONTACT_MAX;
use ringbook_book::query::pattern_cache::{CACHE_BYTES_MAX, CUSTOMER_BYTES_MAX, CUSTOMER_PATTERNS_MAX};
use ringbook_http::HttpSettings;
use ringbook_jsonrpc::ANSWER_BYTES_MAX;
use ringbook_store::RESERVE_BYTES;
use ringbook_workers::{Bounds, SLICE};

/// A resource that calls use.
#[derive(Debug, Clone)]
pub struct Resource {
    /// What is used.
    pub name: &'static str,
    /// Who is charged for it.
    pub charged_to: &'static str,
    /// The bound, with its default.
    pub bound: String,
    /// Options of `ringbook serve` that set the bound, without dashes.
    pub options: &'static [&'static str],
    /// What happens beyond the bound, with the mnemonic of a refusal in backquotes.
    pub beyond: &'static str,
    /// The metric that shows it; empty if there is none.
    pub metric: &'static str,
    /// The function of a test of the bound.
    pub tested_by: &'static str,
}

/// All resources.
pub fn resources() -> Vec<Resource> {
    let (http, report, workers) = (HttpSettings::default(), ReportBounds::default(), Bounds::for_processors(1));
    vec![
        Resource {
            name: "connections",
            charged_to: "address",
            bound: format!("{}, {} in all", http.connections_per_address_max, http.connections_max),
            options: &["connections-per-address", "connections-max"],
            beyond: "the connection is closed",
            metric: "ringbook_connections_rejected_total",
            tested_by: "one_address_has_a_part_of_the_connections",
        },
        Resource {
            name: "one request body",
            charged_to: "call",
            bound: size(http.body_bytes_max as u64),
            options: &["body-max"],
            beyond: "`body_too_large`, status 413",
            metric: "ringbook_requests_refused_total",
            tested_by: "a_body_at_the_limit_passes_and_one_beyond_does_not",
        },
        Resource {
            name: "bytes coming in",
            charged_to: "address",
            bound: both(http.request_bytes_per_address_max as u64, http.request_bytes_max as u64),
            options: &["request-memory-per-address", "request-memory"],
            beyond: "the body waits unread, then status 408 or 503",
            metric: "ringbook_in_flight_bytes",
            tested_by: "bodies_beyond_the_budget_are_not_read",
        },
        Resource {
            name: "one answer",
            charged_to: "call",
            bound: size(ANSWER_BYTES_MAX as u64),
            options: &["answer-max"],
            beyond: "`invalid_parameter_value` on `limit`",
            metric: "",
            tested_by: "an_answer_that_is_too_large_is_refused_with_what_helps",
        },
        Resource {
            name: "bytes going out",
            charged_to: "address and account",
            bound: both(http.reply_bytes_per_address_max as u64, http.reply_bytes_max as u64),
            options: &["reply-memory-per-address", "reply-memory"],
            beyond: "the answer waits, then status 503",
            metric: "ringbook_budget_waiting",
            tested_by: "a_slow_reader_holds_what_it_has_not_read",
        },
        Resource {
            name: "processor time",
            charged_to: "account, or address before the caller is known",
            bound: format!(
                "equal shares in slices of {} ms; {} waiting jobs, {} in all",
                SLICE.as_millis(),
                workers.owner_waiting_max,
                workers.waiting_max
            ),
            options: &[],
            beyond: "`error`",
            metric: "ringbook_workers_refused_total",
            tested_by: "one_owner_with_many_jobs_does_not_keep_another_waiting",
        },
        Resource {
            name: "password checks",
            charged_to: "address",
            bound: format!("turns between addresses; {} waiting checks", workers.owner_waiting_max),
            options: &[],
            beyond: "`error`",
            metric: "ringbook_login_refusals_total",
            tested_by: "a_flood_of_logins_waits_for_itself",
        },
        Resource {
            name: "failed logins a minute",
            charged_to: "login and address, address, network",
            bound: format!("{FAILURES_PER_LOGIN_MAX}, {FAILURES_PER_ADDRESS_MAX}, {FAILURES_PER_NETWORK_MAX}"),
            options: &[],
            beyond: "`error` without a check of the password",
            metric: "ringbook_login_refusals_total",
            tested_by: "who_varies_the_names_fails_at_the_bound_of_the_address",
        },
        Resource {
            name: "sessions",
            charged_to: "user",
            bound: SESSIONS_PER_USER_MAX.to_string(),
            options: &[],
            beyond: "a login ends those that would be over first",
            metric: "",
            tested_by: "a_user_with_too_many_sessions_loses_the_first_ones",
        },
        Resource {
            name: "calls a minute and a day",
            charged_to: "account",
            bound: "`ringbook customer set --minute-limit --day-limit`; none".to_owned(),
            options: &[],
            beyond: "`limit_exceeded`",
            metric: "ringbook_quota_refusals_total",
            tested_by: "the_minute_is_spent_and_then_the_day",
        },
        Resource {
            name: "compiled patterns",
            charged_to: "account",
            bound: format!(
                "{CUSTOMER_PATTERNS_MAX} patterns or {}, {} in all",
                size(CUSTOMER_BYTES_MAX as u64),
                size(CACHE_BYTES_MAX as u64)
            ),
            options: &[],
            beyond: "the account with the most loses those used least recently, which are compiled again",
            metric: "ringbook_pattern_bytes",
            tested_by: "a_customer_with_many_patterns_drops_its_own",
        },
        Resource {
            name: "changes that wait",
            charged_to: "book",
            bound: format!("{PENDING_ELEMENTS_MAX} records"),
            options: &[],
            beyond: "the call waits",
            metric: "",
            tested_by: "changes_that_wait_share_a_commit_and_each_is_answered_for_itself",
        },
        Resource {
            name: "the writer's time",
            charged_to: "book, operator commands",
            bound: format!("one batch of at most {} effects; one step of long work; turns", 2 * LONG_ELEMENTS_MIN),
            options: &[],
            beyond: "the change waits for its turn",
            metric: "ringbook_commit_seconds",
            tested_by: "a_change_waits_for_one_step_of_others_at_most",
        },
        Resource {
            name: "memory of a book",
            charged_to: "account",
            bound: "half of --memory".to_owned(),
            options: &["memory-per-book", "memory"],
            beyond: "`data_limit_exceeded`; deletions are accepted",
            metric: "ringbook_book_bytes",
            tested_by: "a_book_that_takes_all_its_memory_accepts_deletions_only",
        },
        Resource {
            name: "records of a book",
            charged_to: "account",
            bound: format!(
                "{CONTACTS_MAX} contacts, {TABLE_ROWS_MAX} of other kinds, {GROUPS_PER_CONTACT_MAX} groups of a contact"
            ),
            options: &[],
            beyond: "`data_limit_exceeded`",
            metric: "",
            tested_by: "the_groups_of_a_contact_are_bounded",
        },
        Resource {
            name: "request report on disk",
            charged_to: "account",
            bound: both(report.account_bytes, report.total_bytes),
            options: &["report-max-per-account", "report-max"],
            beyond: "the oldest records of the account that has the most are deleted",
            metric: "ringbook_requests_reported_total",
            tested_by: "an_account_that_has_too_much_loses_its_oldest_requests_and_no_other_does",
        },
        Resource {
            name: "request report in memory",
            charged_to: "account",
            bound: size(WAITING_BYTES_MAX as u64),
            options: &[],
            beyond: "records of the account that has the most are dropped",
            metric: "ringbook_requests_dropped_total",
            tested_by: "a_flood_of_one_account_costs_the_others_nothing",
        },
        Resource {
            name: "records of refusals a minute",
            charged_to: "account and mnemonic",
            bound: format!("{WHOLE_MAX}; none of `ip_not_whitelisted`, `limit_exceeded`, `account_inactive`"),
            options: &[],
            beyond: "the refusals are counted in one record",
            metric: "ringbook_requests_reported_total",
            tested_by: "refusals_of_calls_that_were_not_admitted_are_counted_only",
        },
        Resource {
            name: "the last disk space",
            charged_to: "operator commands",
            bound: size(RESERVE_BYTES),
            options: &[],
            beyond: "changes: `internal_error`; `/healthz` tells of it",
            metric: "ringbook_commits_failed_total",
            tested_by: "the_reserve_is_for_operator_commands_until_there_is_space_again",
        },
    ]
}

/// The table in Markdown.
pub fn table() -> String {
    let mut text =
        "| resource | charged to | bound | beyond it | options | metric |\n|---|---|---|---|---|---|\n".to_owned();
    for Resource { name, charged_to, bound, options, beyond, metric, .. } in resources() {
        let options: Vec<String> = options.iter().map(|option| format!("`--{option}`")).collect();
        let metric = if metric.is_empty() { String::new() } else { format!("`{metric}`") };
        text.push_str(&format!("| {name} | {charged_to} | {bound} | {beyond} | {} | {metric} |\n", options.join(", ")));
    }
    text
}

fn both(each: u64, all: u64) -> String {
    format!("{}, {} in all", size(each), size(all))
}

/// A size in the largest unit that divides it.
fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.iter().find(|(shift, _)| bytes.trailing_zeros() >= *shift);
    unit.map_or_else(|| format!("{bytes} bytes"), |(shift, unit)| format!("{} {unit}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::cli::{Console, Progress, run_with};

    const HEADING: &str = "## Resources\n";

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    #[test]
    fn the_document_has_the_table() {
        let path = root().join("docs/safety.md");
        let kept = std::fs::read_to_string(&path).expect("the document");
        let (before, rest) = kept.split_once(HEADING).expect("the section");
        let (section, after) = rest.split_once("\n## ").expect("a section after it");
        let head = section.split_once("| resource").map_or(section, |(head, _)| head);
        let written = format!("{before}{HEADING}{head}{}\n## {after}", table());
        if std::env::var_os("RINGBOOK_BLESS").is_some() {
            std::fs::write(&path, &written).expect("written");
        } else {
            assert!(
                kept == written,
                "docs/safety.md is stale: RINGBOOK_BLESS=1 cargo test -p ringbook --lib resources"
            );
        }
    }

    fn help() -> String {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console {
            stdin: &mut std::io::empty(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            environment: &|_| None,
            progress: Progress::Hidden,
            is_interactive: false,
        };
        run_with(["ringbook", "serve", "--help"].map(Into::into), &mut console);
        String::from_utf8(stdout).expect("text")
    }

    #[test]
    fn every_row_names_what_there_is() {
        let (help, metrics) = (help(), crate::serve::metrics());
        metrics.show_store(Arc::default());
        let _pool = ringbook_workers::Workers::new(Bounds::for_processors(1), &metrics);
        let page = metrics.page();
        let outcomes = ringbook_jsonrpc::outcomes();
        let reasons = ringbook_http::TransportError::REASONS;
        for Resource { name, bound, options, beyond, metric, .. } in resources() {
            for option in options {
                assert!(help.contains(&format!("--{option} <")), "{name}: no option --{option}");
            }
            assert!(metric.is_empty() || page.contains(&format!("# TYPE {metric} ")), "{name}: no metric {metric}");
            let words = bound.split('`').skip(1).step_by(2).chain(beyond.split('`').skip(1).step_by(2));
            let is_mnemonic = |word: &&str| !word.contains([' ', '/']) && *word != "limit";
            for word in words.filter(is_mnemonic) {
                assert!(outcomes.contains(&word) || reasons.contains(&word), "{name}: no mnemonic {word}");
            }
        }
    }

    #[test]
    fn every_bound_has_a_test() {
        let mut sources = String::new();
        collect(&root().join("crates"), &mut sources);
        for Resource { name, tested_by, .. } in resources() {
            assert!(sources.contains(&format!("fn {tested_by}(")), "{name}: no test {tested_by}");
        }
    }

    fn collect(place: &Path, sources: &mut String) {
        for entry in std::fs::read_dir(place).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                collect(&path, sources);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                sources.push_str(&std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }

    #[test]
    fn sizes_have_the_largest_unit() {
        assert_eq!([1 << 30, 64 << 20, 3 << 10, 1_000].map(size), ["1 GiB", "64 MiB", "3 KiB", "1000 bytes"]);
    }
}
