-- $1: names or ids of agents (text[]). Those that there are, as they were written.
SELECT wanted, agent_id FROM unnest($1::text[]) wanted JOIN agent ON name = wanted
UNION
SELECT wanted, agent_id FROM unnest($1::text[]) wanted JOIN agent ON agent_id = CASE WHEN wanted ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN wanted::uuid END
