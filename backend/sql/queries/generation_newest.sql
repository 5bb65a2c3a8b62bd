-- The generation that is written to: its number, its age in seconds, and how many records it holds.
SELECT g.gen, extract(epoch FROM now() - g.opened_at)::bigint,
  coalesce((SELECT sum(records) FROM ingest_batch b WHERE b.gen = g.gen AND b.day >= extract(epoch FROM now())::bigint / 86400 - 1), 0)
FROM generation g
ORDER BY g.gen DESC
LIMIT 1
