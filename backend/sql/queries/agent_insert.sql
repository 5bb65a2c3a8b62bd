-- $1: id, $2: name. Does nothing when either is taken.
INSERT INTO agent (agent_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING
