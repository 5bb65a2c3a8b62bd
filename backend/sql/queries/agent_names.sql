-- Every agent by name.
SELECT name, agent_id, name FROM agent ORDER BY name
