-- $1: agent, $2: since when, $3: why.
INSERT INTO agent_event (agent_id, type, ts, message) VALUES ($1, 'down', $2, $3)
