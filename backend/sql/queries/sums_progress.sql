-- $1: prefix of the levels. Up to where sums are built: whether a pass was made; of the newest pass of hours, and of days, its day
-- (since 1970 UTC) and up to which pass of the finer level it came; from when on (microseconds since 1970) sums are complete, where
-- they are not of all times; and the same day and pass of the fleet's minutes, hours and days.
SELECT EXISTS (SELECT FROM sums_progress WHERE level = $1::text || 'minute'), hour.day, hour.upto_pass, day.day, day.upto_pass,
  (SELECT (extract(epoch FROM complete_from) * 1000000)::bigint FROM sums_progress WHERE level = $1::text || 'minute' AND pass = 1),
  fleet_minute.day, fleet_minute.upto_pass, fleet_hour.day, fleet_hour.upto_pass, fleet_day.day, fleet_day.upto_pass
FROM (SELECT 1) one
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = $1::text || 'hour' ORDER BY pass DESC LIMIT 1) hour ON true
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = $1::text || 'day' ORDER BY pass DESC LIMIT 1) day ON true
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = 'fleet_minute' ORDER BY pass DESC LIMIT 1) fleet_minute ON true
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = 'fleet_hour' ORDER BY pass DESC LIMIT 1) fleet_hour ON true
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = 'fleet_day' ORDER BY pass DESC LIMIT 1) fleet_day ON true
