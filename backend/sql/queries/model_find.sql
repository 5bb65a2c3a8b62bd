-- $1: provider (may be empty), $2: name.
SELECT model_id FROM model WHERE provider = $1 AND name = $2
