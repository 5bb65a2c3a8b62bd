-- Days whose refusals have been kept long enough (migration 0011), oldest first.
SELECT day FROM rejection_days() AS day WHERE day <= extract(epoch FROM now())::bigint / 86400 - 30 ORDER BY day
