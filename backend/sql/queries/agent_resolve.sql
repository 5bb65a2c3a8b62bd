-- $1: names or ids of agents (text[]). Gives id and name of those that exist, with what was asked for.
SELECT wanted.text, a.agent_id, a.name
FROM unnest($1::text[]) AS wanted (text)
JOIN agent a ON a.name = wanted.text OR a.agent_id::text = lower(wanted.text)
