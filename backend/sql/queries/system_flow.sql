-- $1: seconds that count as lately. Records committed lately and the newest commit; the newest passes of sums, batches that no pass
-- has counted (at most 4,000) and the first of them; the newest sealed generation, how many are open, and how many are over and wait
-- to be sealed, since when. Times are microseconds since 1970.
WITH minute AS (
  -- Of both kinds of sums, the one that is further behind.
  SELECT min(upto_xid) AS upto_xid, min(made_at) AS made_at
  FROM unnest(ARRAY['minute', 'custom_minute']) AS counted (level)
  CROSS JOIN LATERAL (SELECT upto_xid, made_at FROM sums_progress s WHERE s.level = counted.level ORDER BY pass DESC LIMIT 1) newest
), waiting AS (
  SELECT count(*) AS batches, min(received_at) AS since FROM (
    SELECT received_at FROM ingest_batch WHERE xid >= (SELECT upto_xid FROM minute) ORDER BY xid LIMIT 4000
  ) found
), sealed AS (
  SELECT gen, records, sealed_at FROM sealed_gen ORDER BY gen DESC LIMIT 1
), ended AS (
  SELECT count(*) AS generations, min(closed_at) AS since FROM closed_gen WHERE gen > coalesce((SELECT gen FROM sealed), 0)
)
SELECT
  (SELECT coalesce(sum(records), 0) FROM ingest_batch WHERE received_at > now() - $1::bigint * interval '1 second'),
  (extract(epoch FROM (SELECT received_at FROM ingest_batch ORDER BY xid DESC LIMIT 1)) * 1000000)::bigint,
  (extract(epoch FROM (SELECT made_at FROM minute)) * 1000000)::bigint,
  (extract(epoch FROM (SELECT made_at FROM sums_progress WHERE level = 'hour' ORDER BY pass DESC LIMIT 1)) * 1000000)::bigint,
  (extract(epoch FROM (SELECT made_at FROM sums_progress WHERE level = 'day' ORDER BY pass DESC LIMIT 1)) * 1000000)::bigint,
  waiting.batches, (extract(epoch FROM waiting.since) * 1000000)::bigint,
  sealed.gen, sealed.records, (extract(epoch FROM sealed.sealed_at) * 1000000)::bigint,
  (SELECT count(*) FROM generation g WHERE NOT EXISTS (SELECT FROM closed_gen c WHERE c.gen = g.gen)),
  ended.generations, (extract(epoch FROM ended.since) * 1000000)::bigint
FROM waiting CROSS JOIN ended LEFT JOIN sealed ON true
