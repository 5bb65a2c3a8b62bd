-- Days of arrival whose batches and keys nobody asks for any more, oldest first; the four newest stay (migration 0008).
SELECT day FROM ingest_days() AS day
WHERE day <= extract(epoch FROM now())::bigint / 86400 - 3
  AND day NOT IN (SELECT * FROM ingest_days() ORDER BY 1 DESC LIMIT 4)
ORDER BY day
