-- Device keys: what telephones, switches and softphones may read with. When one was used last moves neither the revision of
-- the directory nor anything else that servers follow.
CREATE TABLE devices (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0), customer_id INTEGER NOT NULL REFERENCES customers (id),
  name TEXT NOT NULL, key_hash TEXT NOT NULL UNIQUE, expires_at INTEGER, blocked INTEGER NOT NULL CHECK (blocked IN (0, 1)),
  minute_limit INTEGER CHECK (minute_limit >= 0), group_ids TEXT NOT NULL, address_blocks TEXT NOT NULL,
  dial_form TEXT NOT NULL, outside_prefix TEXT NOT NULL, name_order TEXT NOT NULL, charset TEXT NOT NULL,
  used_at INTEGER, used_from TEXT, used_by TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_customer ON devices (customer_id);
