-- Where a customer's telephones are, which decides how its phone numbers are read.
ALTER TABLE customers ADD COLUMN country TEXT CHECK (length(country) = 2);
ALTER TABLE customers ADD COLUMN area_code TEXT CHECK (length(area_code) > 0);
ALTER TABLE customers ADD COLUMN outside_prefix TEXT CHECK (length(outside_prefix) > 0);
