-- Up to where sums are built: whether a pass was made, and the days (since 1970 UTC) of the newest pass of hours and of days.
SELECT EXISTS (SELECT FROM sums_progress WHERE level = 'minute'),
  (SELECT day FROM sums_progress WHERE level = 'hour' ORDER BY pass DESC LIMIT 1),
  (SELECT day FROM sums_progress WHERE level = 'day' ORDER BY pass DESC LIMIT 1)
