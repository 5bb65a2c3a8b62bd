-- Reads through a real table, so that a server that is up but cannot read does not count as healthy.
SELECT max(gen) FROM generation
