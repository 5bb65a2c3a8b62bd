-- $1: agent, NULL for the fleet. The agent's newest version, else the fleet's.
SELECT c.agent_id, a.name, c.version, c.enabled, c.interval_ms, c.retention_days, c.thresholds,
  (extract(epoch FROM c.created_at) * 1000000)::bigint, c.created_by
FROM configuration c
LEFT JOIN agent a ON a.agent_id = c.agent_id
WHERE c.agent_id = $1::uuid OR c.agent_id IS NULL
ORDER BY c.agent_id IS NULL, c.version DESC LIMIT 1
