-- $1: agent, $2 and $3: from and to. Its first and last record between them, in microseconds since 1970.
SELECT (extract(epoch FROM min(ts)) * 1000000)::bigint, (extract(epoch FROM max(ts)) * 1000000)::bigint
FROM metric_record WHERE agent_id = $1::uuid AND ts >= $2::timestamptz AND ts < $3::timestamptz
