-- Days of arrival whose batches and keys nobody asks for any more, oldest first; the four newest stay (migration 0008), and
-- those with a batch that is not in the sums yet.
SELECT day FROM ingest_days() AS expired (day)
WHERE day <= extract(epoch FROM now())::bigint / 86400 - 3
  AND day NOT IN (SELECT * FROM ingest_days() ORDER BY 1 DESC LIMIT 4)
  AND NOT EXISTS (SELECT FROM unnest(ARRAY['minute', 'custom_minute']) AS counted (level), ingest_batch b
    WHERE b.day = expired.day AND b.xid >= (SELECT upto_xid FROM sums_progress s WHERE s.level = counted.level ORDER BY pass DESC LIMIT 1))
ORDER BY day
