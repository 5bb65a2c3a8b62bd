-- Partitions of minutes whose passes are older than 15 days: the last of them is rolled up, and nothing asks for them any more.
SELECT kept.level, day
FROM (VALUES ('minute', 'minute', 'hour'), ('fleet_minute', 'minute', 'hour'), ('custom_minute', 'custom_minute', 'custom_hour'))
  AS kept (level, counted, coarser), sums_days(kept.level) AS day
WHERE day < extract(epoch FROM now())::bigint / 86400 - 15
  AND day < (SELECT m.day FROM sums_progress m
    WHERE m.level = kept.counted
      AND m.pass <= (SELECT h.upto_pass FROM sums_progress h WHERE h.level = kept.coarser ORDER BY h.pass DESC LIMIT 1)
      AND (kept.level <> 'minute'
        OR m.pass <= (SELECT f.upto_pass FROM sums_progress f WHERE f.level = 'fleet_minute' ORDER BY f.pass DESC LIMIT 1))
    ORDER BY m.pass DESC LIMIT 1)
ORDER BY day
