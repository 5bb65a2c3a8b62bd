-- $1: prefix of the levels. What the worker has to add up: whether any pass was made at all, how many batches (at most 4,000) are
-- not counted and how many records they have, and whether minutes, hours and days are due. They are when one ended since the newest
-- pass and there is something to add; hours and days also when there is much of it, as after a history was sent, and the first
-- time as soon as there is anything.
WITH minute AS (
  SELECT upto_xid, made_at FROM sums_progress WHERE level = $1::text || 'minute' ORDER BY pass DESC LIMIT 1
), hour AS (
  SELECT upto_pass, made_at FROM sums_progress WHERE level = $1::text || 'hour' ORDER BY pass DESC LIMIT 1
), day AS (
  SELECT upto_pass, made_at FROM sums_progress WHERE level = $1::text || 'day' ORDER BY pass DESC LIMIT 1
), waiting AS (
  SELECT count(*) AS batches, coalesce(sum(records), 0) AS records FROM (
    SELECT records FROM ingest_batch WHERE xid >= (SELECT upto_xid FROM minute) AND xid < pg_snapshot_xmin(pg_current_snapshot()) LIMIT 4000
  ) found
), of_hour AS (
  SELECT count(*) AS passes, coalesce(sum(rows), 0) AS rows FROM sums_progress
  WHERE level = $1::text || 'minute' AND pass > coalesce((SELECT upto_pass FROM hour), 0)
), of_day AS (
  SELECT count(*) AS passes, coalesce(sum(rows), 0) AS rows FROM sums_progress
  WHERE level = $1::text || 'hour' AND pass > coalesce((SELECT upto_pass FROM day), 0)
)
SELECT EXISTS (SELECT FROM minute), waiting.batches, waiting.records,
  waiting.batches > 0 AND date_bin('1 minute', now(), timestamptz 'epoch') > (SELECT made_at FROM minute),
  of_hour.rows >= 200000 OR of_hour.passes > 0
    AND CASE WHEN EXISTS (SELECT FROM hour) THEN date_bin('1 hour', now(), timestamptz 'epoch') > (SELECT made_at FROM hour)
      ELSE of_hour.rows > 0 OR of_hour.passes >= 60 END,
  of_day.rows >= 50000 OR of_day.passes > 0
    AND CASE WHEN EXISTS (SELECT FROM day) THEN date_bin('1 day', now(), timestamptz 'epoch') > (SELECT made_at FROM day)
      ELSE of_day.rows > 0 OR of_day.passes >= 24 END
FROM waiting, of_hour, of_day
