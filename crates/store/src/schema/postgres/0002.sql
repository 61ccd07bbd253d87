-- What has changed since a revision is what other servers ask for.
CREATE INDEX contacts_by_revision ON contacts (customer_id, revision);
