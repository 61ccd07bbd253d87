//! Runs a plan on a table that is not in memory: records are offered one by one, and only those that the answer
//! may show are kept.
//!
//! What [`super::table`] is for records at hand, this is for a stream of any length: it counts every match and
//! holds a little more than the window of the question, never more bytes than [`KEPT_BYTES_MAX`].

use super::budget::Budget;
use super::fault::{Part, QueryError, Wrong};
use super::matching::satisfies;
use super::order::SortKey;
use super::plan::Plan;
use super::runner::Runner;
use super::table::{compare, first_key};
use super::value::Record;

/// Most bytes of records that are kept for one question.
pub const KEPT_BYTES_MAX: usize = 256 << 20;
/// Candidates are collected at least so many at a time, so that small windows are not sifted too often.
const SPARE_RECORDS: usize = 1024;

/// A record that may be shown.
struct Candidate<R> {
    key: SortKey,
    bytes: usize,
    record: R,
}

/// A question on its way through a stream of records.
pub struct TopK<'p, R> {
    plan: &'p Plan,
    budget: Budget<'p>,
    total: u64,
    kept: Vec<Candidate<R>>,
    bytes: usize,
    /// No key above this one can be on the page.
    bound: Option<SortKey>,
}

impl<'p, R: Record> TopK<'p, R> {
    /// Begins to ask what `plan`, made for the field table of these records, asks.
    pub fn new(plan: &'p Plan, runner: &'p dyn Runner) -> Self {
        Self { plan, budget: Budget::for_contacts(0, runner), total: 0, kept: Vec::new(), bytes: 0, bound: None }
    }

    /// Looks at a record. `slim` makes of one that may be shown what is kept of it: every value of the sort must
    /// stay. `bytes` says about how many bytes that takes.
    ///
    /// # Errors
    ///
    /// That the question used up its budget, or that what is to be kept exceeds
    /// [`KEPT_BYTES_MAX`].
    pub fn offer(
        &mut self,
        record: R,
        slim: impl FnOnce(R) -> R,
        bytes: impl FnOnce(&R) -> usize,
    ) -> Result<(), QueryError> {
        self.budget.for_one_more();
        if !satisfies(self.plan.filter(), &record, &mut self.budget)? {
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
        self.kept.push(Candidate { key, bytes, record });
        self.make_room()
    }

    /// How many records match, and those of the window, in order.
    pub fn finish(mut self) -> (u64, Vec<R>) {
        self.sift();
        let sort = self.plan.sort();
        self.kept.sort_unstable_by(|left, right| order(sort, left, right));
        let shown = self.kept.into_iter().skip(self.plan.window().offset());
        (self.total, shown.map(|candidate| candidate.record).collect())
    }

    fn make_room(&mut self) -> Result<(), QueryError> {
        let end = self.plan.window().end();
        if self.kept.len() < end + end / 4 + SPARE_RECORDS && self.bytes <= KEPT_BYTES_MAX {
            return Ok(());
        }
        self.sift();
        if self.bytes > KEPT_BYTES_MAX {
            let reason = "records so long cannot be sorted so many at once: ask for less with offset and limit, \
                or sort by another field";
            return Err(QueryError { part: Part::Offset, wrong: Wrong::Value { reason: reason.to_owned() } });
        }
        Ok(())
    }

    /// Keeps what can be on the page.
    fn sift(&mut self) {
        let end = self.plan.window().end();
        if self.kept.len() <= end || end == 0 {
            return;
        }
        let sort = self.plan.sort();
        let (_, last, _) = self.kept.select_nth_unstable_by(end - 1, |left, right| order(sort, left, right));
        self.bound = Some(last.key);
        self.kept.truncate(end);
        self.bytes = self.kept.iter().map(|candidate| candidate.bytes).sum();
    }
}

fn order<R: Record>(sort: &[super::plan::SortBy], left: &Candidate<R>, right: &Candidate<R>) -> std::cmp::Ordering {
    left.key.cmp(&right.key).then_with(|| compare(sort, &left.record, &right.record))
}

#[cfg(test)]
mod tests {
    use super::super::ask::{Ask, AskSort, Direction};
    use super::super::field::BLACKLIST_NUMBER;
    use super::super::plan::plan;
    use super::super::runner::INLINE;
    use super::super::table::run;
    use super::super::value::Value;
    use super::*;

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
    fn a_stream_is_answered_as_a_table_is() {
        for (offset, limit, sort) in [(0, 10, "id"), (4_000, 700, "phone_number"), (8_990, 50, "id"), (5, 0, "id")] {
            let plan = plan(&BLACKLIST_NUMBER, &asked(offset, limit, sort)).expect("a plan");
            let records = entries();
            let page = run(&plan, &records, &INLINE).expect("a page");
            let mut sieve = TopK::new(&plan, &INLINE);
            for record in &records {
                sieve.offer(record.clone(), |record| record, |_| 40).expect("room");
            }
            let (total, found) = sieve.finish();
            let expected: Vec<u64> = page.rows.iter().map(|at| records[*at].0).collect();
            assert_eq!(total, page.total);
            assert_eq!(found.iter().map(|entry| entry.0).collect::<Vec<_>>(), expected, "{offset} {limit} {sort}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        let plan = plan(&BLACKLIST_NUMBER, &asked(100_000, 10_000, "phone_number")).expect("a plan");
        let mut sieve = TopK::new(&plan, &INLINE);
        let refused = entries()
            .into_iter()
            .find_map(|record| sieve.offer(record, |record| record, |_| KEPT_BYTES_MAX / 1_000).err());
        assert!(refused.is_some_and(|fault| fault.part == Part::Offset));
    }
}
