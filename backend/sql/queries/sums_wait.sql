-- For how many seconds the oldest batch that no pass of one of the kinds of sums has counted waits to be added up; 0 when none waits.
SELECT coalesce(extract(epoch FROM now() - (
  SELECT received_at FROM ingest_batch
  WHERE xid >= (
    SELECT min(coalesce((SELECT upto_xid FROM sums_progress s WHERE s.level = counted.level ORDER BY pass DESC LIMIT 1), '0'::xid8))
    FROM unnest(ARRAY['minute', 'custom_minute']) AS counted (level)
  )
  ORDER BY xid LIMIT 1
)), 0)::float8
