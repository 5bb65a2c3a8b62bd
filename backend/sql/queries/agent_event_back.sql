-- $1: agent, $2: when it went down. It is back since its first record after that.
INSERT INTO agent_event (agent_id, type, ts)
SELECT $1, 'back', coalesce(min(ts), now()) FROM metric_record WHERE agent_id = $1 AND ts > $2
