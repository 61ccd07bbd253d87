-- The first schema for PostgreSQL. Numbers are BIGINT and texts TEXT, as the program reads them; texts that are keys are
-- compared byte by byte, so that no change of the system's collations can spoil an index. Moments are Unix seconds in UTC.
-- Every table of a book is keyed by the customer first and refers to no other table, so that it can be partitioned or
-- distributed by the customer.

CREATE TABLE migrations (number BIGINT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now());

-- The directory: who may call, on whose behalf, from where, how often.
CREATE TABLE meta (name TEXT COLLATE "C" PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO meta (name, value) VALUES ('directory_revision', 0), ('sessions_revision', 0);
CREATE TABLE sequences (kind TEXT COLLATE "C" PRIMARY KEY, next BIGINT NOT NULL CHECK (next > 0));
CREATE TABLE agents (id BIGINT PRIMARY KEY CHECK (id > 0), name TEXT NOT NULL);
CREATE TABLE customers (
  id BIGINT PRIMARY KEY CHECK (id > 0), agent_id BIGINT REFERENCES agents (id), name TEXT NOT NULL,
  timezone TEXT NOT NULL, active BIGINT NOT NULL CHECK (active IN (0, 1)),
  day_limit BIGINT CHECK (day_limit >= 0), minute_limit BIGINT CHECK (minute_limit >= 0));
CREATE INDEX customers_by_agent ON customers (agent_id);
CREATE TABLE users (
  id BIGINT PRIMARY KEY CHECK (id > 0),
  customer_id BIGINT REFERENCES customers (id), agent_id BIGINT REFERENCES agents (id),
  login TEXT COLLATE "C" NOT NULL CONSTRAINT users_login UNIQUE, password_hash TEXT NOT NULL, name TEXT NOT NULL,
  description TEXT NOT NULL, rights TEXT NOT NULL,
  CHECK ((customer_id IS NULL) <> (agent_id IS NULL)));
CREATE INDEX users_by_customer ON users (customer_id);
CREATE INDEX users_by_agent ON users (agent_id);
-- A login that goes on while its user is removed goes with it.
CREATE TABLE keys (
  id BIGINT PRIMARY KEY CHECK (id > 0), user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL, token_hash TEXT COLLATE "C" NOT NULL UNIQUE, expires_at BIGINT,
  blocked BIGINT NOT NULL CHECK (blocked IN (0, 1)));
CREATE INDEX keys_by_user ON keys (user_id);
CREATE TABLE allowed_blocks (
  account_kind TEXT COLLATE "C" NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id BIGINT NOT NULL,
  block TEXT COLLATE "C" NOT NULL, PRIMARY KEY (account_kind, account_id, block));
CREATE TABLE sessions (
  token_hash TEXT COLLATE "C" PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
-- How much of its limits an account has used: in the UTC day and the UTC minute with these numbers since 1970.
CREATE TABLE points (
  account_kind TEXT COLLATE "C" NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id BIGINT NOT NULL,
  day BIGINT NOT NULL, day_used BIGINT NOT NULL, minute BIGINT NOT NULL, minute_used BIGINT NOT NULL,
  PRIMARY KEY (account_kind, account_id)) WITH (fillfactor = 50);

-- The books. The row in `books` is locked by whoever changes a book.
CREATE TABLE books (
  customer_id BIGINT PRIMARY KEY, revision BIGINT NOT NULL CHECK (revision >= 0),
  contacts BIGINT NOT NULL DEFAULT 0 CHECK (contacts >= 0),
  -- Deletions up to this revision are remembered no more.
  forgotten BIGINT NOT NULL DEFAULT 0 CHECK (forgotten >= 0)) WITH (fillfactor = 50);
CREATE TABLE organizations (
  customer_id BIGINT NOT NULL, id BIGINT NOT NULL CHECK (id > 0), revision BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL, PRIMARY KEY (customer_id, id), UNIQUE (customer_id, name));
CREATE TABLE groups (
  customer_id BIGINT NOT NULL, id BIGINT NOT NULL CHECK (id > 0), revision BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL, is_system BIGINT NOT NULL CHECK (is_system IN (0, 1)),
  PRIMARY KEY (customer_id, id), UNIQUE (customer_id, name));
CREATE TABLE employees (
  customer_id BIGINT NOT NULL, id BIGINT NOT NULL CHECK (id > 0), revision BIGINT NOT NULL,
  last_name TEXT NOT NULL, first_name TEXT, patronymic TEXT, email TEXT, phone_numbers TEXT NOT NULL,
  PRIMARY KEY (customer_id, id));
CREATE TABLE contacts (
  customer_id BIGINT NOT NULL, id BIGINT NOT NULL CHECK (id > 0), revision BIGINT NOT NULL,
  last_name TEXT NOT NULL, first_name TEXT, patronymic TEXT,
  phone_numbers TEXT NOT NULL, emails TEXT NOT NULL,
  personal_manager_id BIGINT, organization_id BIGINT, group_ids TEXT NOT NULL,
  PRIMARY KEY (customer_id, id));
CREATE TABLE deleted_contacts (
  customer_id BIGINT NOT NULL, revision BIGINT NOT NULL, id BIGINT NOT NULL CHECK (id > 0),
  PRIMARY KEY (customer_id, revision, id));
CREATE TABLE blacklist (
  customer_id BIGINT NOT NULL, id BIGINT NOT NULL CHECK (id > 0), revision BIGINT NOT NULL,
  phone_number TEXT COLLATE "C" NOT NULL, added_by TEXT NOT NULL, comment TEXT, added_at BIGINT NOT NULL,
  PRIMARY KEY (customer_id, id), UNIQUE (customer_id, phone_number));

-- The request report: what was called, kept for some days. The requests of one account that were written at once are
-- one row, a JSON array. The id of a request is first_id and its place in the array.
CREATE TABLE api_request_segments (
  first_id BIGINT PRIMARY KEY CHECK (first_id > 0),
  account_kind TEXT COLLATE "C" NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id BIGINT NOT NULL,
  from_moment BIGINT NOT NULL, till_moment BIGINT NOT NULL, requests TEXT NOT NULL, CHECK (from_moment <= till_moment));
CREATE INDEX api_request_segments_by_account ON api_request_segments (account_kind, account_id, till_moment);
CREATE INDEX api_request_segments_by_age ON api_request_segments (till_moment);

-- For people who query by hand: the lists of a contact as rows, and the requests as rows.
CREATE VIEW contact_phones AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.position, list.value AS phone_number
  FROM contacts, json_array_elements_text(contacts.phone_numbers::json) WITH ORDINALITY AS list (value, position);
CREATE VIEW contact_emails AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.position, list.value AS email
  FROM contacts, json_array_elements_text(contacts.emails::json) WITH ORDINALITY AS list (value, position);
CREATE VIEW contact_groups AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.value::bigint AS group_id
  FROM contacts, json_array_elements_text(contacts.group_ids::json) AS list (value);
CREATE VIEW api_requests AS
  SELECT segment.account_kind, segment.account_id, segment.first_id + list.position - 1 AS id,
    (list.value ->> 0)::bigint AS started_at, (list.value ->> 1)::bigint AS user_id,
    list.value ->> 2 AS login, list.value ->> 3 AS token_name,
    (list.value ->> 4)::bigint AS is_agent, list.value ->> 5 AS method,
    list.value ->> 6 AS raw_id, list.value ->> 7 AS ip,
    (list.value ->> 8)::bigint AS microseconds, (list.value ->> 9)::bigint AS error_code,
    list.value ->> 10 AS error_mnemonic, list.value -> 11 AS body
  FROM api_request_segments AS segment,
    json_array_elements(segment.requests::json) WITH ORDINALITY AS list (value, position);
