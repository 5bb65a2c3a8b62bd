-- $1: name or id of an agent.
SELECT agent_id FROM agent WHERE name = $1
UNION
SELECT agent_id FROM agent WHERE agent_id = CASE WHEN $1 ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN $1::uuid END
LIMIT 1
