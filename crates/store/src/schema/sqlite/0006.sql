-- What makes a change of many contacts cost what it changes, and no transaction long.

-- Changes of many contacts that are not in the rows of the contacts yet: those in `contact_ids`, a JSON array, joined the
-- group, left it, or were deleted, at this revision of the book. An entry about a contact whose row has this revision or a
-- later one is in that row already.
CREATE TABLE bulk_changes (
  customer_id INTEGER NOT NULL, revision INTEGER NOT NULL, position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('join', 'leave', 'delete')), group_id INTEGER, contact_ids TEXT NOT NULL,
  PRIMARY KEY (customer_id, revision, position), CHECK ((group_id IS NULL) = (kind = 'delete'))) STRICT;

-- Rows of a change that is being written in several transactions: those of this table of the book, from this id on, with
-- this revision. They count for nothing until the book has this revision, and then the row here is gone.
CREATE TABLE staged_rows (
  customer_id INTEGER NOT NULL, revision INTEGER NOT NULL,
  table_name TEXT NOT NULL CHECK (table_name IN ('contacts', 'organizations', 'groups', 'employees')),
  first_id INTEGER NOT NULL, PRIMARY KEY (customer_id, revision, table_name)) STRICT, WITHOUT ROWID;

-- Accounts that were removed and whose books and reports are not all gone yet.
CREATE TABLE removed_accounts (
  account_kind TEXT NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id INTEGER NOT NULL,
  PRIMARY KEY (account_kind, account_id)) STRICT, WITHOUT ROWID;

-- How many bytes of the request report belong to each account.
CREATE TABLE api_request_totals (
  account_kind TEXT NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY (account_kind, account_id)) STRICT, WITHOUT ROWID;
INSERT INTO api_request_totals (account_kind, account_id, bytes)
  SELECT account_kind, account_id, SUM(octet_length(requests)) FROM api_request_segments GROUP BY account_kind, account_id;

-- The groups of a contact are those of its row, as bulk changes since have left them.
DROP VIEW contact_groups;
CREATE VIEW contact_groups AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.value AS group_id
  FROM contacts, json_each(contacts.group_ids) AS list
  WHERE NOT EXISTS (
    SELECT 1 FROM bulk_changes AS bulk, json_each(bulk.contact_ids) AS entry
    WHERE bulk.customer_id = contacts.customer_id AND bulk.revision > contacts.revision
      AND bulk.group_id = list.value AND entry.value = contacts.id)
  UNION
  SELECT bulk.customer_id, contacts.id, bulk.group_id
  FROM bulk_changes AS bulk, json_each(bulk.contact_ids) AS entry
  JOIN contacts ON contacts.customer_id = bulk.customer_id AND contacts.id = entry.value
  WHERE bulk.kind = 'join' AND bulk.revision > contacts.revision AND NOT EXISTS (
    SELECT 1 FROM bulk_changes AS later, json_each(later.contact_ids) AS again
    WHERE later.customer_id = bulk.customer_id AND later.revision > bulk.revision
      AND later.group_id = bulk.group_id AND again.value = entry.value);
