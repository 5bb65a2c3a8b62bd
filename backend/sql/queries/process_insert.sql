-- $1: host_id, $2: process id, $3: agent. Does nothing when it is the agent's already.
INSERT INTO agent_process (host_id, process_id, agent_id)
SELECT $1::integer, $2::integer, $3::uuid
WHERE $3::uuid IS DISTINCT FROM (
  SELECT agent_id FROM agent_process WHERE host_id = $1 AND process_id = $2 ORDER BY agent_process_id DESC LIMIT 1)
