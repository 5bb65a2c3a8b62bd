-- Sealed generations, the newest last, and the times of their first and last record in microseconds since 1970.
SELECT gen, (extract(epoch FROM ts_min) * 1000000)::bigint, (extract(epoch FROM ts_max) * 1000000)::bigint
FROM sealed_gen ORDER BY gen
