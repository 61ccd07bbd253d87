-- What is needed once contacts can change: deletions for those who keep a mirror, the blacklist, and how many contacts
-- a book holds, so that rows that a damaged disk lost are missed.

ALTER TABLE books ADD COLUMN contacts INTEGER NOT NULL DEFAULT 0 CHECK (contacts >= 0);
UPDATE books SET contacts = (SELECT COUNT(*) FROM contacts WHERE contacts.customer_id = books.customer_id);
-- Deletions up to this revision are remembered no more.
ALTER TABLE books ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten >= 0);
CREATE TABLE deleted_contacts (
  customer_id INTEGER NOT NULL, revision INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0),
  PRIMARY KEY (customer_id, revision, id)) STRICT, WITHOUT ROWID;
CREATE TABLE blacklist (
  customer_id INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0), revision INTEGER NOT NULL,
  phone_number TEXT NOT NULL, added_by TEXT NOT NULL, comment TEXT, added_at INTEGER NOT NULL,
  PRIMARY KEY (customer_id, id), UNIQUE (customer_id, phone_number)) STRICT, WITHOUT ROWID;
