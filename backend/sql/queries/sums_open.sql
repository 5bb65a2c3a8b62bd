-- Makes the partitions that passes of today and tomorrow write to.
SELECT count(open_sums(level, (extract(epoch FROM now())::bigint / 86400 + ahead)::integer))
FROM unnest(ARRAY['minute', 'hour', 'day', 'custom_minute', 'custom_hour', 'custom_day', 'fleet_minute', 'fleet_hour',
  'fleet_day']) AS level, generate_series(0, 1) AS ahead
