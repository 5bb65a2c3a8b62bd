-- $1: provider, $2: name.
INSERT INTO model (provider, name) VALUES ($1, $2) ON CONFLICT DO NOTHING
