-- Days of arrival whose batches and keys nobody asks for any more, oldest first.
SELECT DISTINCT substring(c.relname FROM '\d+$')::integer AS day
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent IN ('ingest_batch'::regclass, 'ingest_key'::regclass)
  AND substring(c.relname FROM '\d+$')::integer <= extract(epoch FROM now())::bigint / 86400 - 3
ORDER BY day
