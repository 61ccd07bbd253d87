-- What makes a change of many contacts cost what it changes.

-- Changes of many contacts that are not in the rows of the contacts yet: those in `contact_ids`, a JSON array, joined the
-- group, left it, or were deleted, at this revision of the book. An entry about a contact whose row has this revision or a
-- later one is in that row already.
CREATE TABLE bulk_changes (
  customer_id BIGINT NOT NULL, revision BIGINT NOT NULL, position BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('join', 'leave', 'delete')), group_id BIGINT, contact_ids TEXT NOT NULL,
  PRIMARY KEY (customer_id, revision, position), CHECK ((group_id IS NULL) = (kind = 'delete')));

-- Rows of a change that is being written in several transactions. Only a directory has such changes.
CREATE TABLE staged_rows (
  customer_id BIGINT NOT NULL, revision BIGINT NOT NULL,
  table_name TEXT COLLATE "C" NOT NULL CHECK (table_name IN ('contacts', 'organizations', 'groups', 'employees')),
  first_id BIGINT NOT NULL, PRIMARY KEY (customer_id, revision, table_name));

-- Accounts that were removed and whose books and reports are not all gone yet.
CREATE TABLE removed_accounts (
  account_kind TEXT COLLATE "C" NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id BIGINT NOT NULL,
  PRIMARY KEY (account_kind, account_id));

-- How many bytes of the request report belong to each account.
CREATE TABLE api_request_totals (
  account_kind TEXT COLLATE "C" NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id BIGINT NOT NULL,
  bytes BIGINT NOT NULL, PRIMARY KEY (account_kind, account_id)) WITH (fillfactor = 50);
INSERT INTO api_request_totals (account_kind, account_id, bytes)
  SELECT account_kind, account_id, SUM(octet_length(requests)) FROM api_request_segments GROUP BY account_kind, account_id;

-- The groups of a contact are those of its row, as bulk changes since have left them.
CREATE OR REPLACE VIEW contact_groups AS
  SELECT contacts.customer_id, contacts.id AS contact_id, list.value::bigint AS group_id
  FROM contacts, json_array_elements_text(contacts.group_ids::json) AS list (value)
  WHERE NOT EXISTS (
    SELECT 1 FROM bulk_changes AS bulk, json_array_elements_text(bulk.contact_ids::json) AS entry (value)
    WHERE bulk.customer_id = contacts.customer_id AND bulk.revision > contacts.revision
      AND bulk.group_id = list.value::bigint AND entry.value::bigint = contacts.id)
  UNION
  SELECT bulk.customer_id, contacts.id, bulk.group_id
  FROM bulk_changes AS bulk
  CROSS JOIN LATERAL json_array_elements_text(bulk.contact_ids::json) AS entry (value)
  JOIN contacts ON contacts.customer_id = bulk.customer_id AND contacts.id = entry.value::bigint
  WHERE bulk.kind = 'join' AND bulk.revision > contacts.revision AND NOT EXISTS (
    SELECT 1 FROM bulk_changes AS later, json_array_elements_text(later.contact_ids::json) AS again (value)
    WHERE later.customer_id = bulk.customer_id AND later.revision > bulk.revision
      AND later.group_id = bulk.group_id AND again.value::bigint = contacts.id);
