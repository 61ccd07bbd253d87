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
    REVISIONS = "SELECT name, value FROM meta \
        WHERE name IN ('directory_revision', 'directory_told', 'sessions_revision')";
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

    /// Locks the counter named $1 without changing it, until this transaction ends.
    HOLD_REVISION = "UPDATE meta SET value = value WHERE name = $1";

    /// All agents.
    AGENTS = "SELECT id, name FROM agents ORDER BY id";
    /// All customers.
    CUSTOMERS = "SELECT id, agent_id, name, timezone, active, day_limit, minute_limit, country, area_code, \
        outside_prefix FROM customers ORDER BY id";
    /// All users.
    USERS = "SELECT id, customer_id, agent_id, login, password_hash, name, description, rights FROM users ORDER BY id";
    /// All keys.
    KEYS = "SELECT id, user_id, name, token_hash, expires_at, blocked FROM keys ORDER BY id";
    /// All allowed blocks.
    BLOCKS = "SELECT account_kind, account_id, block FROM allowed_blocks ORDER BY account_kind, account_id, block";

    /// The present revision of the directory belongs to an account.
    TOUCH_ACCOUNT = "INSERT INTO directory_changes (account_kind, account_id, revision) \
        VALUES ($1, $2, (SELECT value FROM meta WHERE name = 'directory_revision')) \
        ON CONFLICT (account_kind, account_id) DO UPDATE SET revision = excluded.revision";
    /// The same for the account of a user.
    TOUCH_ACCOUNT_OF_USER = "INSERT INTO directory_changes (account_kind, account_id, revision) \
        SELECT CASE WHEN customer_id IS NULL THEN 'agent' ELSE 'customer' END, COALESCE(customer_id, agent_id), \
        (SELECT value FROM meta WHERE name = 'directory_revision') FROM users WHERE id = $1 \
        ON CONFLICT (account_kind, account_id) DO UPDATE SET revision = excluded.revision";
    /// The same for the account of a key.
    TOUCH_ACCOUNT_OF_KEY = "INSERT INTO directory_changes (account_kind, account_id, revision) \
        SELECT CASE WHEN customer_id IS NULL THEN 'agent' ELSE 'customer' END, COALESCE(customer_id, agent_id), \
        (SELECT value FROM meta WHERE name = 'directory_revision') \
        FROM keys JOIN users ON users.id = keys.user_id WHERE keys.id = $1 \
        ON CONFLICT (account_kind, account_id) DO UPDATE SET revision = excluded.revision";
    /// The same for the customer of a device key.
    TOUCH_ACCOUNT_OF_DEVICE = "INSERT INTO directory_changes (account_kind, account_id, revision) \
        SELECT 'customer', customer_id, (SELECT value FROM meta WHERE name = 'directory_revision') \
        FROM devices WHERE id = $1 \
        ON CONFLICT (account_kind, account_id) DO UPDATE SET revision = excluded.revision";
    /// The accounts that the directory has changed for after a revision.
    TOUCHED_ACCOUNTS = "SELECT account_kind, account_id FROM directory_changes WHERE revision > $1 \
        ORDER BY account_kind, account_id LIMIT $2";
    /// An agent.
    AGENT = "SELECT id, name FROM agents WHERE id = $1";
    /// The users of a customer.
    CUSTOMER_USERS = "SELECT id, customer_id, agent_id, login, password_hash, name, description, rights FROM users \
        WHERE customer_id = $1 ORDER BY id";
    /// The users of an agent.
    AGENT_USERS = "SELECT id, customer_id, agent_id, login, password_hash, name, description, rights FROM users \
        WHERE agent_id = $1 ORDER BY id";
    /// The keys of a user.
    USER_KEYS = "SELECT id, user_id, name, token_hash, expires_at, blocked FROM keys WHERE user_id = $1 ORDER BY id";
    /// The allowed blocks of an account.
    ACCOUNT_BLOCKS = "SELECT account_kind, account_id, block FROM allowed_blocks \
        WHERE account_kind = $1 AND account_id = $2 ORDER BY block";
    /// The device keys of a customer.
    CUSTOMER_DEVICES = "SELECT id, customer_id, key_hash, blocked, name, expires_at, minute_limit, group_ids, \
        address_blocks, dial_form, outside_prefix, name_order, charset, used_at, used_from, used_by FROM devices \
        WHERE customer_id = $1 ORDER BY id";

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
    ADD_CUSTOMER = "INSERT INTO customers (id, agent_id, name, timezone, active, day_limit, minute_limit, country, \
        area_code, outside_prefix) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9)";
    /// Whether a customer exists.
    CUSTOMER_EXISTS = "SELECT 1 FROM customers WHERE id = $1";
    /// One customer, to be edited.
    CUSTOMER = "SELECT id, agent_id, name, timezone, active, day_limit, minute_limit, country, area_code, \
        outside_prefix FROM customers WHERE id = $1";
    /// A customer's members, all of them.
    SET_CUSTOMER = "UPDATE customers SET agent_id = $1, name = $2, timezone = $3, active = $4, day_limit = $5, \
        minute_limit = $6, country = $7, area_code = $8, outside_prefix = $9 WHERE id = $10";
    /// The users of a customer.
    CUSTOMER_USER_IDS = "SELECT id FROM users WHERE customer_id = $1";
    /// A customer goes.
    REMOVE_CUSTOMER = "DELETE FROM customers WHERE id = $1";
    /// Deletes the row of a book. Every change has to update this row, so that no row of the book is added afterwards.
    REMOVE_BOOK = "DELETE FROM books WHERE customer_id = $1";
    /// Notes that rows of a removed account are to be deleted.
    ADD_REMOVED_ACCOUNT = "INSERT INTO removed_accounts (account_kind, account_id) VALUES ($1, $2)";
    /// The removed accounts whose rows are to be deleted.
    REMOVED_ACCOUNTS = "SELECT account_kind, account_id FROM removed_accounts ORDER BY account_kind, account_id";
    /// All rows of a removed account are deleted.
    DROP_REMOVED_ACCOUNT = "DELETE FROM removed_accounts WHERE account_kind = $1 AND account_id = $2";
    /// A book: its revision, how many contacts it has, and up to where deletions are forgotten.
    BOOK = "SELECT revision, contacts, forgotten FROM books WHERE customer_id = $1";
    /// The revisions of sixteen books at most; a book may be named several times.
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
    /// The organizations of a book, put at revision $2 or before.
    ORGANIZATIONS = "SELECT id, revision, name FROM organizations WHERE customer_id = $1 AND revision <= $2 ORDER BY id";
    /// The groups of a book, put at revision $2 or before.
    GROUPS = "SELECT id, revision, name, is_system FROM groups WHERE customer_id = $1 AND revision <= $2 ORDER BY id";
    /// The employees of a book, put at revision $2 or before.
    EMPLOYEES = "SELECT id, revision, last_name, first_name, patronymic, email, phone_numbers FROM employees \
        WHERE customer_id = $1 AND revision <= $2 ORDER BY id";
    /// The numbers on the blacklist of a book, put at revision $2 or before.
    BLACKLIST = "SELECT id, revision, phone_number, added_by, comment, added_at FROM blacklist \
        WHERE customer_id = $1 AND revision <= $2 ORDER BY id";
    /// The contacts that were deleted from a book.
    DELETED_CONTACTS = "SELECT revision, id FROM deleted_contacts WHERE customer_id = $1 ORDER BY revision, id";
    /// The smallest and the largest id of a contact.
    CONTACT_ID_BOUNDS = "SELECT MIN(id), MAX(id) FROM contacts WHERE customer_id = $1";
    /// The contacts of a book from id $2 to id $3, put at revision $4 or before.
    CONTACTS = "SELECT id, last_name, first_name, patronymic, phone_numbers, emails, personal_manager_id, \
        organization_id, group_ids, revision FROM contacts \
        WHERE customer_id = $1 AND id BETWEEN $2 AND $3 AND revision <= $4 ORDER BY id";
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
    /// Adds a bulk change.
    PUT_BULK_CHANGE = "INSERT INTO bulk_changes (customer_id, revision, position, kind, group_id, contact_ids) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// The bulk changes of a book.
    BULK_CHANGES = "SELECT revision, position, kind, group_id, contact_ids FROM bulk_changes \
        WHERE customer_id = $1 ORDER BY revision, position";
    /// The bulk changes of a book after revision $2.
    BULK_CHANGES_SINCE = "SELECT revision, position, kind, group_id, contact_ids FROM bulk_changes \
        WHERE customer_id = $1 AND revision > $2 ORDER BY revision, position";
    /// Deletes a bulk change that the rows contain.
    DROP_BULK_CHANGE = "DELETE FROM bulk_changes WHERE customer_id = $1 AND revision = $2 AND position = $3";
    /// The groups in the row of a contact, and the revision of the row.
    CONTACT_GROUPS = "SELECT group_ids, revision FROM contacts WHERE customer_id = $1 AND id = $2";
    /// Sets the groups of a contact at revision $2, unless its row is newer.
    SET_CONTACT_GROUPS = "UPDATE contacts SET group_ids = $1, revision = $2 WHERE customer_id = $3 AND id = $4 \
        AND revision < $2";
    /// Locks the row of a book until the transaction ends; changes one row if the book exists.
    HOLD_BOOK = "UPDATE books SET revision = revision WHERE customer_id = $1";

    /// Notes that rows of table $3 from id $4 on, with revision $2, are staged.
    PUT_STAGED_ROWS = "INSERT INTO staged_rows (customer_id, revision, table_name, first_id) VALUES ($1, $2, $3, $4)";
    /// The marks of staged rows.
    STAGED_ROWS = "SELECT customer_id, revision, table_name, first_id FROM staged_rows";
    /// The marks of staged rows of a book.
    STAGED_ROWS_OF = "SELECT customer_id, revision, table_name, first_id FROM staged_rows WHERE customer_id = $1";
    /// Deletes the marks of staged rows up to revision $2.
    DROP_STAGED_ROWS = "DELETE FROM staged_rows WHERE customer_id = $1 AND revision <= $2";
    /// Deletes at most $4 staged contacts from id $2 on with revision $3 or later.
    DROP_STAGED_CONTACTS = "DELETE FROM contacts WHERE customer_id = $1 AND id IN (SELECT id FROM contacts \
        WHERE customer_id = $1 AND id >= $2 AND revision >= $3 LIMIT $4)";
    /// The same of organizations.
    DROP_STAGED_ORGANIZATIONS = "DELETE FROM organizations WHERE customer_id = $1 AND id IN (SELECT id \
        FROM organizations WHERE customer_id = $1 AND id >= $2 AND revision >= $3 LIMIT $4)";
    /// The same of groups.
    DROP_STAGED_GROUPS = "DELETE FROM groups WHERE customer_id = $1 AND id IN (SELECT id FROM groups \
        WHERE customer_id = $1 AND id >= $2 AND revision >= $3 LIMIT $4)";
    /// The same of employees.
    DROP_STAGED_EMPLOYEES = "DELETE FROM employees WHERE customer_id = $1 AND id IN (SELECT id FROM employees \
        WHERE customer_id = $1 AND id >= $2 AND revision >= $3 LIMIT $4)";
    /// Deletes at most $3 staged bulk changes with revision $2 or later.
    DROP_STAGED_BULK_CHANGES = "DELETE FROM bulk_changes WHERE customer_id = $1 AND (revision, position) IN \
        (SELECT revision, position FROM bulk_changes WHERE customer_id = $1 AND revision >= $2 LIMIT $3)";
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
    REMEMBER_DELETION = "INSERT INTO deleted_contacts (customer_id, revision, id) VALUES ($1, $2, $3) \
        ON CONFLICT (customer_id, revision, id) DO NOTHING";
    /// Forgets at most $3 of the contacts that were deleted up to revision $2.
    FORGET_DELETIONS = "DELETE FROM deleted_contacts WHERE customer_id = $1 AND (revision, id) IN \
        (SELECT revision, id FROM deleted_contacts WHERE customer_id = $1 AND revision <= $2 LIMIT $3)";
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

    /// All device keys.
    DEVICES = "SELECT id, customer_id, key_hash, blocked, name, expires_at, minute_limit, group_ids, address_blocks, \
        dial_form, outside_prefix, name_order, charset, used_at, used_from, used_by FROM devices ORDER BY id";
    /// One device key, to be edited.
    DEVICE = "SELECT id, customer_id, key_hash, blocked, name, expires_at, minute_limit, group_ids, address_blocks, \
        dial_form, outside_prefix, name_order, charset, used_at, used_from, used_by FROM devices WHERE id = $1";
    /// A new device key.
    ADD_DEVICE = "INSERT INTO devices (id, customer_id, key_hash, name, expires_at, minute_limit, group_ids, \
        address_blocks, dial_form, outside_prefix, name_order, charset, blocked) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)";
    /// What the operator sets about a device key.
    SET_DEVICE = "UPDATE devices SET name = $1, expires_at = $2, minute_limit = $3, group_ids = $4, \
        address_blocks = $5, dial_form = $6, outside_prefix = $7, name_order = $8, charset = $9 WHERE id = $10";
    /// A device key is blocked (1) or unblocked (0).
    BLOCK_DEVICE = "UPDATE devices SET blocked = $1 WHERE id = $2";
    /// A device key was used.
    USED_DEVICE = "UPDATE devices SET used_at = $1, used_from = $2, used_by = $3 WHERE id = $4";
    /// A device key goes.
    REMOVE_DEVICE = "DELETE FROM devices WHERE id = $1";
    /// Deletes the device keys of a customer.
    REMOVE_DEVICES = "DELETE FROM devices WHERE customer_id = $1";
    /// Whether a group exists.
    GROUP_EXISTS = "SELECT 1 FROM groups WHERE customer_id = $1 AND id = $2";

    /// A block is allowed; allowing it again changes nothing.
    ADD_BLOCK = "INSERT INTO allowed_blocks (account_kind, account_id, block) VALUES ($1, $2, $3) \
        ON CONFLICT (account_kind, account_id, block) DO NOTHING";
    /// A block is allowed no more.
    REMOVE_BLOCK = "DELETE FROM allowed_blocks WHERE account_kind = $1 AND account_id = $2 AND block = $3";
    /// An account's blocks go.
    REMOVE_BLOCKS = "DELETE FROM allowed_blocks WHERE account_kind = $1 AND account_id = $2";

    /// A new session.
    ADD_SESSION = "INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, $3)";
    /// How many sessions a user has.
    COUNT_SESSIONS = "SELECT COUNT(*) FROM sessions WHERE user_id = $1";
    /// The sessions of a user that would be over first end, $2 of them.
    END_FIRST_SESSIONS = "DELETE FROM sessions WHERE token_hash IN \
        (SELECT token_hash FROM sessions WHERE user_id = $1 ORDER BY expires_at, token_hash LIMIT $2)";
    /// One session by the hash of its token.
    SESSION = "SELECT user_id, expires_at FROM sessions WHERE token_hash = $1";
    /// A session lasts longer.
    EXTEND_SESSION = "UPDATE sessions SET expires_at = $1 WHERE token_hash = $2";
    /// A session ends.
    REMOVE_SESSION = "DELETE FROM sessions WHERE token_hash = $1";
    /// Whether a session is past its time, which is $1.
    SESSION_PAST = "SELECT 1 FROM sessions WHERE expires_at <= $1 LIMIT 1";
    /// The sessions that ended before $1.
    PURGE_SESSIONS = "DELETE FROM sessions WHERE expires_at <= $1";

    /// All counters.
    POINTS = "SELECT account_kind, account_id, day, day_used, minute, minute_used FROM points";
    /// Adds to an account's counters, or starts them again when the day or the minute is another one.
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
    /// Whether an account has requests.
    HAS_REQUESTS = "SELECT 1 FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 LIMIT 1";
    /// An account's requests, newest first: those that end from $3 to $4 and begin no later than $5.
    REQUESTS = "SELECT first_id, requests FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 \
        AND till_moment BETWEEN $3 AND $4 AND from_moment <= $5 ORDER BY till_moment DESC, first_id DESC";
    /// The requests of an account that were reported together with its request $3.
    REQUESTS_WITH = "SELECT first_id, requests FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 \
        AND first_id = $3";
    /// All requests of an account.
    ACCOUNT_REQUESTS = "SELECT first_id, requests FROM api_request_segments WHERE account_kind = $1 \
        AND account_id = $2 ORDER BY first_id";
    /// The accounts of at most $2 segments of requests before $1, the oldest first.
    REQUESTS_PAST = "SELECT account_kind, account_id FROM api_request_segments WHERE till_moment < $1 \
        ORDER BY till_moment LIMIT $2";
    /// Deletes at most $4 segments of an account before $3, the oldest; returns the account and the bytes of each.
    PURGE_REQUESTS = "DELETE FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 AND first_id IN \
        (SELECT first_id FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 AND till_moment < $3 \
        ORDER BY till_moment LIMIT $4) RETURNING account_kind, account_id, CAST(octet_length(requests) AS BIGINT)";
    /// The bytes of at most $3 segments of an account, the oldest first.
    OLDEST_REQUEST_BYTES = "SELECT CAST(octet_length(requests) AS BIGINT) FROM api_request_segments \
        WHERE account_kind = $1 AND account_id = $2 ORDER BY till_moment LIMIT $3";
    /// Deletes at most $3 segments of an account, the oldest; returns the account and the bytes of each.
    TRIM_REQUESTS = "DELETE FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 AND first_id IN \
        (SELECT first_id FROM api_request_segments WHERE account_kind = $1 AND account_id = $2 \
        ORDER BY till_moment LIMIT $3) RETURNING account_kind, account_id, CAST(octet_length(requests) AS BIGINT)";
    /// Adds $3 to the bytes of an account in the report; returns the sum.
    ADD_REQUEST_BYTES = "INSERT INTO api_request_totals (account_kind, account_id, bytes) VALUES ($1, $2, $3) \
        ON CONFLICT (account_kind, account_id) DO UPDATE SET bytes = api_request_totals.bytes + excluded.bytes \
        RETURNING bytes";
    /// The bytes of each account in the report.
    REQUEST_BYTES = "SELECT account_kind, account_id, bytes FROM api_request_totals";
    /// Deletes the number of bytes of an account in the report.
    REMOVE_REQUEST_BYTES = "DELETE FROM api_request_totals WHERE account_kind = $1 AND account_id = $2";
}

/// Deletes the rows of a removed customer's book; $1 is the customer, $2 the maximum number of rows.
pub(crate) const EMPTY_BOOK: &[&str] = &[
    "DELETE FROM contacts WHERE customer_id = $1 AND id IN \
        (SELECT id FROM contacts WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM bulk_changes WHERE customer_id = $1 AND (revision, position) IN \
        (SELECT revision, position FROM bulk_changes WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM deleted_contacts WHERE customer_id = $1 AND (revision, id) IN \
        (SELECT revision, id FROM deleted_contacts WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM blacklist WHERE customer_id = $1 AND id IN \
        (SELECT id FROM blacklist WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM employees WHERE customer_id = $1 AND id IN \
        (SELECT id FROM employees WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM groups WHERE customer_id = $1 AND id IN (SELECT id FROM groups WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM organizations WHERE customer_id = $1 AND id IN \
        (SELECT id FROM organizations WHERE customer_id = $1 LIMIT $2)",
    "DELETE FROM staged_rows WHERE customer_id = $1 AND (revision, table_name) IN \
        (SELECT revision, table_name FROM staged_rows WHERE customer_id = $1 LIMIT $2)",
];

#[cfg(test)]
pub(crate) mod tests;
