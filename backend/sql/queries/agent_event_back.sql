-- $1: agent, $2: when it went down. It is back since its first record after that.
INSERT INTO agent_event (agent_id, type, ts)
SELECT $1, 'back', coalesce(least(
    (SELECT min(ts) FROM metric_record WHERE agent_id = $1 AND ts > $2),
    (SELECT min(greatest(ts_min, $2)) FROM metric_hot_chunk WHERE agent_id = $1 AND ts_max > $2)), now())
