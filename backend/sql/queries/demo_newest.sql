-- The time of the newest record of all agents in microseconds since 1970; NULL when there is none. An index look-up an agent.
SELECT (extract(epoch FROM max(newest.ts)) * 1000000)::bigint
FROM agent a
CROSS JOIN LATERAL (SELECT ts FROM metric_record m WHERE m.agent_id = a.agent_id ORDER BY ts DESC LIMIT 1) newest
