-- The time of the newest record of all agents in microseconds since 1970; NULL when there is none. An index look-up an agent.
SELECT (extract(epoch FROM max(newest.ts)) * 1000000)::bigint
FROM agent a
CROSS JOIN LATERAL newest_record(a.agent_id) newest
