-- The first schema, as SQLite likes it: STRICT, so that a column holds what it says, and WITHOUT ROWID, so that
-- a table is its own index and the rows of one customer lie together.

-- The directory: who may call, on whose behalf, from where, how often. Moments are Unix seconds in UTC.
CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('directory_revision', 0), ('sessions_revision', 0);
CREATE TABLE sequences (kind TEXT NOT NULL PRIMARY KEY, next INTEGER NOT NULL CHECK (next > 0)) STRICT, WITHOUT ROWID;
CREATE TABLE agents (id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0), name TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE customers (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0), agent_id INTEGER REFERENCES agents (id), name TEXT NOT NULL,
  timezone TEXT NOT NULL, active INTEGER NOT NULL CHECK (active IN (0, 1)),
  day_limit INTEGER CHECK (day_limit >= 0), minute_limit INTEGER CHECK (minute_limit >= 0)) STRICT, WITHOUT ROWID;
CREATE INDEX customers_by_agent ON customers (agent_id);
CREATE TABLE users (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
  customer_id INTEGER REFERENCES customers (id), agent_id INTEGER REFERENCES agents (id),
  login TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, rights TEXT NOT NULL,
  CHECK ((customer_id IS NULL) <> (agent_id IS NULL))) STRICT, WITHOUT ROWID;
CREATE INDEX users_by_customer ON users (customer_id);
CREATE INDEX users_by_agent ON users (agent_id);
CREATE TABLE keys (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0), user_id INTEGER NOT NULL REFERENCES users (id), name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE, expires_at INTEGER, blocked INTEGER NOT NULL CHECK (blocked IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE INDEX keys_by_user ON keys (user_id);
CREATE TABLE allowed_blocks (
  account_kind TEXT NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id INTEGER NOT NULL, block TEXT NOT NULL,
  PRIMARY KEY (account_kind, account_id, block)) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  token_hash TEXT NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
-- How much of its limits an account has used: in the UTC day and the UTC minute with these numbers since 1970.
CREATE TABLE points (
  account_kind TEXT NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id INTEGER NOT NULL,
  day INTEGER NOT NULL, day_used INTEGER NOT NULL, minute INTEGER NOT NULL, minute_used INTEGER NOT NULL,
  PRIMARY KEY (account_kind, account_id)) STRICT, WITHOUT ROWID;

-- The books: every table is keyed by the customer first.
CREATE TABLE books (customer_id INTEGER NOT NULL PRIMARY KEY, revision INTEGER NOT NULL CHECK (revision >= 0)) STRICT, WITHOUT ROWID;
CREATE TABLE organizations (
  customer_id INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0), revision INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (customer_id, id), UNIQUE (customer_id, name)) STRICT, WITHOUT ROWID;
CREATE TABLE groups (
  customer_id INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0), revision INTEGER NOT NULL, name TEXT NOT NULL,
  is_system INTEGER NOT NULL CHECK (is_system IN (0, 1)),
  PRIMARY KEY (customer_id, id), UNIQUE (customer_id, name)) STRICT, WITHOUT ROWID;
CREATE TABLE employees (
  customer_id INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0), revision INTEGER NOT NULL,
  last_name TEXT NOT NULL, first_name TEXT, patronymic TEXT, email TEXT, phone_numbers TEXT NOT NULL,
  PRIMARY KEY (customer_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE contacts (
  customer_id INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0), revision INTEGER NOT NULL,
  last_name TEXT NOT NULL, first_name TEXT, patronymic TEXT,
  phone_numbers TEXT NOT NULL, emails TEXT NOT NULL,
  personal_manager_id INTEGER, organization_id INTEGER, group_ids TEXT NOT NULL,
  PRIMARY KEY (customer_id, id)) STRICT, WITHOUT ROWID;

-- For people who query by hand: the lists of a contact as rows.
CREATE VIEW contact_phones AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.key + 1 AS position, list.value AS phone_number
  FROM contacts, json_each(contacts.phone_numbers) AS list;
CREATE VIEW contact_emails AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.key + 1 AS position, list.value AS email
  FROM contacts, json_each(contacts.emails) AS list;
CREATE VIEW contact_groups AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.value AS group_id
  FROM contacts, json_each(contacts.group_ids) AS list;
