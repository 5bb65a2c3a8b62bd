-- $1: how many seconds a closed generation waits. The next to be sealed, once all of its batches are in the sums: sums find
-- records by the transaction that wrote them, which their sealed form does not keep.
SELECT c.gen
FROM closed_gen c
WHERE c.gen = coalesce((SELECT max(gen) FROM sealed_gen), 0) + 1
  AND c.closed_at <= now() - $1::bigint * interval '1 second'
  AND NOT EXISTS (SELECT FROM unnest(ARRAY['minute', 'custom_minute']) AS counted (level)
    WHERE NOT EXISTS (SELECT FROM sums_progress s WHERE s.level = counted.level)
      OR EXISTS (SELECT FROM ingest_batch b
        WHERE b.xid >= (SELECT upto_xid FROM sums_progress s WHERE s.level = counted.level ORDER BY pass DESC LIMIT 1)
          AND b.xid < c.xid))
