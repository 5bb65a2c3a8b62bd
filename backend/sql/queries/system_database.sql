-- Server, schema, size, and how fast it grew: the slope through the sizes of the last seven days, once they are of a day at least.
-- Then sessions that are alive, as session_find has it.
WITH growth AS (
  SELECT regr_slope(bytes, extract(epoch FROM sampled_at - now())::float8) * 86400 AS bytes_per_day,
    min(sampled_at) AS since
  FROM database_size WHERE sampled_at > now() - interval '7 days'
  HAVING max(sampled_at) - min(sampled_at) >= interval '1 day'
)
SELECT current_setting('server_version'), (SELECT max(version) FROM schema_migration), pg_database_size(current_database()),
  growth.bytes_per_day, (extract(epoch FROM growth.since) * 1000000)::bigint,
  (SELECT count(*) FROM user_session s
   LEFT JOIN LATERAL (
     SELECT type, created_at FROM session_event e WHERE e.session_id = s.session_id ORDER BY session_event_id DESC LIMIT 1
   ) last ON true
   WHERE greatest(s.created_at, last.created_at) > now() - interval '24 hours' AND last.type IS DISTINCT FROM 'ended')
FROM (SELECT 1) one LEFT JOIN growth ON true
