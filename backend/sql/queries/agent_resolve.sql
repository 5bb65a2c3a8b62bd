-- $1: names or ids of agents (text[]). Gives id and name of those that exist, with what was asked for, in its order. A text that is
-- a name is not taken for an id.
SELECT wanted.text, a.agent_id, a.name
FROM (
  SELECT text, place, CASE WHEN text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN text::uuid END AS id
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (text, place)
) wanted
CROSS JOIN LATERAL (
  SELECT agent_id, name FROM agent WHERE name = wanted.text
  UNION ALL
  SELECT agent_id, name FROM agent
  WHERE agent_id = wanted.id AND NOT EXISTS (SELECT FROM agent WHERE name = wanted.text)
) a
ORDER BY wanted.place
