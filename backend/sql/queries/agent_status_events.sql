-- The newest down or back of every agent that has one.
SELECT DISTINCT ON (agent_id) agent_id, type, (extract(epoch FROM ts) * 1000000)::bigint
FROM agent_event
WHERE type IN ('down', 'back')
ORDER BY agent_id, ts DESC, event_id DESC
