-- Which accounts the directory has changed for, each with the revision of the directory after the last change of it or of
-- its users, keys, device keys or addresses: servers read again what belongs to these.
CREATE TABLE directory_changes (
  account_kind TEXT NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id INTEGER NOT NULL,
  revision INTEGER NOT NULL, PRIMARY KEY (account_kind, account_id)) STRICT, WITHOUT ROWID;
CREATE INDEX directory_changes_by_revision ON directory_changes (revision);
-- How many moves of the directory have told which account they were for.
INSERT INTO meta (name, value) VALUES ('directory_told', 0);
