-- $1: names (text[]). Those that there are.
SELECT name, host_id FROM host WHERE name = ANY ($1::text[])
