-- $1: seed, $2: agents, $3: days, $4: anchor. Marks the database as a demo unless anything is in
-- it; gives a row when it did.
INSERT INTO demo (seed, agents, days, anchor)
SELECT $1::integer, $2::integer, $3::integer, $4::timestamptz
WHERE NOT EXISTS (SELECT FROM agent) AND NOT EXISTS (SELECT FROM app_user) AND NOT EXISTS (SELECT FROM api_key)
RETURNING demo
