-- $1: an agent, or NULL for all.
SELECT agent_id FROM agent WHERE $1::uuid IS NULL OR agent_id = $1::uuid ORDER BY agent_id
