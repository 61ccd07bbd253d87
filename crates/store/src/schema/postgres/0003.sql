-- Device keys: what telephones, switches and softphones may read with. When one was used last moves neither the revision of
-- the directory nor anything else that servers follow.
CREATE TABLE devices (
  id BIGINT PRIMARY KEY CHECK (id > 0), customer_id BIGINT NOT NULL REFERENCES customers (id),
  name TEXT NOT NULL, key_hash TEXT COLLATE "C" NOT NULL UNIQUE, expires_at BIGINT,
  blocked BIGINT NOT NULL CHECK (blocked IN (0, 1)), minute_limit BIGINT CHECK (minute_limit >= 0),
  group_ids TEXT NOT NULL, address_blocks TEXT NOT NULL,
  dial_form TEXT NOT NULL, outside_prefix TEXT NOT NULL, name_order TEXT NOT NULL, charset TEXT NOT NULL,
  used_at BIGINT, used_from TEXT, used_by TEXT);
CREATE INDEX devices_by_customer ON devices (customer_id);
