use std::time::{Duration, Instant};

use super::target::Target;
use super::*;
use crate::sql::values;
use crate::statements;
use crate::testing::TestData;

/// Rows in every table, in the words of both engines: texts that sort differently by letter and by byte, empty ones,
/// missing ones, numbers at both ends.
const WORLD: &str = "
    UPDATE meta SET value = 41 WHERE name = 'directory_revision';
    INSERT INTO sequences (kind, next) VALUES ('contact', 9), ('agent', 2), ('request', 9223372036854775807);
    INSERT INTO agents (id, name) VALUES (1, 'A'), (7, '');
    INSERT INTO customers (id, agent_id, name, timezone, active, day_limit, minute_limit) VALUES
      (1, 1, 'It''s \"Жук\" 電話帳 😀', 'UTC', 1, 0, NULL), (2, NULL, 'B', 'Europe/Berlin', 0, NULL, 9223372036854775807);
    INSERT INTO users (id, customer_id, agent_id, login, password_hash, name, description, rights) VALUES
      (1, 1, NULL, 'ann', 'h', 'N', '', '*'), (2, NULL, 1, 'bob', 'h', 'N', 'd', '');
    INSERT INTO keys (id, user_id, name, token_hash, expires_at, blocked) VALUES
      (1, 1, 'k', 't1', NULL, 0), (2, 2, 'k', 't2', -5, 1);
    INSERT INTO devices (id, customer_id, name, key_hash, expires_at, blocked, minute_limit, group_ids, address_blocks,
      dial_form, outside_prefix, name_order, charset, used_at, used_from, used_by) VALUES
      (1, 1, 'd', 'h1', NULL, 0, NULL, '', '', 'e164', '', 'last', 'utf-8', NULL, NULL, NULL),
      (2, 2, 'd', 'h2', 9, 1, 60, '1,4', '10.0.0.0/8', '00', '9', 'first', 'ascii', 5, '10.1.1.1', 'Yealink');
    INSERT INTO allowed_blocks (account_kind, account_id, block) VALUES
      ('customer', 1, '10.0.0.0/8'), ('customer', 1, '0.0.0.0/0'), ('agent', 1, '::/0');
    INSERT INTO sessions (token_hash, user_id, expires_at) VALUES
      ('b', 1, 9), ('B', 1, 8), ('ä', 2, 7), ('a', 2, 6), ('', 2, 5);
    INSERT INTO points (account_kind, account_id, day, day_used, minute, minute_used) VALUES
      ('customer', 1, 20000, 3, 28800000, 1), ('agent', 1, 1, 2, 3, 4);
    INSERT INTO books (customer_id, revision, contacts, forgotten) VALUES (1, 12, 2, 3), (2, 0, 0, 0);
    INSERT INTO organizations (customer_id, id, revision, name) VALUES (1, 1, 1, 'One'), (1, 2, 1, 'Two');
    INSERT INTO groups (customer_id, id, revision, name, is_system) VALUES (1, 1, 0, 'All', 1), (1, 4, 2, 'Four', 0);
    INSERT INTO employees (customer_id, id, revision, last_name, first_name, patronymic, email, phone_numbers) VALUES
      (1, 1, 1, 'L', NULL, '', 'e@x.example', '[]');
    INSERT INTO contacts (customer_id, id, revision, last_name, first_name, patronymic, phone_numbers, emails,
      personal_manager_id, organization_id, group_ids) VALUES
      (1, 1, 1, 'L', 'F', 'P', '[\"7495\"]', '[]', 1, 2, '[1,4]'),
      (1, 9223372036854775807, 12, 'L', NULL, NULL, '[]', '[]', NULL, NULL, '[]');
    INSERT INTO deleted_contacts (customer_id, revision, id) VALUES (1, 5, 3), (1, 5, 2);
    INSERT INTO blacklist (customer_id, id, revision, phone_number, added_by, comment, added_at) VALUES
      (1, 1, 6, '100', 'ann', NULL, 1700000000), (1, 2, 7, '101', 'ann', 'c', 1700000001);
    INSERT INTO bulk_changes (customer_id, revision, position, kind, group_id, contact_ids) VALUES
      (1, 11, 0, 'join', 4, '[1]'), (1, 12, 4294967295, 'delete', NULL, '[2,3]');
    INSERT INTO removed_accounts (account_kind, account_id) VALUES ('agent', 9), ('customer', 9);
    INSERT INTO directory_changes (account_kind, account_id, revision) VALUES ('agent', 9, 1), ('customer', 9, 2);
    INSERT INTO api_request_totals (account_kind, account_id, bytes) VALUES ('agent', 1, 10), ('customer', 1, 2);
    INSERT INTO api_request_segments (first_id, account_kind, account_id, from_moment, till_moment, requests) VALUES
      (1, 'customer', 1, -5, 5, '[]'), (4, 'agent', 1, 6, 6, '[\"\\u0000\"]');";

/// More rows than one statement reads and one transaction takes.
const CROWD: &str = "INSERT INTO deleted_contacts (customer_id, revision, id)
    WITH RECURSIVE numbers (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM numbers WHERE n < 18000)
    SELECT 2, n / 3 + 1, n FROM numbers;";

fn world() -> TestData {
    filled(TestData::sqlite())
}

fn filled(data: TestData) -> TestData {
    drop(Store::open(data.location(), Role::Server).expect("it opens"));
    data.execute(WORLD);
    data
}

/// Does something asynchronous, and returns when nothing of it is left on any thread.
fn done<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

fn moved(from: &TestData, to: &TestData) -> Result<Transfer, MoveError> {
    done(move_store(from.location(), to.location(), &mut |_| {}))
}

/// Everything that a store holds, whatever state it is in.
fn rows(data: &TestData) -> Vec<(&'static str, Vec<RowValues>)> {
    let store = Store::open_even_unfinished(data.location(), Role::Operator, FaultInjector::none()).expect("it opens");
    let session = store.snapshot().expect("a session");
    let of = |table: &'static Table| {
        let mut rows = Vec::new();
        let take = &mut |row: &dyn crate::sql::Row| {
            rows.push(table.row(row).expect("a row"));
            Ok(std::ops::ControlFlow::Continue(()))
        };
        session.each(&table.first, &values![1_000_000], take).expect("rows");
        (table.name, rows)
    };
    TABLES.iter().map(of).collect()
}

/// What is said to those who open it. What was under way when a move failed may hold it for a moment.
fn opened(data: &TestData) -> Result<(), StoreError> {
    let begin = Instant::now();
    let open = |role| loop {
        match Store::open(data.location(), role).map(drop) {
            Err(StoreError::Locked { .. }) if begin.elapsed() < HELD_TIME_MAX => std::thread::yield_now(),
            outcome => return outcome,
        }
    };
    [Role::Server, Role::Operator].into_iter().try_for_each(open)
}

/// Longer than that nothing is under way.
const HELD_TIME_MAX: Duration = Duration::from_secs(20);

fn write(data: &TestData, sql: &'static str, values: Vec<SqlValue<'static>>) {
    let store = Store::open_even_unfinished(data.location(), Role::Operator, FaultInjector::none()).expect("it opens");
    done(store.write(move |session| session.execute(sql, &values))).expect("written");
}

/// Tables with columns in the order of their names, each with whether it is a number and part of the key.
type Shape = Vec<(String, Vec<(String, bool, bool)>)>;

fn shape(data: &TestData, sql: &'static str) -> Shape {
    let store = Store::open(data.location(), Role::Server).expect("it opens");
    let mut shape = Shape::new();
    let session = store.snapshot().expect("a session");
    let read = session.each(sql, &[], &mut |row| {
        let table = row.text(0).expect("a table").to_owned();
        let number = ["INTEGER", "bigint"].contains(&row.text(2).expect("a kind"));
        let column = (row.text(1).expect("a column").to_owned(), number, row.truth(3).expect("a truth"));
        match shape.last_mut().filter(|(last, _)| *last == table) {
            Some((_, columns)) => columns.push(column),
            None => shape.push((table, vec![column])),
        }
        Ok(std::ops::ControlFlow::Continue(()))
    });
    read.expect("the schema");
    shape
}

fn described() -> Shape {
    let columns = |table: &Table| {
        let key = table.key(&vec![SqlValue::Null; table.columns.len()]).len();
        let column = |(at, column): (usize, &tables::ColumnDescription)| {
            (column.name().to_owned(), matches!(column, tables::ColumnDescription::Number(_)), at < key)
        };
        let mut columns: Vec<_> = table.columns.iter().enumerate().map(column).collect();
        columns.sort();
        columns
    };
    let mut shape: Shape = TABLES.iter().map(|table| (table.name.to_owned(), columns(table))).collect();
    shape.sort();
    shape
}

#[test]
fn no_table_and_no_column_is_forgotten() {
    let sqlite = "SELECT tables.name, columns.name, columns.type, CASE WHEN columns.pk > 0 THEN 1 ELSE 0 END \
        FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' ORDER BY 1, 2";
    assert_eq!(shape(&TestData::sqlite(), sqlite), described());
    let postgres = "SELECT tables.relname::text COLLATE \"C\", columns.attname::text COLLATE \"C\", \
        format_type(columns.atttypid, NULL), CASE WHEN columns.attnum = ANY (keys.indkey) THEN 1::bigint ELSE 0 END \
        FROM pg_class AS tables JOIN pg_attribute AS columns ON columns.attrelid = tables.oid AND columns.attnum > 0 \
        AND NOT columns.attisdropped JOIN pg_index AS keys ON keys.indrelid = tables.oid AND keys.indisprimary \
        WHERE tables.relnamespace = 'ringbook'::regnamespace AND tables.relkind IN ('r', 'p') \
        AND tables.relname <> 'migrations' ORDER BY 1, 2";
    assert_eq!(shape(&TestData::postgres(), postgres), described());
}

#[test]
fn everything_goes_around_and_comes_back_the_same() {
    let from = world();
    from.execute(CROWD);
    for first_id in [100, 200, 300] {
        let values = values![first_id, "customer", 1, 6, 6, "x".repeat(3 << 20)];
        write(&from, statements::ADD_REQUESTS, values.to_vec());
    }
    let before = rows(&from);
    let mut steps = Vec::new();
    let there = TestData::postgres();
    let moved_there = done(move_store(from.location(), there.location(), &mut |step| steps.push(step))).expect("moved");
    let count: usize = before.iter().map(|(_, rows)| rows.len()).sum();
    assert_eq!(moved_there.tables.iter().map(|(_, rows)| *rows).sum::<u64>(), count as u64);
    assert!(steps.is_sorted_by_key(|step| step.done) && steps.last().is_some_and(|step| step.done <= step.all));
    // A source is opened as a server opens it, which deletes staged rows.
    assert!(before.iter().all(|(table, rows)| (*table == "staged_rows") == rows.is_empty()), "rows in every table");
    assert_eq!(rows(&there), before);
    let back = TestData::sqlite();
    moved(&there, &back).expect("moved");
    assert_eq!(rows(&back), before);
    assert_eq!(rows(&from), before);
    assert_eq!([opened(&there), opened(&back)], [Ok(()), Ok(())]);
}

#[test]
fn every_operation_may_fail_and_the_same_move_goes_on() {
    let from = world();
    for to in [TestData::sqlite(), TestData::postgres()] {
        let mut nth = 1;
        loop {
            let faults = FaultInjector::none();
            faults.fail_nth(nth);
            match done(move_with(from.location(), to.location(), faults, &mut |_| {})) {
                Ok(_) => break,
                Err(fault) => assert!(matches!(fault, MoveError::Target(_)), "{fault}"),
            }
            // The first operations come before the claim.
            if nth > 3 {
                assert_eq!(opened(&to), Err(StoreError::Unfinished), "operation {nth}");
            }
            // Later ones are much alike, and every round costs some visits to the disk.
            nth += if nth < 20 { 1 } else { 5 };
        }
        assert!(nth > 60, "{nth}");
        assert_eq!(rows(&to), rows(&from));
        assert_eq!(opened(&to), Ok(()));
    }
}

#[test]
fn a_move_that_goes_on_mends_what_the_source_has_changed_meanwhile() {
    let from = world();
    for to in [TestData::sqlite(), TestData::postgres()] {
        let mut work = |step: MoveStep| assert!(step.phase != MovePhase::Verifying || step.table != "meta", "cut off");
        let cut_off = std::panic::AssertUnwindSafe(|| done(move_store(from.location(), to.location(), &mut work)));
        std::panic::catch_unwind(cut_off).expect_err("it was to stop");
        // Names change hands, rows go and come, and somebody has been at the copy.
        from.execute(
            "UPDATE users SET login = 'x' WHERE id = 1; UPDATE users SET login = 'ann' WHERE id = 2;
             UPDATE users SET login = 'bob' WHERE id = 1;
             UPDATE organizations SET name = 'x' WHERE id = 1; UPDATE organizations SET name = 'One' WHERE id = 2;
             UPDATE organizations SET name = 'Two' WHERE id = 1;
             DELETE FROM contacts WHERE id = 1; DELETE FROM agents WHERE id = 7;
             UPDATE customers SET agent_id = NULL; UPDATE meta SET value = value + 1;",
        );
        to.execute(
            "INSERT INTO agents (id, name) VALUES (3, 'C'); UPDATE customers SET agent_id = 3;
             UPDATE contacts SET last_name = 'wrong'; DELETE FROM meta WHERE name = 'sessions_revision';
             INSERT INTO deleted_contacts (customer_id, revision, id) VALUES (1, 1, 1), (9, 9, 9);",
        );
        let moved = moved(&from, &to).expect("moved");
        assert!(moved.removed > 0 && moved.copied > 0);
        assert_eq!(rows(&to), rows(&from));
        from.execute(
            "DELETE FROM books; DELETE FROM organizations; DELETE FROM groups; DELETE FROM employees;
            DELETE FROM contacts; DELETE FROM deleted_contacts; DELETE FROM blacklist; DELETE FROM keys;
            DELETE FROM sessions; DELETE FROM users; DELETE FROM devices; DELETE FROM customers; DELETE FROM agents;
            DELETE FROM points; DELETE FROM allowed_blocks; DELETE FROM api_request_segments; DELETE FROM sequences;
            DELETE FROM bulk_changes; DELETE FROM removed_accounts; DELETE FROM api_request_totals;
            DELETE FROM directory_changes;",
        );
        from.execute(WORLD);
    }
}

#[test]
fn a_source_that_changes_is_told_and_the_next_move_is_right() {
    let from = filled(TestData::postgres());
    let to = TestData::sqlite();
    for change in [
        "UPDATE books SET revision = revision + 1 WHERE customer_id = 1; UPDATE contacts SET last_name = 'New', \
         revision = 13 WHERE id = 1",
        "UPDATE points SET day_used = day_used + 1",
        "DELETE FROM sessions WHERE token_hash = 'a'",
    ] {
        let mut change = Some(change);
        let mut work = |step: MoveStep| {
            let due = (step.phase == MovePhase::Verifying).then(|| change.take()).flatten();
            due.into_iter().for_each(|change| from.execute(change));
        };
        let fault = done(move_store(from.location(), to.location(), &mut work)).expect_err("it changed");
        assert!(matches!(fault, MoveError::Changed { .. }) && fault.to_string().contains("run the command again"));
        assert_eq!(opened(&to), Err(StoreError::Unfinished));
    }
    moved(&from, &to).expect("moved");
    assert_eq!(rows(&to), rows(&from));
}

#[test]
fn a_row_that_is_not_the_same_is_named() {
    let (from, to) = (world(), TestData::sqlite());
    let mut spoils = Some("UPDATE contacts SET first_name = '' WHERE first_name IS NULL");
    let mut work = |step: MoveStep| {
        let due = (step.phase == MovePhase::Verifying).then(|| spoils.take()).flatten();
        due.into_iter().for_each(|spoils| to.execute(spoils));
    };
    let fault = done(move_store(from.location(), to.location(), &mut work)).expect_err("it was spoiled");
    assert!(fault.to_string().contains("table contacts, row customer_id 1, id 9223372036854775807, is not the same"));
    assert_eq!(opened(&to), Err(StoreError::Unfinished));
    moved(&from, &to).expect("moved");
    assert_eq!(rows(&to), rows(&from));
}

#[test]
fn a_store_with_data_of_its_own_is_refused_and_left_alone() {
    let from = world();
    for to in [world(), filled(TestData::postgres())] {
        let before = rows(&to);
        let fault = moved(&from, &to).expect_err("it has data");
        assert_eq!(fault, MoveError::Occupied { agents: 2, customers: 2, table: "books" });
        assert!(fault.to_string().contains("TO already holds 2 customer(s) and 2 agent(s): name an empty one"));
        assert_eq!(rows(&to), before);
        assert_eq!(opened(&to), Ok(()));
    }
}

#[test]
fn what_is_not_there_or_not_finished_is_not_moved() {
    let (nothing, to) = (TestData::sqlite(), TestData::sqlite());
    assert_eq!(moved(&nothing, &to), Err(MoveError::Nothing));
    assert_eq!(Store::exists(to.location()), Ok(false), "nothing was made");
    let half = world();
    half.execute("INSERT INTO meta (name, value) VALUES ('move_unfinished', 1)");
    assert_eq!(moved(&half, &to), Err(MoveError::Unfinished));
    assert!(opened(&half).expect_err("unfinished").to_string().contains("run `ringbook migrate-store`"));
}

#[test]
fn of_two_programs_that_move_into_one_store_the_earlier_one_stops() {
    let to = TestData::postgres();
    let agents = TABLES.iter().find(|table| table.name == "agents").expect("it is described");
    let agent = |id: i64| values![id, "A"].to_vec();
    done(async {
        let mut earlier = Target::claim(to.location(), FaultInjector::none()).await.expect("claimed");
        let mut later = Target::claim(to.location(), FaultInjector::none()).await.expect("claimed");
        earlier.put(agents, agent(1)).await.expect("it gathers");
        let fault = earlier.settle().await.expect_err("it lost the store");
        assert!(fault.to_string().contains("another `ringbook migrate-store`"), "{fault}");
        later.put(agents, agent(2)).await.expect("it gathers");
        later.settle().await.expect("written");
        assert!(earlier.release().await.is_err());
        later.release().await.expect("released");
    });
    assert_eq!(opened(&to), Ok(()));
}

#[test]
fn a_text_that_postgresql_cannot_keep_is_named() {
    let (from, to) = (world(), TestData::postgres());
    write(&from, "UPDATE agents SET name = $1 WHERE id = 7", values!["a\0b"].to_vec());
    let fault = moved(&from, &to).expect_err("it cannot be kept");
    assert_eq!(fault, MoveError::LoadError { table: "agents", key: "id 7".to_owned() });
    write(&from, "UPDATE agents SET name = $1 WHERE id = 7", values!["ab"].to_vec());
    moved(&from, &to).expect("moved");
    assert_eq!(rows(&to), rows(&from));
}
