//! Runs a plan on a stream of records that does not fit into memory.
//!
//! It counts all matches and keeps a little more records than the end of the window, in at most [`KEPT_BYTES_MAX`]
//! bytes. For records in memory see [`super::table`].

use super::budget::Budget;
use super::evaluate::matches;
use super::plan::Plan;
use super::query_error::{QueryError, QueryErrorKind, QueryPart};
use super::table::{compare, first_key};
use super::value::Record;
use crate::collation::SortKey;
use crate::runner::Runner;

/// Maximum number of bytes of records that are kept for one query.
pub const KEPT_BYTES_MAX: usize = 256 << 20;
/// Minimum number of surplus records before they are discarded, so that it does not happen too often for small windows.
const SPARE_RECORDS: usize = 1024;

/// A matching record that the window may contain.
struct KeptRecord<R> {
    key: SortKey,
    bytes: usize,
    record: R,
}

/// The state of a query over a stream of records.
pub struct StreamQuery<'p, R> {
    plan: &'p Plan,
    budget: Budget<'p>,
    total: u64,
    kept: Vec<KeptRecord<R>>,
    bytes: usize,
    /// Records with a greater key are after the window.
    bound: Option<SortKey>,
}

impl<'p, R: Record> StreamQuery<'p, R> {
    /// Starts running `plan`, which must have been made for the field table of these records.
    pub fn new(plan: &'p Plan, runner: &'p dyn Runner) -> Self {
        Self { plan, budget: Budget::for_contacts(0, runner), total: 0, kept: Vec::new(), bytes: 0, bound: None }
    }

    /// Evaluates a record. `slim` reduces a record to what is kept: it must keep the values of all sort keys. `bytes`
    /// estimates the size of the result.
    ///
    /// # Errors
    ///
    /// The query exhausted its budget, the runner stopped it, or the records to keep exceed [`KEPT_BYTES_MAX`].
    pub fn offer(
        &mut self,
        record: R,
        slim: impl FnOnce(R) -> R,
        bytes: impl FnOnce(&R) -> usize,
    ) -> Result<(), QueryError> {
        self.budget.for_one_more();
        if !matches(self.plan.filter(), &record, &mut self.budget)? {
            return Ok(());
        }
        self.total += 1;
        let key = first_key(self.plan.sort(), &record);
        if self.plan.window().end() == 0 || self.bound.is_some_and(|bound| key > bound) {
            return Ok(());
        }
        let record = slim(record);
        let bytes = bytes(&record);
        self.bytes += bytes;
        self.kept.push(KeptRecord { key, bytes, record });
        self.limit_kept()
    }

    /// The number of records that match, and the records of the window in order.
    pub fn finish(mut self) -> (u64, Vec<R>) {
        self.discard_surplus();
        let sort = self.plan.sort();
        self.kept.sort_unstable_by(|left, right| order(sort, left, right));
        let shown = self.kept.into_iter().skip(self.plan.window().offset());
        (self.total, shown.map(|kept| kept.record).collect())
    }

    fn limit_kept(&mut self) -> Result<(), QueryError> {
        let end = self.plan.window().end();
        if self.kept.len() < end + end / 4 + SPARE_RECORDS && self.bytes <= KEPT_BYTES_MAX {
            return Ok(());
        }
        self.discard_surplus();
        if self.bytes > KEPT_BYTES_MAX {
            let reason = "records so long cannot be sorted so many at once: ask for less with offset and limit, \
                or sort by another field";
            return Err(QueryError {
                part: QueryPart::Offset,
                kind: QueryErrorKind::Value { reason: reason.to_owned() },
            });
        }
        Ok(())
    }

    /// Discards records after the window.
    fn discard_surplus(&mut self) {
        let end = self.plan.window().end();
        if self.kept.len() <= end || end == 0 {
            return;
        }
        let sort = self.plan.sort();
        let (_, last, _) = self.kept.select_nth_unstable_by(end - 1, |left, right| order(sort, left, right));
        self.bound = Some(last.key);
        self.kept.truncate(end);
        self.bytes = self.kept.iter().map(|kept| kept.bytes).sum();
    }
}

fn order<R: Record>(sort: &[super::plan::SortBy], left: &KeptRecord<R>, right: &KeptRecord<R>) -> std::cmp::Ordering {
    left.key.cmp(&right.key).then_with(|| compare(sort, &left.record, &right.record))
}

#[cfg(test)]
mod tests {
    use super::super::ask::{Ask, AskSort, Direction};
    use super::super::field::BLACKLIST_NUMBER;
    use super::super::plan::plan;
    use super::super::table::run;
    use super::super::value::Value;
    use super::*;
    use crate::runner::INLINE;

    #[derive(Clone)]
    struct Entry(u64, String);

    impl Record for Entry {
        fn value(&self, field: usize) -> Value<'_> {
            match field {
                0 => Value::Number(self.0.cast_signed()),
                _ => Value::Text(&self.1),
            }
        }

        fn id(&self) -> u64 {
            u64::MAX - self.0
        }
    }

    fn entries() -> Vec<Entry> {
        (0..9_000u64).map(|n| Entry((n * 7919) % 9_000, format!("comment {}", n % 31))).collect()
    }

    fn asked(offset: i128, limit: i128, sort: &str) -> Ask {
        let sort = vec![AskSort { field: sort.to_owned(), direction: Direction::Descending }];
        Ask { offset: Some(offset), limit: Some(limit), sort, ..Ask::default() }
    }

    #[test]
    fn a_stream_gives_the_same_result_as_a_table() {
        for (offset, limit, sort) in [(0, 10, "id"), (4_000, 700, "phone_number"), (8_990, 50, "id"), (5, 0, "id")] {
            let plan = plan(&BLACKLIST_NUMBER, &asked(offset, limit, sort)).expect("a plan");
            let records = entries();
            let page = run(&plan, &records, &INLINE).expect("a page");
            let mut query = StreamQuery::new(&plan, &INLINE);
            for record in &records {
                query.offer(record.clone(), |record| record, |_| 40).expect("room");
            }
            let (total, found) = query.finish();
            let expected: Vec<u64> = page.rows.iter().map(|at| records[*at].0).collect();
            assert_eq!(total, page.total);
            assert_eq!(found.iter().map(|entry| entry.0).collect::<Vec<_>>(), expected, "{offset} {limit} {sort}");
        }
    }

    #[test]
    fn kept_records_are_bounded_in_bytes() {
        let plan = plan(&BLACKLIST_NUMBER, &asked(100_000, 10_000, "phone_number")).expect("a plan");
        let mut query = StreamQuery::new(&plan, &INLINE);
        let refused = entries()
            .into_iter()
            .find_map(|record| query.offer(record, |record| record, |_| KEPT_BYTES_MAX / 1_000).err());
        assert!(refused.is_some_and(|fault| fault.part == QueryPart::Offset));
    }
}
