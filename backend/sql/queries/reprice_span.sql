-- $1: agent, $2 and $3: from and to (exclusive), $4 and $5: the generations this can be in, and all beyond that one. Two times, in
-- microseconds since 1970, between which all of its records of that range are: of a chunk its first and last count.
SELECT (extract(epoch FROM min(greatest(first, $2::timestamptz))) * 1000000)::bigint,
  (extract(epoch FROM max(least(last, $3::timestamptz - interval '1 microsecond'))) * 1000000)::bigint
FROM (
  SELECT min(ts) AS first, max(ts) AS last FROM metric_record
  WHERE gen > coalesce((SELECT max(gen) FROM sealed_gen), 0) AND agent_id = $1::uuid AND ts >= $2::timestamptz AND ts < $3::timestamptz
  UNION ALL
  SELECT min(ts_min), max(ts_max) FROM stored_chunk
  WHERE (gen = ANY ($4::integer[]) OR gen > $5::integer) AND agent_id = $1::uuid AND ts_max >= $2::timestamptz AND ts_min < $3::timestamptz
) spans
WHERE first IS NOT NULL
