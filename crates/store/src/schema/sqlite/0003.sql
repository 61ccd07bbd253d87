-- The request report: what was called, kept for some days. The requests of one account that were written at once are
-- one row, a JSON array, because a row for each would cost more than many of the calls themselves. The id of a request
-- is first_id and its place in the array. Moments are Unix seconds in UTC.
CREATE TABLE api_request_segments (
  first_id INTEGER NOT NULL PRIMARY KEY CHECK (first_id > 0),
  account_kind TEXT NOT NULL CHECK (account_kind IN ('agent', 'customer')), account_id INTEGER NOT NULL,
  from_moment INTEGER NOT NULL, till_moment INTEGER NOT NULL, requests TEXT NOT NULL,
  CHECK (from_moment <= till_moment)) STRICT;
CREATE INDEX api_request_segments_by_account ON api_request_segments (account_kind, account_id, till_moment);
CREATE INDEX api_request_segments_by_age ON api_request_segments (till_moment);

-- For people who query by hand: the requests as rows. A body that was cut is no JSON.
CREATE VIEW api_requests AS
  SELECT segment.account_kind, segment.account_id, segment.first_id + list.key AS id,
    json_extract(list.value, '$[0]') AS started_at, json_extract(list.value, '$[1]') AS user_id,
    json_extract(list.value, '$[2]') AS login, json_extract(list.value, '$[3]') AS token_name,
    json_extract(list.value, '$[4]') AS is_agent, json_extract(list.value, '$[5]') AS method,
    json_extract(list.value, '$[6]') AS raw_id, json_extract(list.value, '$[7]') AS ip,
    json_extract(list.value, '$[8]') AS microseconds, json_extract(list.value, '$[9]') AS error_code,
    json_extract(list.value, '$[10]') AS error_mnemonic, json_extract(list.value, '$[11]') AS body
  FROM api_request_segments AS segment, json_each(segment.requests) AS list;
