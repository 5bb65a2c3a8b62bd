-- $1: agent id, $2: from, $3: to (exclusive), $4 and $5: before this time and event (keyset) or NULL, $6: at most so many.
SELECT event_id, type, (extract(epoch FROM ts) * 1000000)::bigint, message, attributes
FROM agent_event
WHERE agent_id = $1 AND ts >= $2 AND ts < $3
  AND ($4::timestamptz IS NULL OR (ts, event_id) < ($4::timestamptz, $5::bigint))
ORDER BY ts DESC, event_id DESC
LIMIT $6
