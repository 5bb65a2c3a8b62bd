-- $1: providers (text[], may be empty), $2: their models' names. Those that there are.
SELECT m.provider, m.name, m.model_id FROM unnest($1::text[], $2::text[]) wanted (provider, name)
JOIN model m ON m.provider = wanted.provider AND m.name = wanted.name
