-- $1: an agent, or NULL. Those that work for it; of NULL, those that work for none.
SELECT a.agent_id
FROM agent a
LEFT JOIN LATERAL (
  SELECT parent_id FROM agent_revision r WHERE r.agent_id = a.agent_id ORDER BY revision_id DESC LIMIT 1
) newest ON true
WHERE newest.parent_id IS NOT DISTINCT FROM $1::uuid
