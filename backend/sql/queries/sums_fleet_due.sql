-- Whether passes of minutes, of hours and of days wait to be added up over all agents.
WITH newest AS (
  SELECT level, (SELECT pass FROM sums_progress p WHERE p.level = l.level ORDER BY pass DESC LIMIT 1) AS pass,
    coalesce((SELECT upto_pass FROM sums_progress p WHERE p.level = 'fleet_' || l.level ORDER BY pass DESC LIMIT 1), 0) AS upto_pass
  FROM unnest(ARRAY['minute', 'hour', 'day']) AS l (level)
)
SELECT bool_or(level = 'minute' AND pass > upto_pass), bool_or(level = 'hour' AND pass > upto_pass), bool_or(level = 'day' AND pass > upto_pass)
FROM newest
