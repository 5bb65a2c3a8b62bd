-- $1: name of an agent, $2: description, $3: labels, $4: who says so. A new revision, unless the newest says the same.
INSERT INTO agent_revision (agent_id, description, labels, parent_id, created_by)
SELECT a.agent_id, $2::text, $3::jsonb, newest.parent_id, $4::text
FROM agent a
LEFT JOIN LATERAL (
  SELECT description, labels, parent_id FROM agent_revision r WHERE r.agent_id = a.agent_id ORDER BY revision_id DESC LIMIT 1
) newest ON true
WHERE a.name = $1::text AND (newest.description, newest.labels) IS DISTINCT FROM ($2::text, $3::jsonb)
