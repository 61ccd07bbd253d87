CREATE TABLE book AS SELECT COUNT(*) AS contacts FROM brought;

-- Few sets of groups are distinct, so that each is shown once and for all.
CREATE TABLE group_sets (
  id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, group_ids INT[] NOT NULL UNIQUE, shown JSON NOT NULL);
INSERT INTO group_sets (group_ids, shown)
  SELECT group_ids, (
    SELECT ('[' || COALESCE(string_agg(row_to_json(shown)::text, ',' ORDER BY shown.group_id), '') || ']')::json
    FROM (SELECT id AS group_id, name AS group_name FROM groups WHERE id = ANY (group_ids)) shown)
  FROM (SELECT DISTINCT group_ids FROM brought) sets;

-- Rows lie in the order of ids, which is that of pages.
CREATE TABLE contacts (
  id INT NOT NULL, manager_id INT, organization_id INT, group_set INT NOT NULL,
  last_name TEXT COLLATE "und-x-icu" NOT NULL, first_name TEXT COLLATE "und-x-icu", patronymic TEXT COLLATE "und-x-icu",
  full_name TEXT NOT NULL, emails TEXT[] NOT NULL, phone_numbers TEXT[] NOT NULL);
INSERT INTO contacts
  SELECT b.id, manager_id, organization_id, s.id, last_name, first_name, patronymic, full_name, emails, phone_numbers
  FROM brought b JOIN group_sets s USING (group_ids) ORDER BY b.id;

-- What is searched for in names, apart and in the order in which it is shown: a third of the pages, and those that match lie
-- together.
CREATE TABLE names AS SELECT id, last_name, full_name FROM contacts ORDER BY last_name, id;
DROP TABLE brought;

ALTER TABLE organizations ADD PRIMARY KEY (id), ADD UNIQUE (name);
ALTER TABLE groups ADD PRIMARY KEY (id);
ALTER TABLE employees ADD PRIMARY KEY (id);
ALTER TABLE contacts ADD PRIMARY KEY (id);
CREATE INDEX contacts_by_phone ON contacts USING gin (phone_numbers) WITH (fastupdate = off);
CREATE INDEX contacts_by_last_name ON contacts (last_name, id);
CREATE INDEX contacts_by_organization ON contacts (organization_id, last_name, first_name, id);
CREATE INDEX names_by_trigram ON names USING gin (full_name gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX last_names_by_trigram ON names USING gin ((last_name COLLATE "C") gin_trgm_ops) WITH (fastupdate = off);

-- Each contact once for each domain of its e-mail addresses, in the order in which it is shown.
CREATE TABLE mail_domains AS
  SELECT DISTINCT substr(email, strpos(email, '@') + 1) AS domain, last_name, id
  FROM contacts, unnest(emails) AS email;
CREATE INDEX mails_by_domain ON mail_domains (domain, last_name, id);

CREATE VIEW shown AS
  SELECT c.id, c.last_name, c.first_name, c.patronymic, c.full_name, c.emails, c.phone_numbers,
    c.manager_id AS personal_manager_id, e.full_name AS personal_manager_full_name,
    c.organization_id, o.name AS organization_name, s.shown AS groups
  FROM contacts c
    LEFT JOIN employees e ON e.id = c.manager_id
    LEFT JOIN organizations o ON o.id = c.organization_id
    JOIN group_sets s ON s.id = c.group_set;
