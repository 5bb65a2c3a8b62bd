-- $1: seconds between two rows. Nothing is measured before they are over.
INSERT INTO database_size (bytes)
SELECT pg_database_size(current_database())
WHERE NOT EXISTS (SELECT FROM database_size WHERE sampled_at > now() - $1::bigint * interval '1 second')
