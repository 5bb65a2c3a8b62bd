-- $1: prefix of the levels. What the worker has to add up: whether any pass was made at all, how many batches (at most 4,000) are
-- not counted, and for minutes, hours and days whether one ended since the newest pass and there is something to add.
WITH minute AS (
  SELECT pass, upto_xid, made_at FROM sums_progress WHERE level = $1::text || 'minute' ORDER BY pass DESC LIMIT 1
), hour AS (
  SELECT pass, upto_pass, made_at FROM sums_progress WHERE level = $1::text || 'hour' ORDER BY pass DESC LIMIT 1
), day AS (
  SELECT upto_pass, made_at FROM sums_progress WHERE level = $1::text || 'day' ORDER BY pass DESC LIMIT 1
), waiting AS (
  SELECT count(*) AS batches FROM (
    SELECT FROM ingest_batch WHERE xid >= (SELECT upto_xid FROM minute) AND xid < pg_snapshot_xmin(pg_current_snapshot()) LIMIT 4000
  ) found
)
SELECT EXISTS (SELECT FROM minute), waiting.batches,
  waiting.batches > 0 AND date_bin('1 minute', now(), timestamptz 'epoch') > (SELECT made_at FROM minute),
  coalesce((SELECT pass FROM minute), 0) > coalesce((SELECT upto_pass FROM hour), 0)
    AND date_bin('1 hour', now(), timestamptz 'epoch') > coalesce((SELECT made_at FROM hour), '-infinity'),
  coalesce((SELECT pass FROM hour), 0) > coalesce((SELECT upto_pass FROM day), 0)
    AND date_bin('1 day', now(), timestamptz 'epoch') > coalesce((SELECT made_at FROM day), '-infinity')
FROM waiting
