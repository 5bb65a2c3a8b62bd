-- $1: agent, NULL for the fleet and every agent; $2: how many at most. The newest version first.
SELECT c.agent_id, a.name, c.version, c.enabled, c.interval_ms, c.retention_days, c.thresholds,
  (extract(epoch FROM c.created_at) * 1000000)::bigint, c.created_by
FROM configuration c
LEFT JOIN agent a ON a.agent_id = c.agent_id
WHERE $1::uuid IS NULL OR c.agent_id = $1::uuid
ORDER BY c.version DESC LIMIT $2::integer
