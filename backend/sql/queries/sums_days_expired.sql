-- Partitions of minutes whose passes are older than 15 days: the last of them is rolled up, and nothing asks for them any more.
SELECT p.prefix || 'minute', day
FROM (VALUES (''), ('custom_')) AS p (prefix), sums_days(p.prefix || 'minute') AS day
WHERE day < extract(epoch FROM now())::bigint / 86400 - 15
  AND day < (SELECT m.day FROM sums_progress m
    WHERE m.level = p.prefix || 'minute'
      AND m.pass <= (SELECT h.upto_pass FROM sums_progress h WHERE h.level = p.prefix || 'hour' ORDER BY h.pass DESC LIMIT 1)
    ORDER BY m.pass DESC LIMIT 1)
ORDER BY day
