-- $1: id, $2: name, $3: the agent it works for, or NULL. Does nothing when id or name is taken.
WITH made AS (
  INSERT INTO agent (agent_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING agent_id
)
INSERT INTO agent_revision (agent_id, parent_id, created_by)
SELECT agent_id, $3::uuid, 'opentelemetry' FROM made WHERE $3::uuid IS NOT NULL
