-- One book as PostgreSQL likes it. There is one customer only, so no key has to begin with it. What many contacts share is a
-- row of its own; what a contact has several of is an array. The collation is the one that the protocol sorts by.
CREATE EXTENSION pg_trgm;
CREATE TABLE organizations (id INT NOT NULL, name TEXT NOT NULL);
CREATE TABLE groups (id INT NOT NULL, name TEXT NOT NULL);
CREATE TABLE employees (id INT NOT NULL, full_name TEXT NOT NULL);
CREATE TABLE brought (
  id INT NOT NULL, manager_id INT, organization_id INT, last_name TEXT NOT NULL, first_name TEXT, patronymic TEXT,
  full_name TEXT NOT NULL, emails TEXT[] NOT NULL, phone_numbers TEXT[] NOT NULL, group_ids INT[] NOT NULL);
