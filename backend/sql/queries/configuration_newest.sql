-- The version in force of the fleet, then of each agent that has its own, by name.
SELECT c.agent_id, a.name, c.version, c.enabled, c.interval_ms, c.retention_days, c.thresholds,
  (extract(epoch FROM c.created_at) * 1000000)::bigint, c.created_by
FROM (SELECT DISTINCT ON (agent_id) * FROM configuration ORDER BY agent_id, version DESC) c
LEFT JOIN agent a ON a.agent_id = c.agent_id
ORDER BY a.name NULLS FIRST
