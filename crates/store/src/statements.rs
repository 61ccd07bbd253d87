//! Every SQL text of the store, once, in the subset that SQLite and PostgreSQL both speak.
//!
//! Parameters are `$1`, `$2`, …; each first appears in its numeric order, because SQLite counts them by
//! appearance and PostgreSQL by number. `ON CONFLICT … DO UPDATE` and `RETURNING` are in both dialects. What only
//! one engine speaks (pragmas, the schema) lives with that engine.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)*

        /// Every statement by its name, for those who look whether tables and statements fit.
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}

statements! {
    /// The smallest question that still visits the data, for the health page.
    PING = "SELECT COUNT(*) FROM meta";

    /// Takes ids of kind $1, where $2 is one more than their count; answers the id after the last of them.
    RESERVE_IDS = "INSERT INTO sequences (kind, next) VALUES ($1, $2) \
        ON CONFLICT (kind) DO UPDATE SET next = sequences.next + excluded.next - 1 RETURNING next";

    /// The counters that tell followers that something moved.
    REVISIONS = "SELECT name, value FROM meta WHERE name IN ('directory_revision', 'sessions_revision')";
    /// Whether what is here is a copy that was not finished.
    UNFINISHED_MOVE = "SELECT value FROM meta WHERE name = 'move_unfinished'";
    /// A copy begins, or goes on; answers the number of its program.
    BEGIN_MOVE = "INSERT INTO meta (name, value) VALUES ('move_unfinished', 1) \
        ON CONFLICT (name) DO UPDATE SET value = meta.value + 1 RETURNING value";
    /// Changes a row if the copy is still that of program $1.
    HOLD_MOVE = "UPDATE meta SET value = value WHERE name = 'move_unfinished' AND value = $1";
    /// The copy of program $1 is finished.
    END_MOVE = "DELETE FROM meta WHERE name = 'move_unfinished' AND value = $1";
    /// Tells followers that the counter named $1 moved; answers where it is now.
    BUMP_REVISION = "UPDATE meta SET value = value + 1 WHERE name = $1 RETURNING value";

    /// Moves the counter named $1 not at all, but makes whoever else moves it wait until this transaction ends.
    HOLD_REVISION = "UPDATE meta SET value = value WHERE name = $1";

    /// All agents.
    AGENTS = "SELECT id, name FROM agents ORDER BY id";
    /// All customers.
    CUSTOMERS = "SELECT id, agent_id, name, timezone, active, day_limit, minute_limit FROM customers ORDER BY id";
    /// All users.
    USERS = "SELECT id, customer_id, agent_id, login, password_hash, name, description, rights FROM users ORDER BY id";
    /// All keys.
    KEYS = "SELECT id, user_id, name, token_hash, expires_at, blocked FROM keys ORDER BY id";
    /// All allowed blocks.
    BLOCKS = "SELECT account_kind, account_id, block FROM allowed_blocks ORDER BY account_kind, account_id, block";

    /// A new agent.
    ADD_AGENT = "INSERT INTO agents (id, name) VALUES ($1, $2)";
    /// Whether an agent exists.
    AGENT_EXISTS = "SELECT 1 FROM agents WHERE id = $1";
    /// How many customers an agent has.
    AGENT_CUSTOMERS = "SELECT COUNT(*) FROM customers WHERE agent_id = $1";
    /// The users of an agent.
    AGENT_USER_IDS = "SELECT id FROM users WHERE agent_id = $1";
    /// An agent goes.
    REMOVE_AGENT = "DELETE FROM agents WHERE id = $1";

    /// A new customer.
    ADD_CUSTOMER = "INSERT INTO customers (id, agent_id, name, timezone, active, day_limit, minute_limit) \
        VALUES ($1, $2, $3, $4, 1, $5, $6)";
    /// Whether a customer exists.
    CUSTOMER_EXISTS = "SELECT 1 FROM customers WHERE id = $1";
    /// One customer, to be edited.
    CUSTOMER = "SELECT id, agent_id, name, timezone, active, day_limit, minute_limit FROM customers WHERE id = $1";
    /// A customer's members, all of them.
    SET_CUSTOMER = "UPDATE customers SET agent_id = $1, name = $2, timezone = $3, active = $4, day_limit = $5, \
        minute_limit = $6 WHERE id = $7";
    /// The users of a customer.
    CUSTOMER_USER_IDS = "SELECT id FROM users WHERE customer_id = $1";
    /// A customer goes.
    REMOVE_CUSTOMER = "DELETE FROM customers WHERE id = $1";
    /// A book: its revision, how many contacts it has, and up to where deletions are forgotten.
    BOOK = "SELECT revision, contacts, forgotten FROM books WHERE customer_id = $1";
    /// The revisions of sixteen books; nobody is customer 0.
    BOOK_REVISIONS = "SELECT customer_id, revision FROM books WHERE customer_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    /// How many organizations a book has, and when one was put last.
    ORGANIZATIONS_STATE = "SELECT COUNT(*), MAX(revision) FROM organizations WHERE customer_id = $1";
    /// The same of its groups.
    GROUPS_STATE = "SELECT COUNT(*), MAX(revision) FROM groups WHERE customer_id = $1";
    /// The same of its employees.
    EMPLOYEES_STATE = "SELECT COUNT(*), MAX(revision) FROM employees WHERE customer_id = $1";
    /// The same of its blacklist.
    BLACKLIST_STATE = "SELECT COUNT(*), MAX(revision) FROM blacklist WHERE customer_id = $1";
    /// The contacts of a book that were put after revision $2.
    CONTACTS_SINCE = "SELECT id, last_name, first_name, patronymic, phone_numbers, emails, personal_manager_id, \
        organization_id, group_ids, revision FROM contacts WHERE customer_id = $1 AND revision > $2 \
        ORDER BY revision, id";
    /// The contacts of a book that were deleted after revision $2.
    DELETED_SINCE = "SELECT revision, id FROM deleted_contacts WHERE customer_id = $1 AND revision > $2 \
        ORDER BY revision, id";
    /// Moves a book to revision $1 with $2 contacts, if it is at revision $4.
    MOVE_REVISION = "UPDATE books SET revision = $1, contacts = $2 WHERE customer_id = $3 AND revision = $4";
    /// The organizations of a book.
    ORGANIZATIONS = "SELECT id, revision, name FROM organizations WHERE customer_id = $1 ORDER BY id";
    /// The groups of a book.
    GROUPS = "SELECT id, revision, name, is_system FROM groups WHERE customer_id = $1 ORDER BY id";
    /// The employees of a book.
    EMPLOYEES = "SELECT id, revision, last_name, first_name, patronymic, email, phone_numbers FROM employees \
        WHERE customer_id = $1 ORDER BY id";
    /// The numbers on the blacklist of a book.
    BLACKLIST = "SELECT id, revision, phone_number, added_by, comment, added_at FROM blacklist \
        WHERE customer_id = $1 ORDER BY id";
    /// The contacts that were deleted from a book.
    DELETED_CONTACTS = "SELECT revision, id FROM deleted_contacts WHERE customer_id = $1 ORDER BY revision, id";
    /// The smallest and the largest id of a contact.
    CONTACT_ID_BOUNDS = "SELECT MIN(id), MAX(id) FROM contacts WHERE customer_id = $1";
    /// The contacts of a book from id $2 to id $3.
    CONTACTS = "SELECT id, last_name, first_name, patronymic, phone_numbers, emails, personal_manager_id, \
        organization_id, group_ids, revision FROM contacts \
        WHERE customer_id = $1 AND id BETWEEN $2 AND $3 ORDER BY id";
    /// A contact as it is now.
    PUT_CONTACT = "INSERT INTO contacts (customer_id, id, revision, last_name, first_name, patronymic, phone_numbers, \
        emails, personal_manager_id, organization_id, group_ids) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT (customer_id, id) DO UPDATE SET revision = excluded.revision, last_name = excluded.last_name, \
        first_name = excluded.first_name, patronymic = excluded.patronymic, phone_numbers = excluded.phone_numbers, \
        emails = excluded.emails, personal_manager_id = excluded.personal_manager_id, \
        organization_id = excluded.organization_id, group_ids = excluded.group_ids";
    /// An organization as it is now.
    PUT_ORGANIZATION = "INSERT INTO organizations (customer_id, id, revision, name) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (customer_id, id) DO UPDATE SET revision = excluded.revision, name = excluded.name";
    /// A group as it is now.
    PUT_GROUP = "INSERT INTO groups (customer_id, id, revision, name, is_system) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (customer_id, id) DO UPDATE SET revision = excluded.revision, name = excluded.name";
    /// An employee as it is now.
    PUT_EMPLOYEE = "INSERT INTO employees (customer_id, id, revision, last_name, first_name, patronymic, email, \
        phone_numbers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
        ON CONFLICT (customer_id, id) DO UPDATE SET revision = excluded.revision, last_name = excluded.last_name, \
        first_name = excluded.first_name, patronymic = excluded.patronymic, email = excluded.email, \
        phone_numbers = excluded.phone_numbers";
    /// A contact belongs to the groups $1.
    REGROUP = "UPDATE contacts SET group_ids = $1, revision = $2 WHERE customer_id = $3 AND id = $4";
    /// A number is on the blacklist.
    PUT_BLACKLIST_NUMBER = "INSERT INTO blacklist (customer_id, id, revision, phone_number, added_by, comment, \
        added_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (customer_id, id) DO UPDATE SET revision = excluded.revision, \
        phone_number = excluded.phone_number, added_by = excluded.added_by, comment = excluded.comment, \
        added_at = excluded.added_at";
    /// A number is on the blacklist no more.
    DROP_BLACKLIST_NUMBER = "DELETE FROM blacklist WHERE customer_id = $1 AND id = $2";
    /// A contact goes.
    DROP_CONTACT = "DELETE FROM contacts WHERE customer_id = $1 AND id = $2";
    /// That a contact is gone is remembered.
    REMEMBER_DELETION = "INSERT INTO deleted_contacts (customer_id, revision, id) VALUES ($1, $2, $3)";
    /// What was deleted up to revision $2 is remembered no more.
    FORGET_DELETIONS = "DELETE FROM deleted_contacts WHERE customer_id = $1 AND revision <= $2";
    /// That it is forgotten is remembered.
    SET_FORGOTTEN = "UPDATE books SET forgotten = $1 WHERE customer_id = $2";
    /// An organization goes.
    DROP_ORGANIZATION = "DELETE FROM organizations WHERE customer_id = $1 AND id = $2";
    /// A group goes.
    DROP_GROUP = "DELETE FROM groups WHERE customer_id = $1 AND id = $2";
    /// An employee goes.
    DROP_EMPLOYEE = "DELETE FROM employees WHERE customer_id = $1 AND id = $2";
    /// A customer's book, just born.
    ADD_BOOK = "INSERT INTO books (customer_id, revision) VALUES ($1, 0)";
    /// The system group of a book just born.
    ADD_SYSTEM_GROUP = "INSERT INTO groups (customer_id, id, revision, name, is_system) VALUES ($1, $2, 0, $3, 1)";

    /// A new user.
    ADD_USER = "INSERT INTO users (id, customer_id, agent_id, login, password_hash, name, description, rights) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (login) DO NOTHING";
    /// Whether a user exists.
    USER_EXISTS = "SELECT 1 FROM users WHERE id = $1";
    /// Who has a login.
    USER_OF_LOGIN = "SELECT id FROM users WHERE login = $1";
    /// One user, to be edited.
    USER = "SELECT id, customer_id, agent_id, login, password_hash, name, description, rights FROM users WHERE id = $1";
    /// A user's members, all but the account.
    SET_USER = "UPDATE users SET login = $1, password_hash = $2, name = $3, description = $4, rights = $5 \
        WHERE id = $6";
    /// A user goes.
    REMOVE_USER = "DELETE FROM users WHERE id = $1";
    /// A user's keys go.
    REMOVE_USER_KEYS = "DELETE FROM keys WHERE user_id = $1";
    /// A user's sessions go.
    REMOVE_USER_SESSIONS = "DELETE FROM sessions WHERE user_id = $1";

    /// A new key.
    ADD_KEY = "INSERT INTO keys (id, user_id, name, token_hash, expires_at, blocked) VALUES ($1, $2, $3, $4, $5, 0)";
    /// A key is blocked (1) or unblocked (0).
    BLOCK_KEY = "UPDATE keys SET blocked = $1 WHERE id = $2";
    /// A key goes.
    REMOVE_KEY = "DELETE FROM keys WHERE id = $1";

    /// A block is allowed; allowing it again changes nothing.
    ADD_BLOCK = "INSERT INTO allowed_blocks (account_kind, account_id, block) VALUES ($1, $2, $3) \
        ON CONFLICT (account_kind, account_id, block) DO NOTHING";
    /// A block is allowed no more.
    REMOVE_BLOCK = "DELETE FROM allowed_blocks WHERE account_kind = $1 AND account_id = $2 AND block = $3";
    /// An account's blocks go.
    REMOVE_BLOCKS = "DELETE FROM allowed_blocks WHERE account_kind = $1 AND account_id = $2";

    /// A new session.
    ADD_SESSION = "INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, $3)";
    /// One session by the hash of its token.
    SESSION = "SELECT user_id, expires_at FROM sessions WHERE token_hash = $1";
    /// A session ends.
    REMOVE_SESSION = "DELETE FROM sessions WHERE token_hash = $1";
    /// Whether a session is past its time, which is $1.
    SESSION_PAST = "SELECT 1 FROM sessions WHERE expires_at <= $1 LIMIT 1";
    /// The sessions that ended before $1.
    PURGE_SESSIONS = "DELETE FROM sessions WHERE expires_at <= $1";

    /// All counters.
    POINTS = "SELECT account_kind, account_id, day, day_used, minute, minute_used FROM points";
    /// Adds to an account's counters, or starts them anew when the day or the minute is another one.
    ADD_POINTS = "INSERT INTO points (account_kind, account_id, day, day_used, minute, minute_used) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_kind, account_id) DO UPDATE SET \
        day = excluded.day, minute = excluded.minute, \
        day_used = excluded.day_used + CASE WHEN points.day = excluded.day THEN points.day_used ELSE 0 END, \
        minute_used = excluded.minute_used \
            + CASE WHEN points.minute = excluded.minute THEN points.minute_used ELSE 0 END \
        RETURNING day, day_used, minute, minute_used";
    /// An account's counters go.
    REMOVE_POINTS = "DELETE FROM points WHERE account_kind = $1 AND account_id = $2";

    /// RequestReader that were reported at once.
    ADD_REQUESTS = "INSERT INTO api_request_segments (first_id, account_kind, account_id, from_moment, till_moment, \
        requests) VALUES ($1, $2, $3, $4, $5, $6)";
    /// An account's requests, newest first: those that end from $3 to $4 and begin no later than $5.
    REQUESTS = "SELECT first_id, requests FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 \
        AND till_moment BETWEEN $3 AND $4 AND from_moment <= $5 ORDER BY till_moment DESC, first_id DESC";
    /// The requests of an account that were reported together with its request $3.
    REQUESTS_WITH = "SELECT first_id, requests FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 \
        AND first_id = $3";
    /// All requests of all accounts.
    ALL_REQUESTS = "SELECT first_id, requests FROM api_request_segments ORDER BY first_id";
    /// Whether there are requests from before $1.
    REQUESTS_PAST = "SELECT 1 FROM api_request_segments WHERE till_moment < $1 LIMIT 1";
    /// At most $2 segments of the requests before $1 go.
    PURGE_REQUESTS = "DELETE FROM api_request_segments WHERE first_id IN \
        (SELECT first_id FROM api_request_segments WHERE till_moment < $1 ORDER BY till_moment LIMIT $2)";
    /// An account's requests go.
    REMOVE_REQUESTS = "DELETE FROM api_request_segments WHERE account_kind = $1 AND account_id = $2";
}

/// What empties the tables of a customer's book when the customer is removed; each takes the customer's id. The row
/// that every change has to move goes first: what is deleted after it grows no more.
pub(crate) const EMPTY_BOOK: &[&str] = &[
    "DELETE FROM books WHERE customer_id = $1",
    "DELETE FROM contacts WHERE customer_id = $1",
    "DELETE FROM deleted_contacts WHERE customer_id = $1",
    "DELETE FROM blacklist WHERE customer_id = $1",
    "DELETE FROM employees WHERE customer_id = $1",
    "DELETE FROM groups WHERE customer_id = $1",
    "DELETE FROM organizations WHERE customer_id = $1",
];

#[cfg(test)]
pub(crate) mod tests {
    use super::{ALL, EMPTY_BOOK};

    /// The tables of the schema for PostgreSQL, each with its columns.
    fn tables() -> Vec<(String, String)> {
        let schema = crate::postgres::migrations::MIGRATIONS.concat();
        let tables = schema.split("CREATE TABLE ").skip(1).map(|text| text.split(';').next().unwrap_or(text));
        tables.filter_map(|text| Some((text.split_whitespace().next()?.to_owned(), text.to_owned()))).collect()
    }

    fn is_of_a_book(columns: &str) -> bool {
        columns.contains("customer_id BIGINT NOT NULL") || columns.contains("customer_id BIGINT PRIMARY KEY")
    }

    /// The tables that hold what belongs to one customer.
    pub(crate) fn books() -> Vec<String> {
        tables().into_iter().filter(|(_, columns)| is_of_a_book(columns)).map(|(name, _)| name).collect()
    }

    /// The tables that are the same for all.
    pub(crate) fn directory() -> Vec<String> {
        tables().into_iter().filter(|(_, columns)| !is_of_a_book(columns)).map(|(name, _)| name).collect()
    }

    /// Whether a statement names a table.
    pub(crate) fn names(sql: &str, table: &str) -> bool {
        let mut words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        words.any(|word| word == table)
    }

    /// The tables of the books may be divided between machines by customer, with the directory on one of them.
    #[test]
    fn a_statement_names_one_customer_or_only_the_directory() {
        let (books, directory) = (books(), directory());
        assert!(books.len() == EMPTY_BOOK.len() && directory.len() > 5, "{books:?} {directory:?}");
        let all = ALL.iter().copied().chain(EMPTY_BOOK.iter().map(|sql| ("EMPTY_BOOK", *sql)));
        for (name, sql) in all.filter(|(_, sql)| books.iter().any(|table| names(sql, table))) {
            assert!(!directory.iter().any(|table| names(sql, table)), "{name} joins a book with the directory");
            let names_customer = match sql.split(' ').next() {
                Some("INSERT") => sql.contains("(customer_id, ") && sql.contains("VALUES ($1"),
                _ => sql.matches("customer_id = $").count() == 1,
            };
            // Where books are divided it is replaced by questions for single books.
            let is_shared = name == "BOOK_REVISIONS";
            assert!(names_customer || is_shared, "{name}: {sql}");
        }
    }

    /// The numbers of the parameters in the order in which they first appear.
    fn parameters(sql: &str) -> Vec<u32> {
        let mut seen = Vec::new();
        for part in sql.split('$').skip(1) {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            let number = digits.parse().expect("a number follows the sign");
            if !seen.contains(&number) {
                seen.push(number);
            }
        }
        seen
    }

    #[test]
    fn parameters_first_appear_in_their_order() {
        for (name, sql) in ALL {
            let seen = parameters(sql);
            assert!(seen.iter().copied().eq(1..=seen.len() as u32), "{name}: {seen:?}");
        }
    }

    #[test]
    fn a_removed_customer_leaves_no_row_behind() {
        let schema = crate::sqlite::database::MIGRATIONS.concat();
        let tables = schema.split("CREATE TABLE ").skip(1).map(|text| text.split(';').next().unwrap_or(text));
        for table in tables.filter(|text| text.contains("customer_id INTEGER NOT NULL")) {
            let name = table.split_whitespace().next().expect("a table has a name");
            assert!(EMPTY_BOOK.iter().any(|sql| sql.contains(&format!("FROM {name} "))), "{name}");
        }
    }
}
