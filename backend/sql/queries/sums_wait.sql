-- For how many seconds the oldest batch that no pass has counted waits to be added up; 0 when none waits.
SELECT coalesce(extract(epoch FROM now() - (
  SELECT received_at FROM ingest_batch
  WHERE xid >= coalesce((SELECT upto_xid FROM sums_progress WHERE level = 'minute' ORDER BY pass DESC LIMIT 1), '0'::xid8)
  ORDER BY xid LIMIT 1
)), 0)::float8
