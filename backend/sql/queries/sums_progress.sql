-- $1: prefix of the levels. Up to where sums are built: whether a pass was made; of the newest pass of hours, and of days, its day
-- (since 1970 UTC) and up to which pass of the finer level it came; and from when on (microseconds since 1970) sums are complete, where
-- they are not of all times.
SELECT EXISTS (SELECT FROM sums_progress WHERE level = $1::text || 'minute'), hour.day, hour.upto_pass, day.day, day.upto_pass,
  (SELECT (extract(epoch FROM complete_from) * 1000000)::bigint FROM sums_progress WHERE level = $1::text || 'minute' AND pass = 1)
FROM (SELECT 1) one
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = $1::text || 'hour' ORDER BY pass DESC LIMIT 1) hour ON true
LEFT JOIN (SELECT day, upto_pass FROM sums_progress WHERE level = $1::text || 'day' ORDER BY pass DESC LIMIT 1) day ON true
