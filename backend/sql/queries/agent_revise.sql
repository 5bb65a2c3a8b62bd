-- $1: agent, $2: description, or NULL to stay as it is, $3: labels to set; those that are null are taken away, $4: how many labels
-- an agent may have, $5: by whom. Starts from what is in force; writes nothing when the labels would be too many.
WITH base AS (
  SELECT a.agent_id, a.name, coalesce($2::text, r.description, '') AS description,
    jsonb_strip_nulls(coalesce(r.labels, '{}') || $3::jsonb) AS labels, r.parent_id
  FROM agent a
  LEFT JOIN LATERAL (
    SELECT description, labels, parent_id FROM agent_revision WHERE agent_id = a.agent_id ORDER BY revision_id DESC LIMIT 1
  ) r ON true
  WHERE a.agent_id = $1::uuid
), written AS (
  INSERT INTO agent_revision (agent_id, description, labels, parent_id, created_by)
  SELECT agent_id, description, labels, parent_id, $5::text FROM base
  WHERE (SELECT count(*) FROM jsonb_object_keys(labels)) <= $4::bigint
  RETURNING *
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  SELECT $5::text, 'agent_described', base.name, jsonb_build_object('revision', written.revision_id)
  FROM written JOIN base USING (agent_id)
)
SELECT written.revision_id, base.name, written.description, written.labels,
  (extract(epoch FROM written.created_at) * 1000000)::bigint, written.created_by
FROM written JOIN base USING (agent_id)
